// What the tests can ask Dewi to do.

import { Follow, Like, traverseCollection, Undo } from "@fedify/vocab";
import { describe } from "./describing.mjs";
import { beginAnew, DEWI, manners, received } from "./federation.mjs";
import { posted, spoil } from "./loopback.mjs";
import { find, makeActivity, own, send } from "./making.mjs";
import { endAccount, moveAway, nameAlias } from "./leaving.mjs";
import { ban, flag, list, lock, takeDown } from "./moderating.mjs";
import { askPoll, comment, edit, message, planEvent, post, remove, tellCounts } from "./writing.mjs";
import { accept, join, leave, vote } from "./attending.mjs";

export const acts = {
  beginAnew: (ctx, wanted) => beginAnew(wanted),
  behave: (ctx, wanted) => Object.assign(manners, wanted),
  spoil: (ctx, wanted) => spoil(wanted),
  received: (ctx, { kinds }) => received.filter((entry) => isOf(kinds, entry.activity)),
  posted: () => posted,
  turnedAway: () => manners.turnedAway,
  lookup,
  outbox,
  follow,
  like,
  undo,
  accept,
  post,
  comment,
  edit,
  remove,
  message,
  askPoll,
  tellCounts,
  vote,
  planEvent,
  join,
  leave,
  list,
  lock,
  takeDown,
  ban,
  flag,
  nameAlias,
  moveAway,
  endAccount,
};

/** Whether these are its types from the outside in, as Fedify parsed it. */
function isOf([kind, ...inner], activity) {
  return kind == null || (activity?.type === kind && isOf(inner, activity.object));
}

/** What Fedify reads at an address or handle, its question signed by Dewi if so wanted; null if it finds nothing. */
async function lookup(ctx, { target, isSigned = false }) {
  const options = isSigned ? { documentLoader: await ctx.getDocumentLoader({ identifier: DEWI }) } : {};
  return await describe(await ctx.lookupObject(target, options), ctx);
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
  const activity = makeActivity(ctx, Follow, { object: followed.id, to: followed.id });
  return await send(ctx, activity, [followed]);
}

async function like(ctx, { object, community }) {
  const liked = await find(ctx, object);
  const activity = makeActivity(ctx, Like, { object: liked.id, audience: liked.audienceId });
  return await send(ctx, activity, [await find(ctx, community)]);
}

async function undo(ctx, { activity, target }) {
  const object = own(activity);
  return await send(ctx, makeActivity(ctx, Undo, { object }), [await find(ctx, target)]);
}
