// What Dewi writes: threads and comments, polls and events, messages; how she corrects and takes them back.

import {
  Article,
  Collection,
  Delete,
  Event,
  Mention,
  Note,
  Page,
  Place,
  PUBLIC_COLLECTION,
  Question,
  Tombstone,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { DEWI, made } from "./federation.mjs";
import { create, createOf, find, make, makeActivity, name, own, send, sendDocument } from "./making.mjs";

const KINDS = { Note, Page, Article };

/** A thread: with a title and the community as its audience, or, without a title, only naming the community. */
export async function post(ctx, { community, kind, title, summary, content }) {
  const group = await find(ctx, community);
  const object = make(ctx, KINDS[kind], {
    ...inCommunity(ctx, group),
    content,
    summary,
    tags: [new Mention({ href: group.id, name: community })],
    ...(title == null ? {} : { name: title, audience: group.id }),
  });
  return await create(ctx, object, [group], { preferSharedInbox: true });
}

/** An answer, to its author and to the community, each at their own inbox; or to another inbox alone. */
export async function comment(ctx, { parent, community, content, inbox }) {
  const answered = await find(ctx, parent);
  const author = await answered.getAttribution(ctx);
  const group = await find(ctx, community);
  const note = make(ctx, Note, { ...inCommunity(ctx, group, author), replyTarget: answered.id, content });
  const elsewhere = inbox == null ? null : new URL(inbox);
  const others = [group, author].filter((actor) => actor.id.href !== note.attributionId.href);
  return await create(ctx, note, elsewhere ? [{ id: elsewhere, inboxId: elsewhere }] : others);
}

export async function message(ctx, { target, content }) {
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

export async function askPoll(ctx, { community, title, options, isMultiple = false, hours = 24 }) {
  const group = await find(ctx, community);
  const question = make(ctx, Question, {
    ...inCommunity(ctx, group),
    audience: group.id,
    name: title,
    content: `<p>${title}</p>`,
    [isMultiple ? "inclusiveOptions" : "exclusiveOptions"]: options.map((option) => counted(option, 0)),
    endTime: Temporal.Now.instant().add({ hours }),
    voters: 0,
  });
  return await create(ctx, question, [group]);
}

/** An `Update` with new counts of a poll; with `isOver`, the last one. */
export async function tellCounts(ctx, { object, community, counts, isOver = false }) {
  const asked = own(object);
  const told = asked.clone({
    exclusiveOptions: Object.entries(counts).map(([option, votes]) => counted(option, votes)),
    voters: Object.values(counts).reduce((sum, votes) => sum + votes),
    ...(isOver ? { closed: Temporal.Now.instant(), endTime: Temporal.Now.instant() } : {}),
  });
  return await update(ctx, told, community);
}

/** An event that anybody may come to. Fedify has no word for `joinMode`, without which we send no `Join`. */
export async function planEvent(ctx, { community, title, startTime, endTime, place }) {
  const group = await find(ctx, community);
  const event = make(ctx, Event, {
    ...inCommunity(ctx, group),
    audience: group.id,
    name: title,
    content: `<p>${title}</p>`,
    startTime: Temporal.Instant.from(startTime),
    endTime: Temporal.Instant.from(endTime),
    location: new Place({ name: place }),
  });
  const document = await createOf(ctx, event).toJsonLd({ ...ctx, format: "compact" });
  document.object.joinMode = "free";
  return await sendDocument(ctx, document, group);
}

export async function edit(ctx, { object, community, ...changed }) {
  return await update(ctx, own(object).clone({ ...changed, updated: Temporal.Now.instant() }), community);
}

export async function remove(ctx, { object, community }) {
  const removed = own(object);
  const tombstone = new Tombstone({ id: removed.id, deleted: Temporal.Now.instant() });
  made.set(name(object), tombstone);
  const activity = makeActivity(ctx, Delete, { to: PUBLIC_COLLECTION, cc: removed.ccId, object: tombstone });
  return await send(ctx, activity, [await find(ctx, community)]);
}

// ---

async function update(ctx, changed, community) {
  made.set(name(changed.id.href), changed);
  const activity = makeActivity(ctx, Update, { to: PUBLIC_COLLECTION, cc: changed.ccId, object: changed });
  return await send(ctx, activity, [await find(ctx, community)]);
}

function inCommunity(ctx, group, ...others) {
  return {
    attribution: ctx.getActorUri(DEWI),
    to: PUBLIC_COLLECTION,
    ccs: [group.id, ...others.map((actor) => actor.id)],
    published: Temporal.Now.instant(),
  };
}

function counted(option, votes) {
  return new Note({ name: option, replies: new Collection({ totalItems: votes }) });
}
