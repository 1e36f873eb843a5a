"""What must be alike on all instances once everything has arrived.

Who lives somewhere is right about what they did; everybody who was told of it must hold the same. What was told is
read from the network's log: the last activity about a post that was delivered to an instance decides what it shows.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from federation.models import Actor, Delivery, Follow, InboundActivity
from sebangsa.models import Notification, Post, Visibility, Vote
from sebangsa.text.sanitise import sanitise
from tests.simulation.world import Place, World

EXPECTED_REFUSALS = ("not-allowed", "not-found", "gone")
"""Answers to what their author may not read any more, votes of those who left, boosts of what was deleted."""


async def disagreements(world: World) -> list[str]:
    """A line for each thing about which two instances, or two tables of one, do not agree."""
    found: list[str] = []
    held = {place.name: await _held(place) for place in world.places}
    told = _told(world)
    for place in world.places:
        with place.site.database.entered():
            found += [f"{place.name}: {line}" for line in await _unfinished()]
            found += [f"{place.name}: {line}" for line in await _miscounted()]
            found += [f"{place.name}: {line}" for line in await _doubled()]
        found += [
            f"{place.name}: {line}" for line in _differs_from_told(place, held[place.name], told[place.host])
        ]
        for other in world.places:
            if other is not place:
                found += [
                    f"{other.name} of {place.name}: {line}" for line in _differs(place, other, held, told)
                ]
    return found


def _told(world: World) -> dict[str, dict[str, tuple[int, dict[str, Any]]]]:
    """For each host and object the activity of its author that was made last among those that reached the host."""
    last: dict[str, dict[str, tuple[int, dict[str, Any]]]] = defaultdict(dict)
    for request, status in world.network.log:
        if request.method != "POST" or not 200 <= status < 300:
            continue
        activity = json.loads(request.body)
        if activity["type"] == "Announce" and isinstance(activity["object"], dict):
            activity = activity["object"]
        if activity["type"] not in ("Create", "Update", "Delete"):
            continue
        uri = activity["object"]["id"] if isinstance(activity["object"], dict) else activity["object"]
        # A Create bears the address of its post, the others ids that ascend.
        made = 0 if activity["type"] == "Create" else int(activity["id"].rpartition("/")[2].partition("#")[0])
        host = urlsplit(request.url).netloc
        if uri not in last[host] or last[host][uri][0] <= made:
            last[host][uri] = (made, activity)
    return last


async def _held(place: Place) -> dict[str, Any]:
    with place.site.database.entered():
        uris = dict(await Actor.all().values_list("id", "uri"))
        posts = {post.uri: post for post in await Post.filter(boost_of_id=None)}
        by_id = {post.id: post.uri for post in posts.values()}
        return {
            "posts": posts,
            "votes": {
                (uris[vote.actor_id], by_id[vote.post_id]): vote.value
                for vote in await Vote.all()
                if posts[by_id[vote.post_id]].deleted_at is None
            },
            "follows": {
                (uris[follow.follower_id], uris[follow.target_id]): str(follow.state)
                for follow in await Follow.all()
            },
            "boosts": {
                (uris[boost.author_id], by_id[boost.boost_of_id])
                for boost in await Post.filter(kind="boost")
                if boost.boost_of_id in by_id and posts[by_id[boost.boost_of_id]].deleted_at is None
            },
        }


def _differs_from_told(
    place: Place, held: dict[str, Any], told: dict[str, tuple[int, dict[str, Any]]]
) -> list[str]:
    found: list[str] = []
    for uri, (_, activity) in told.items():
        post = held["posts"].get(uri)
        if post is None or post.is_local:
            continue  # what their communities bring back to the authors tells them nothing
        if activity["type"] == "Delete":
            if post.deleted_at is None:
                found.append(f"{uri} was deleted, and is shown")
        elif post.deleted_at is not None:
            found.append(f"{uri} is deleted without a Delete")
        elif post.content != sanitise(activity["object"]["content"]):
            found.append(f"{uri} says {post.content!r}, not {activity['object']['content']!r}")
    return found


def _differs(place: Place, other: Place, held: dict[str, Any], told: dict[str, dict[str, Any]]) -> list[str]:
    """What `other` holds otherwise than `place`, about what the people of `place` did."""
    found: list[str] = []
    mine, theirs = held[place.name], held[other.name]
    people = {person.uri for person in place.people}
    for pair in sorted(set(mine["follows"]) | set(theirs["follows"])):
        sides = {urlsplit(uri).netloc for uri in pair}
        if sides == {place.host, other.host} and mine["follows"].get(pair) != theirs["follows"].get(pair):
            found.append(f"follow {pair} is {theirs['follows'].get(pair)}, not {mine['follows'].get(pair)}")
    for uri, post in theirs["posts"].items():
        if post.deleted_at is not None or not uri.startswith(f"http://{other.host}/"):
            continue
        for person in people:
            key = (person, uri)
            if mine["posts"].get(uri) is not None and mine["votes"].get(key) != theirs["votes"].get(key):
                found.append(f"vote {key} is {theirs['votes'].get(key)}, not {mine['votes'].get(key)}")
            if mine["posts"].get(uri) is not None and (key in mine["boosts"]) != (key in theirs["boosts"]):
                found.append(f"boost {key} is {key in theirs['boosts']}, not {key in mine['boosts']}")
    return found


async def _unfinished() -> list[str]:
    found = [
        f"{row.type} {row.uri} ended {row.state}: {row.reason}"
        for row in await InboundActivity.filter(state__in=["pending", "waiting", "failed", "refused"])
        if not row.reason.startswith(EXPECTED_REFUSALS)
    ]
    rows = await Delivery.exclude(state="delivered").select_related("activity")
    return found + [
        f"delivery of {row.activity.type} to {row.inbox_url} ended {row.state}: {row.status} {row.reason}"
        for row in rows
    ]


async def _miscounted() -> list[str]:
    """Counters against the rows that they count."""
    found: list[str] = []
    votes, replies, boosts = defaultdict(list), defaultdict(int), defaultdict(int)
    written, followers, following = defaultdict(int), defaultdict(int), defaultdict(int)
    posts = await Post.all()
    for vote in await Vote.all():
        votes[vote.post_id].append(vote.value)
    for post in posts:
        if post.boost_of_id is not None:
            boosts[post.boost_of_id] += 1
        elif post.is_shown and post.visibility != Visibility.DIRECT:
            written[post.author_id] += 1
            if post.in_reply_to_id is not None:
                replies[post.in_reply_to_id] += 1
            elif post.community_id is not None:
                written[post.community_id] += 1
    for follow in await Follow.filter(state="accepted"):
        followers[follow.target_id] += 1
        following[follow.follower_id] += 1
    for post in posts:
        if post.boost_of_id is not None or post.deleted_at is not None:
            continue
        counted = (post.likes_count, post.dislikes_count, post.replies_count, post.boosts_count)
        # Of what is elsewhere its host may have stated more than we know by name.
        stated = max(boosts[post.id], 0 if post.is_local else post.boosts_count)
        up, down = (
            votes[post.id].count(1) + post.unnamed_likes,
            votes[post.id].count(-1) + post.unnamed_dislikes,
        )
        right = (up, down, replies[post.id], stated)
        if counted != right or (post.is_local and (post.unnamed_likes or post.unnamed_dislikes)):
            found.append(f"{post.uri} counts {counted}, not {right} (likes, dislikes, replies, boosts)")
    for actor in await Actor.all():
        if (actor.followers_count, actor.following_count) != (followers[actor.id], following[actor.id]):
            found.append(f"{actor.uri} counts {actor.followers_count} and {actor.following_count} follows")
        if actor.posts_count != written[actor.id]:
            found.append(f"{actor.uri} counts {actor.posts_count} posts, not {written[actor.id]}")
    return found


async def _doubled() -> list[str]:
    """Effects that came twice."""
    told: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in await Notification.filter(type="mention"):
        told[row.recipient_id, row.type, row.post_id] += 1
    boosts: dict[tuple[int, int], int] = defaultdict(int)
    for boost in await Post.filter(kind="boost"):
        boosts[boost.author_id, boost.boost_of_id or 0] += 1
    return [f"notified {count} times: {key}" for key, count in told.items() if count > 1] + [
        f"boosted {count} times: {key}" for key, count in boosts.items() if count > 1
    ]
