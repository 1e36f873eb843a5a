// The server itself: `node peer.mjs` listens on a free port of loopback and says which on its first line. What lies under
// /control is for the tests; all else is Fedify's. It ends with its standard input.

import "./loopback.mjs";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { acts } from "./acting.mjs";
import { answer, federation } from "./federation.mjs";

const CONTROL = "/control/";

process.stdin.on("end", () => process.exit()).resume();

const server = createServer(async (incoming, outgoing) => {
  let response;
  try {
    response = await (incoming.url.startsWith(CONTROL) ? act(incoming) : requestOf(incoming).then(answer));
  } catch (error) {
    response = new Response(error.stack, { status: 500 });
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});

function origin() {
  return `http://fedify.localhost:${server.address().port}`;
}

async function requestOf(incoming) {
  const { method, url, headers } = incoming;
  const body = method === "GET" || method === "HEAD" ? undefined : await buffer(incoming);
  return new Request(origin() + url, { method, headers, body });
}

async function act(incoming) {
  const wanted = JSON.parse((await buffer(incoming)).toString());
  const name = incoming.url.slice(CONTROL.length);
  const done = await acts[name](federation.createContext(new URL(origin()), undefined), wanted);
  return new Response(JSON.stringify(done), { headers: { "Content-Type": "application/json" } });
}

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
