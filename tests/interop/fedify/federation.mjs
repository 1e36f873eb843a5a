// The people of this server and all that Fedify does for them: their actors and keys, what they made, and an inbox that
// keeps what comes in.

import { AsyncLocalStorage } from "node:async_hooks";
import { createFederation, generateCryptoKeyPair, MemoryKvStore, verifyObject, verifyRequest } from "@fedify/fedify";
import {
  Accept,
  Activity,
  Add,
  Article,
  Block,
  Create,
  Delete,
  Endpoints,
  Event,
  Flag,
  Follow,
  Join,
  Leave,
  Like,
  Move,
  Note,
  Page,
  Person,
  Question,
  Remove,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { describe } from "./describing.mjs";
import { forgetPosted, schemeOf } from "./loopback.mjs";

export const DEWI = "dewi";
const CITRA = "citra"; // to whom Dewi moves

// Fedify would make 4096 bits, which takes seconds; the keys of most servers have 2048.
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const keys = new Map();
for (const name of [DEWI, CITRA]) {
  keys.set(name, [await crypto.subtle.generateKey(RSA, true, ["sign", "verify"]), await generateCryptoKeyPair("Ed25519")]);
}

/** Everything that somebody made, by the last part of its id. Of the kinds below it is served; once deleted, its tombstone. */
export const made = new Map();

/** What came to the inboxes, in order: what was sent, how it was signed, how Fedify answered and understood it. */
export const received = [];

/** What people say of themselves besides their names: `aliases`, `successor`, and whether the account is `gone`. */
export const people = new Map();

/** What the test wants of this server: the kind of signature it `refuses`, and whether each fetch must be signed; and how
 * often it has refused. */
export const manners = {};

/** Fedify itself; another one after each `beginAnew`. */
export let federation;

const arriving = new AsyncLocalStorage();
const WRITTEN = { Note, Page, Article, Question, Event };
const DONE = { Accept, Add, Block, Create, Delete, Flag, Follow, Join, Leave, Like, Move, Remove, Undo, Update };

/** A server of that name to which nothing has happened yet; it tries `firstKnock` first where it knows nobody. */
export function beginAnew({ firstKnock }) {
  made.clear();
  received.length = 0;
  forgetPosted();
  Object.assign(manners, { refuses: null, demandsSignatures: false, turnedAway: 0 });
  for (const name of keys.keys()) people.set(name, { aliases: [], successor: null, gone: false });
  federation = makeFederation(firstKnock);
  return {};
}

function makeFederation(firstKnock) {
  const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock });

  federation
    .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
      const person = people.get(identifier);
      if (person == null) return null;
      const id = ctx.getActorUri(identifier);
      if (person.gone) return new Tombstone({ id });
      const pairs = await ctx.getActorKeyPairs(identifier);
      return new Person({
        id,
        preferredUsername: identifier,
        name: identifier[0].toUpperCase() + identifier.slice(1),
        inbox: ctx.getInboxUri(identifier),
        outbox: ctx.getOutboxUri(identifier),
        followers: ctx.getFollowersUri(identifier),
        endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
        publicKey: pairs[0].cryptographicKey,
        assertionMethods: pairs.map((pair) => pair.multikey),
        aliases: person.aliases.map((uri) => new URL(uri)),
        successor: person.successor && new URL(person.successor),
      });
    })
    .setKeyPairsDispatcher((ctx, identifier) => keys.get(identifier) ?? [])
    .authorize(isWelcome);

  federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
  federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
  federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
    software: { name: "fedify-peer", version: "1.0.0" },
    protocols: ["activitypub"],
    usage: { users: { total: 1 }, localPosts: 0, localComments: 0 },
  }));
  for (const [name, kind] of Object.entries({ ...WRITTEN, ...DONE })) {
    federation
      .setObjectDispatcher(kind, `/${name.toLowerCase()}s/{id}`, (ctx, { id }) => made.get(id) ?? null)
      .authorize(isWelcome);
  }
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: DEWI }))
    .on(Activity, async (ctx, activity) => {
      Object.assign(arriving.getStore(), { recipient: ctx.recipient, activity: await describe(activity, ctx) });
    });
  return federation;
}

beginAnew({ firstKnock: "rfc9421" });

/** Whether a fetch is answered; Fedify itself reads who signed it. */
async function isWelcome(ctx) {
  return !manners.demandsSignatures || (await ctx.getSignedKey()) != null;
}

/** Hand a request to Fedify. A delivery's HTTP signature and its proof are also verified one by one, by Fedify's own
 * functions: in an inbox it asks no further once one of them has held. */
export async function answer(request) {
  if (request.method !== "POST") return await federation.fetch(request, { contextData: undefined });
  const scheme = schemeOf(request.headers);
  if (scheme != null && scheme === manners.refuses) {
    manners.turnedAway += 1;
    return new Response("not signed in this way", { status: 401 });
  }
  const document = await request.clone().json();
  const ctx = federation.createContext(request, undefined);
  const key = await verifyRequest(request.clone(), ctx);
  const entry = {
    document,
    scheme,
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
