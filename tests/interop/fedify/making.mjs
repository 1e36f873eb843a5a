// What every act is made of: to find things, to make them with ids under which they are served, and to send them. All of it
// goes through Fedify.

import { randomUUID } from "node:crypto";
import { signRequest } from "@fedify/fedify";
import { Create } from "@fedify/vocab";
import { DEWI, made } from "./federation.mjs";

const CAVAGE = "draft-cavage-http-signatures-12";

export async function find(ctx, target) {
  const found = await ctx.lookupObject(target);
  if (found == null) throw new Error(`Fedify found nothing at ${target}`);
  return found;
}

/** Served at its id: what another server embeds, Fedify does not believe but fetches. */
export function make(ctx, kind, values) {
  const id = randomUUID();
  const thing = new kind({ id: ctx.getObjectUri(kind, { id }), ...values });
  made.set(id, thing);
  return thing;
}

export function makeActivity(ctx, kind, values) {
  return make(ctx, kind, { actor: ctx.getActorUri(DEWI), ...values });
}

export async function create(ctx, object, recipients, options) {
  return await send(ctx, createOf(ctx, object), recipients, options);
}

export function createOf(ctx, object) {
  return makeActivity(ctx, Create, { tos: object.toIds, ccs: object.ccIds, object });
}

/** Without a queue Fedify sends at once, and throws what the inbox answered if it did not take it. */
export async function send(ctx, activity, recipients, { by = DEWI, ...options } = {}) {
  await ctx.sendActivity({ identifier: by }, recipients, activity, options);
  return { id: activity.id.href, object: activity.objectId?.href };
}

/** Send what Fedify's vocabulary has no words for: the document is ours, the signature Fedify's. */
export async function sendDocument(ctx, document, recipient) {
  const [{ privateKey, keyId }] = await ctx.getActorKeyPairs(DEWI);
  const headers = { "Content-Type": "application/activity+json" };
  const plain = new Request(recipient.inboxId, { method: "POST", headers, body: JSON.stringify(document) });
  const response = await fetch(await signRequest(plain, privateKey, keyId, { spec: CAVAGE }));
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return { id: document.id, object: document.object.id ?? document.object };
}

export function name(id) {
  return id.slice(id.lastIndexOf("/") + 1);
}

export function own(id) {
  const thing = made.get(name(id));
  if (thing == null) throw new Error(`Dewi made nothing that is called ${id}`);
  return thing;
}
