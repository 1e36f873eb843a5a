// What Dewi does as a moderator of a community elsewhere, and how she reports.

import { Add, Block, Delete, Flag, PUBLIC_COLLECTION, Remove } from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { find, makeActivity, send, sendDocument } from "./making.mjs";

const LISTING = { Add, Remove };

/** `Add` to one of the community's lists (`featured`, `moderators`), or `Remove` from it. */
export async function list(ctx, { kind, object, list, community }) {
  const group = await find(ctx, community);
  const activity = makeActivity(ctx, LISTING[kind], { ...toAll(group), object: new URL(object), target: new URL(list) });
  return await send(ctx, activity, [group]);
}

/** Lemmy's verb, of which Fedify knows nothing. */
export async function lock(ctx, { object, community, isUndone = false }) {
  const group = await find(ctx, community);
  const locked = await makeActivity(ctx, Block, { ...toAll(group), object: new URL(object) }).toJsonLd(ctx);
  Object.assign(locked, { type: "Lock", id: locked.id.replace("/blocks/", "/locks/") });
  if (!isUndone) return await sendDocument(ctx, locked, group);
  const undone = { ...locked, type: "Undo", id: `${locked.id}/undo`, object: locked };
  return await sendDocument(ctx, undone, group);
}

/** A removal: `Delete` of somebody else's post, with a reason. */
export async function takeDown(ctx, { object, community, reason }) {
  const group = await find(ctx, community);
  const activity = makeActivity(ctx, Delete, { ...toAll(group), object: new URL(object), summary: reason });
  return await send(ctx, activity, [group]);
}

export async function ban(ctx, { person, community, reason, days }) {
  const group = await find(ctx, community);
  const activity = makeActivity(ctx, Block, {
    ...toAll(group),
    object: new URL(person),
    target: group.id,
    summary: reason,
    endTime: Temporal.Now.instant().add({ hours: 24 * days }),
  });
  return await send(ctx, activity, [group]);
}

export async function flag(ctx, { object, community, reason }) {
  const group = await find(ctx, community);
  const activity = makeActivity(ctx, Flag, { to: group.id, audience: group.id, object: new URL(object), summary: reason });
  return await send(ctx, activity, [group]);
}

function toAll(group) {
  return { to: PUBLIC_COLLECTION, cc: group.id, audience: group.id };
}
