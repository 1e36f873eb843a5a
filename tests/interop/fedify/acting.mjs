// What the tests can ask Dewi to do. All of it goes through Fedify: looking up, signing, sending.

import { randomUUID } from "node:crypto";
import {
  Create,
  Delete,
  Follow,
  Like,
  Mention,
  Note,
  Page,
  PUBLIC_COLLECTION,
  Tombstone,
  traverseCollection,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { describe } from "./describing.mjs";
import { DEWI, made, received } from "./federation.mjs";
import { posted } from "./loopback.mjs";

const KINDS = { Note, Page };

export const acts = {
  received: () => received,
  posted: () => posted,
  lookup,
  outbox,
  follow,
  post,
  comment,
  like,
  edit,
  remove,
  message,
  undo,
};

async function lookup(ctx, { target }) {
  return await describe(await ctx.lookupObject(target), ctx);
}

/** All that an actor's outbox holds, as Fedify reads it. */
async function outbox(ctx, { target }) {
  const actor = await find(ctx, target);
  const items = [];
  for await (const item of traverseCollection(await actor.getOutbox(ctx), ctx)) items.push(await describe(item, ctx));
  return items;
}

async function follow(ctx, { target }) {
  const followed = await find(ctx, target);
  const activity = make(ctx, Follow, { actor: ctx.getActorUri(DEWI), object: followed.id, to: followed.id });
  return await send(ctx, activity, [followed]);
}

/** A thread: with a title and the community as its audience, or, without a title, only naming the community. */
async function post(ctx, { community, kind, title, content }) {
  const group = await find(ctx, community);
  const object = make(ctx, KINDS[kind], {
    attribution: ctx.getActorUri(DEWI),
    to: PUBLIC_COLLECTION,
    cc: group.id,
    published: Temporal.Now.instant(),
    content,
    tags: [new Mention({ href: group.id, name: community })],
    ...(title == null ? {} : { name: title, audience: group.id }),
  });
  return await create(ctx, object, [group], { preferSharedInbox: true });
}

/** An answer, to its author and to the community, each at their own inbox; or to another inbox alone. */
async function comment(ctx, { parent, community, content, inbox }) {
  const answered = await find(ctx, parent);
  const author = await answered.getAttribution(ctx);
  const group = await find(ctx, community);
  const note = make(ctx, Note, {
    attribution: ctx.getActorUri(DEWI),
    to: PUBLIC_COLLECTION,
    ccs: [group.id, author.id],
    published: Temporal.Now.instant(),
    replyTarget: answered.id,
    content,
  });
  const elsewhere = inbox == null ? null : new URL(inbox);
  return await create(ctx, note, elsewhere ? [{ id: elsewhere, inboxId: elsewhere }] : [group, author]);
}

async function like(ctx, { object, community }) {
  const liked = await find(ctx, object);
  const activity = make(ctx, Like, { actor: ctx.getActorUri(DEWI), object: liked.id, audience: liked.audienceId });
  return await send(ctx, activity, [await find(ctx, community)]);
}

async function edit(ctx, { object, community, content }) {
  const edited = own(object).clone({ content, updated: Temporal.Now.instant() });
  made.set(name(object), edited);
  const activity = make(ctx, Update, {
    actor: ctx.getActorUri(DEWI),
    to: PUBLIC_COLLECTION,
    cc: edited.ccId,
    object: edited,
  });
  return await send(ctx, activity, [await find(ctx, community)]);
}

async function remove(ctx, { object, community }) {
  const removed = own(object);
  made.delete(name(object));
  const activity = make(ctx, Delete, {
    actor: ctx.getActorUri(DEWI),
    to: PUBLIC_COLLECTION,
    cc: removed.ccId,
    object: new Tombstone({ id: removed.id }),
  });
  return await send(ctx, activity, [await find(ctx, community)]);
}

async function message(ctx, { target, content }) {
  const person = await find(ctx, target);
  const note = make(ctx, Note, {
    attribution: ctx.getActorUri(DEWI),
    to: person.id,
    published: Temporal.Now.instant(),
    content,
    tags: [new Mention({ href: person.id, name: target })],
  });
  return await create(ctx, note, [person]);
}

async function undo(ctx, { activity, target }) {
  const object = own(activity);
  return await send(ctx, make(ctx, Undo, { actor: ctx.getActorUri(DEWI), object }), [await find(ctx, target)]);
}

// ---

async function find(ctx, target) {
  const found = await ctx.lookupObject(target);
  if (found == null) throw new Error(`Fedify found nothing at ${target}`);
  return found;
}

function make(ctx, kind, values) {
  const id = randomUUID();
  const thing = new kind({ id: ctx.getObjectUri(kind, { id }), ...values });
  made.set(id, thing);
  return thing;
}

async function create(ctx, object, recipients, options) {
  const activity = make(ctx, Create, {
    actor: ctx.getActorUri(DEWI),
    tos: object.toIds,
    ccs: object.ccIds,
    object,
  });
  return await send(ctx, activity, recipients, options);
}

/** Without a queue Fedify sends at once, and throws what the inbox answered if it did not take it. */
async function send(ctx, activity, recipients, options = {}) {
  await ctx.sendActivity({ identifier: DEWI }, recipients, activity, options);
  return { id: activity.id.href, object: activity.objectId.href };
}

function name(id) {
  return id.slice(id.lastIndexOf("/") + 1);
}

function own(id) {
  const thing = made.get(name(id));
  if (thing == null) throw new Error(`Dewi made nothing that is called ${id}`);
  return thing;
}
