// How Dewi takes part in what others ask and plan, and answers those who take part in hers.

import { randomUUID } from "node:crypto";
import { Accept, Create, Join, Leave, Note } from "@fedify/vocab";
import { DEWI } from "./federation.mjs";
import { find, makeActivity, send } from "./making.mjs";

/** One choice of a poll, to its author alone: a note without text whose name is the answer, as Mastodon sends it. */
export async function vote(ctx, { object, choice }) {
  const question = await find(ctx, object);
  const author = await question.getAttribution(ctx);
  const note = new Note({
    id: new URL(`#votes/${randomUUID()}`, ctx.getActorUri(DEWI)),
    attribution: ctx.getActorUri(DEWI),
    to: author.id,
    replyTarget: question.id,
    name: choice,
  });
  return await send(ctx, makeActivity(ctx, Create, { to: author.id, object: note }), [author]);
}

export async function join(ctx, { object }) {
  return await toOrganiser(ctx, Join, object);
}

export async function leave(ctx, { object }) {
  return await toOrganiser(ctx, Leave, object);
}

async function toOrganiser(ctx, kind, object) {
  const event = await find(ctx, object);
  const organiser = await event.getAttribution(ctx);
  return await send(ctx, makeActivity(ctx, kind, { object: event.id, to: organiser.id }), [organiser]);
}

/** Says yes to what somebody asked, a `Follow` or a `Join`, by its id. */
export async function accept(ctx, { activity, target, by = DEWI }) {
  const person = await find(ctx, target);
  const accepted = makeActivity(ctx, Accept, {
    actor: ctx.getActorUri(by),
    object: new URL(activity),
    to: person.id,
  });
  return await send(ctx, accepted, [person], { by });
}
