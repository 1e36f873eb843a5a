// Dewi, the only person of this server, and all that Fedify does for her: her actor and keys, what she made, and an
// inbox that keeps what comes in.

import { AsyncLocalStorage } from "node:async_hooks";
import { createFederation, generateCryptoKeyPair, MemoryKvStore, verifyObject, verifyRequest } from "@fedify/fedify";
import { Activity, Create, Delete, Endpoints, Follow, Like, Note, Page, Person, Undo, Update } from "@fedify/vocab";
import { describe } from "./describing.mjs";
import { schemeOf } from "./loopback.mjs";

export const DEWI = "dewi";

/** Everything that Dewi made, by the last part of its id; served until it is deleted. */
export const made = new Map();

/** What came to the inboxes, in order: what was sent, how it was signed, how Fedify answered and understood it. */
export const received = [];

// Fedify would make 4096 bits, which takes seconds; the keys of most servers have 2048.
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

const arriving = new AsyncLocalStorage();
const served = { Note, Page, Create, Update, Delete, Follow, Like, Undo };

export async function makeFederation(firstKnock) {
  const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock });
  const keys = [await crypto.subtle.generateKey(RSA, true, ["sign", "verify"]), await generateCryptoKeyPair("Ed25519")];

  federation
    .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
      if (identifier !== DEWI) return null;
      const pairs = await ctx.getActorKeyPairs(identifier);
      return new Person({
        id: ctx.getActorUri(identifier),
        preferredUsername: identifier,
        name: "Dewi",
        inbox: ctx.getInboxUri(identifier),
        outbox: ctx.getOutboxUri(identifier),
        followers: ctx.getFollowersUri(identifier),
        endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
        publicKey: pairs[0].cryptographicKey,
        assertionMethods: pairs.map((pair) => pair.multikey),
      });
    })
    .setKeyPairsDispatcher((ctx, identifier) => (identifier === DEWI ? keys : []));

  federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
  federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
  federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
    software: { name: "fedify-peer", version: "1.0.0" },
    protocols: ["activitypub"],
    usage: { users: { total: 1 }, localPosts: 0, localComments: 0 },
  }));
  for (const [name, kind] of Object.entries(served)) {
    federation.setObjectDispatcher(kind, `/${name.toLowerCase()}s/{id}`, (ctx, { id }) => made.get(id) ?? null);
  }
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: DEWI }))
    .on(Activity, async (ctx, activity) => {
      Object.assign(arriving.getStore(), { recipient: ctx.recipient, activity: await describe(activity, ctx) });
    });
  return federation;
}

/** Hand a request to Fedify. A delivery's HTTP signature and its proof are also verified one by one, by Fedify's own
 * functions: in an inbox it asks no further once one of them has held. */
export async function answer(federation, request) {
  if (request.method !== "POST") return await federation.fetch(request, { contextData: undefined });
  const document = await request.clone().json();
  const ctx = federation.createContext(request, undefined);
  const key = await verifyRequest(request.clone(), ctx);
  const entry = {
    document,
    scheme: schemeOf(request.headers),
    signer: key?.ownerId?.href ?? null,
    isProven: (await verifyObject(Activity, document, ctx)) != null,
    recipient: null,
    activity: null,
  };
  received.push(entry);
  const response = await arriving.run(entry, () => federation.fetch(request, { contextData: undefined }));
  entry.status = response.status;
  return response;
}
