// Makes this Node reach the instances of the tests, which lie at http://<name>.localhost:<port>, on any machine.
// Imported before Fedify.

import dns from "node:dns";
import { webcrypto } from "node:crypto";

// Node 18, which Debian 12 and Ubuntu 24.04 have, keeps these in a module only; Fedify looks for the globals.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

// Not every system's resolver knows names under .localhost, and Node asks that resolver (RFC 6761 lets it).
const lookup = dns.lookup;
dns.lookup = (hostname, options, callback) => {
  if (!isLocal(hostname)) return lookup(hostname, options, callback);
  const answer = typeof options === "function" ? options : callback;
  if (options?.all) return process.nextTick(answer, null, [{ address: "127.0.0.1", family: 4 }]);
  return process.nextTick(answer, null, "127.0.0.1", 4);
};

/** Every POST that went out: where to, how it was signed, and what was answered. */
export const posted = [];

let broken = null;

/** From now on signatures of this kind are spoilt on their way, as by a proxy that rewrites headers; none with null. */
export function spoil({ scheme }) {
  broken = scheme;
  return {};
}

export function forgetPosted() {
  posted.length = 0;
  broken = null;
}

// Fedify asks for the WebFinger of a handle over https alone, and the instances of the tests have no certificates.
const fetchAnything = globalThis.fetch;
globalThis.fetch = async (resource, options) => {
  if (resource instanceof URL && resource.protocol === "https:" && isLocal(resource.hostname)) {
    resource = new URL(resource.href.replace("https:", "http:"));
  }
  const scheme = resource instanceof Request ? schemeOf(resource.headers) : null;
  if (scheme != null && scheme === broken) resource.headers.set("signature", spoilt(resource.headers.get("signature")));
  const response = await fetchAnything(resource, options);
  if (resource.method === "POST") posted.push({ url: resource.url, scheme, status: response.status });
  return response;
};

/** The signature itself (base64 ends it, in both kinds) with another letter in its middle. */
function spoilt(signature) {
  const at = signature.length - 40;
  return signature.slice(0, at) + (signature[at] === "A" ? "B" : "A") + signature.slice(at + 1);
}

/** Which kind of HTTP signature a request carries. */
export function schemeOf(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : null;
}

function isLocal(hostname) {
  return hostname === "localhost" || hostname.endsWith(".localhost");
}
