// What Fedify's own classes understood of a document, as plain JSON for the tests.

import { Activity, Event, isActor, Question } from "@fedify/vocab";

const DEEPEST = 4; // an Announce of an Undo of a Like of a Page

export async function describe(thing, ctx, depth = 0) {
  if (thing == null) return null;
  const said = {
    type: thing.constructor.name,
    id: href(thing.id),
    name: text(thing.name),
    content: text(thing.content),
    summary: text(thing.summary),
    published: text(thing.published),
    updated: text(thing.updated),
    attribution: href(thing.attributionId),
    audience: href(thing.audienceId),
    replyTarget: href(thing.replyTargetId),
    to: thing.toIds.map(href),
    cc: thing.ccIds.map(href),
  };
  if (isActor(thing)) {
    said.username = text(thing.preferredUsername);
    said.inbox = href(thing.inboxId);
    said.sharedInbox = href(thing.endpoints?.sharedInbox);
    said.followers = href(thing.followersId);
    said.aliases = thing.aliasIds.map(href);
    said.successor = href(thing.successorId);
    said.keys = [];
    for await (const key of thing.getPublicKeys(ctx)) said.keys.push(key.publicKey.algorithm.name);
    for await (const key of thing.getAssertionMethods(ctx)) said.keys.push(key.publicKey.algorithm.name);
  }
  if (thing instanceof Question) Object.assign(said, await poll(thing, ctx));
  if (thing instanceof Event) Object.assign(said, await plan(thing, ctx));
  if (thing instanceof Activity) {
    said.actor = href(thing.actorId);
    said.objectId = href(thing.objectId);
    said.objectIds = thing.objectIds.map(href);
    said.target = href(thing.targetId);
    said.endTime = text(thing.endTime);
    // Embedded by another host than its own, it is not believed but fetched: that is Fedify's rule, kept here.
    const object = depth < DEEPEST ? await thing.getObject({ ...ctx, suppressError: true }) : null;
    said.object = await describe(object, ctx, depth + 1);
  }
  return said;
}

async function poll(question, ctx) {
  const options = [];
  for await (const option of question.getExclusiveOptions(ctx)) options.push(await counted(option, ctx));
  const isMultiple = options.length === 0;
  for await (const option of question.getInclusiveOptions(ctx)) options.push(await counted(option, ctx));
  return {
    options,
    isMultiple,
    voters: question.voters,
    endTime: text(question.endTime),
    closed: text(question.closed),
  };
}

async function counted(option, ctx) {
  return [text(option.name), (await option.getReplies(ctx))?.totalItems ?? null];
}

async function plan(event, ctx) {
  const place = await event.getLocation(ctx);
  return {
    startTime: text(event.startTime),
    endTime: text(event.endTime),
    location: place && { type: place.constructor.name, name: text(place.name) },
  };
}

function href(url) {
  return url?.href ?? null;
}

function text(value) {
  return value == null ? null : String(value);
}
