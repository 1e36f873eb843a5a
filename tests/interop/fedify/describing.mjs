// What Fedify's own classes understood of a document, as plain JSON for the tests.

import { Activity, isActor } from "@fedify/vocab";

const DEEPEST = 4; // an Announce of an Undo of a Like of a Page

export async function describe(thing, ctx, depth = 0) {
  if (thing == null) return null;
  const said = {
    type: thing.constructor.name,
    id: href(thing.id),
    name: text(thing.name),
    content: text(thing.content),
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
    said.keys = [];
    for await (const key of thing.getPublicKeys(ctx)) said.keys.push(key.publicKey.algorithm.name);
    for await (const key of thing.getAssertionMethods(ctx)) said.keys.push(key.publicKey.algorithm.name);
  }
  if (thing instanceof Activity) {
    said.actor = href(thing.actorId);
    said.objectId = href(thing.objectId);
    // Embedded by another host than its own, it is not believed but fetched: that is Fedify's rule, kept here.
    const object = depth < DEEPEST ? await thing.getObject({ ...ctx, suppressError: true }) : null;
    said.object = await describe(object, ctx, depth + 1);
  }
  return said;
}

function href(url) {
  return url?.href ?? null;
}

function text(value) {
  return value == null ? null : String(value);
}
