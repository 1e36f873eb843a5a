// How an account moves to another one of this server, or ends.

import { Delete, Move, PUBLIC_COLLECTION } from "@fedify/vocab";
import { DEWI, people } from "./federation.mjs";
import { find, makeActivity, send } from "./making.mjs";

/** The account `by` says that it is the same person as `alias`. */
export function nameAlias(ctx, { by, alias }) {
  people.get(by).aliases.push(alias);
  return { id: ctx.getActorUri(by).href };
}

/** Dewi moves to `to`, an account of this server, and tells those of `followers`. */
export async function moveAway(ctx, { to, followers }) {
  const target = ctx.getActorUri(to);
  people.get(DEWI).successor = target.href;
  const activity = makeActivity(ctx, Move, { object: ctx.getActorUri(DEWI), target, to: PUBLIC_COLLECTION });
  return await send(ctx, activity, await all(ctx, followers));
}

/** The account `by` is no more, and its followers hear it. */
export async function endAccount(ctx, { by, followers }) {
  const actor = ctx.getActorUri(by);
  const recipients = await all(ctx, followers);
  const activity = makeActivity(ctx, Delete, { actor, object: actor, to: PUBLIC_COLLECTION });
  const sent = await send(ctx, activity, recipients, { by });
  people.get(by).gone = true;
  return sent;
}

async function all(ctx, targets) {
  return await Promise.all(targets.map((target) => find(ctx, target)));
}
