"""Finding actors by handle (WebFinger, RFC 7033) and what software a host runs (NodeInfo).

A handle belongs to an actor only when both say so: the actor names the handle, and the WebFinger of the
handle's host names the actor (S-013). One side alone proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from federation.client import Client
from federation.media_types import is_activity_media_type
from federation.refusals import Refused
from federation.urls import normal_authority, parse_url

MAX_WELL_KNOWN_BYTES = 100_000
MAX_LINKS = 200

_JRD_ACCEPT = "application/jrd+json, application/json;q=0.9"
_XRD_TYPES = ("application/xrd+xml", "application/xml", "text/xml")
_XRD_LINK = "{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link"
_NODEINFO_REL = re.compile(r"https?://nodeinfo\.diaspora\.software/ns/schema/([12]\.[0-9])\Z")
_HANDLE_NAME = re.compile(r"[A-Za-z0-9_.~!$&'()*+,;=%-]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class Jrd:
    """What we read of a JSON resource descriptor. `actor` is its `self` link to an ActivityPub document, `templates` are its
    URI templates by lower-case rel.
    """

    subject: str
    aliases: tuple[str, ...]
    actor: str | None
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Software:
    """What a host runs: `name` in lower case as NodeInfo 2.1 wants it (NodeBB writes it otherwise)."""

    name: str
    version: str


def read_handle(text: str) -> tuple[str, str]:
    """`name@host` in any usual dress (`@name@host`, `!name@host`, `acct:name@host`) as (name, normal host).

    The host keeps a port that is not 443. Raises `Refused("bad-handle")`.
    """
    bare = text.strip().removeprefix("acct:")
    name, at, host = bare[1 if bare[:1] in ("@", "!") else 0 :].rpartition("@")
    if not at or not _HANDLE_NAME.match(name):
        raise Refused("bad-handle")
    try:
        return name, normal_authority(host)
    except Refused as refused:
        raise Refused("bad-handle", refused.detail) from None


def read_jrd(document: dict[str, Any]) -> Jrd:
    """Read a WebFinger answer; what is malformed in it counts as missing."""
    subject = document.get("subject")
    aliases = document.get("aliases")
    actor = None
    for link in _links(document):
        kind, href = link.get("type"), link.get("href")
        if (
            link.get("rel") == "self"
            and isinstance(kind, str)
            and isinstance(href, str)
            and is_activity_media_type(kind)
        ):
            actor = href
            break
    return Jrd(
        subject if isinstance(subject, str) else "",
        tuple(alias for alias in aliases if isinstance(alias, str)) if isinstance(aliases, list) else (),
        actor,
        _templates(document),
    )


def _templates(document: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for link in _links(document)[:MAX_LINKS]:
        rel, template = link.get("rel"), link.get("template")
        if isinstance(rel, str) and isinstance(template, str):
            found.setdefault(rel.lower(), template)
    return found


def read_nodeinfo(document: dict[str, Any]) -> Software:
    """Read a NodeInfo document of any version. Raises `Refused("bad-field")` when it names no software."""
    software = document.get("software")
    name = software.get("name") if isinstance(software, dict) else None
    version = software.get("version") if isinstance(software, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise Refused("bad-field", "software.name")
    return Software(name.strip().lower()[:64], version.strip()[:64] if isinstance(version, str) else "")


async def lookup_handle(client: Client, handle: str) -> str:
    """The id of the actor that `handle`'s host names for it.

    This is one side only: fetch the actor, then `confirm_handle`. Raises `Refused`: `bad-handle`,
    `not-found` when the host names no actor, and what `Client.get_json` raises.
    """
    name, host = read_handle(handle)
    return _actor_url(client, await _webfinger(client, name, host))


async def lookup_account(client: Client, handle: str) -> Jrd:
    """What `handle`'s host says of it. Raises like `lookup_handle`."""
    name, host = read_handle(handle)
    return await _webfinger(client, name, host)


async def confirm_handle(client: Client, actor: dict[str, Any]) -> str:
    """The handle `name@host` that `actor`, a document as its own host served it, may bear.

    The WebFinger of the actor's host must name the actor. It may name another host as the handle's (split
    domain: `ani@desa.example`, actor on `sosial.desa.example`), if that host's WebFinger names the actor too.
    Where the document itself names another host (`webfinger`, FEP-2c59), that host's WebFinger alone decides: the
    actor's host need not have any. Raises `Refused`: `handle-mismatch`, `not-an-actor`, and what the fetches raise.
    """
    name, actor_id = actor.get("preferredUsername"), actor.get("id")
    if not isinstance(name, str) or not _HANDLE_NAME.match(name) or not isinstance(actor_id, str):
        raise Refused("not-an-actor", "preferredUsername or id is missing")
    actor_url = parse_url(actor_id, allow_http=client.allow_http)
    claimed = _claimed_host(actor, name)
    if claimed not in ("", actor_url.authority) and await _names(client, name, claimed, actor_url.text):
        return f"{name}@{claimed}"
    own = await _webfinger(client, name, actor_url.authority)
    _check_actor(client, own, actor_url.text)
    if not own.subject.startswith("acct:"):
        return f"{name}@{actor_url.authority}"
    subject_name, subject_host = _subject(own)
    if subject_name.lower() != name.lower():
        raise Refused("handle-mismatch", "the subject has another name")
    if subject_host != actor_url.authority:
        other = await _webfinger(client, name, subject_host)
        _check_actor(client, other, actor_url.text)
        if _subject(other) != (subject_name, subject_host):
            raise Refused("handle-mismatch", "the hosts do not agree on the subject")
    return f"{name}@{subject_host}"


async def fetch_software(client: Client, host: str) -> Software:
    """What `host` says that it runs; `not-found` when it says nothing that we can read."""
    origin = client.web_origin(normal_authority(host))
    links = await client.get_json(
        f"{origin}/.well-known/nodeinfo", "application/json", max_bytes=MAX_WELL_KNOWN_BYTES
    )
    versions: dict[str, str] = {}
    for link in _links(links.document):
        rel, href = link.get("rel"), link.get("href")
        if isinstance(rel, str) and isinstance(href, str) and (found := _NODEINFO_REL.match(rel)):
            versions[found[1]] = href
    if not versions:
        raise Refused("not-found", "no NodeInfo link")
    document = await client.get_json(
        versions[max(versions)], "application/json", max_bytes=MAX_WELL_KNOWN_BYTES
    )
    return read_nodeinfo(document.document)


def _links(document: dict[str, Any]) -> list[dict[str, Any]]:
    links = document.get("links")
    if isinstance(links, dict):  # a single link, as some NodeInfo indexes have it
        links = [links]
    return [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []


def _subject(jrd: Jrd) -> tuple[str, str]:
    try:
        return read_handle(jrd.subject)
    except Refused:
        raise Refused("handle-mismatch", "the subject is no handle") from None


def _claimed_host(actor: dict[str, Any], name: str) -> str:
    """The host of the handle that an actor's document claims, "" where it claims none or another name."""
    claim = actor.get("webfinger")
    try:
        claimed_name, host = read_handle(claim) if isinstance(claim, str) else ("", "")
    except Refused:
        return ""
    return host if claimed_name.lower() == name.lower() else ""


async def _names(client: Client, name: str, host: str, actor_url: str) -> bool:
    """Whether the WebFinger of `host` says that `name` there is this actor."""
    try:
        found = await _webfinger(client, name, host)
        _check_actor(client, found, actor_url)
        subject_name, subject_host = _subject(found)
    except Refused:
        return False
    return (subject_name.lower(), subject_host) == (name.lower(), host)


def _actor_url(client: Client, jrd: Jrd) -> str:
    if jrd.actor is None:
        raise Refused("not-found", "WebFinger names no actor")
    return parse_url(jrd.actor, allow_http=client.allow_http).text


def _check_actor(client: Client, jrd: Jrd, actor_url: str) -> None:
    if _actor_url(client, jrd) != actor_url:
        raise Refused("handle-mismatch", "WebFinger names another actor")


async def _webfinger(client: Client, name: str, host: str) -> Jrd:
    resource = quote(f"acct:{name}@{host}", safe="")
    origin = client.web_origin(host)
    try:
        answer = await client.get_json(
            f"{origin}/.well-known/webfinger?resource={resource}",
            _JRD_ACCEPT,
            max_bytes=MAX_WELL_KNOWN_BYTES,
        )
    except Refused as refused:
        if refused.code not in ("not-found", "not-json"):
            raise
        template = await _host_meta_template(client, origin)
        if template is None:
            raise
        answer = await client.get_json(
            template.replace("{uri}", resource), _JRD_ACCEPT, max_bytes=MAX_WELL_KNOWN_BYTES
        )
    return read_jrd(answer.document)


async def _host_meta_template(client: Client, origin: str) -> str | None:
    """The WebFinger address that the host's host-meta names (RFC 6415); older split-domain hosts use it."""
    try:
        fetched = await client.get_bytes(
            f"{origin}/.well-known/host-meta", accept_types=_XRD_TYPES, max_bytes=MAX_WELL_KNOWN_BYTES
        )
        text = fetched.body.decode()
        # No honest host-meta declares entities; a hostile one would let them grow (S-009).
        if "<!" in text.replace("<!--", ""):
            return None
        root = ElementTree.fromstring(text)  # noqa: S314 - without a DTD nothing can expand
    except (Refused, ElementTree.ParseError, ValueError, LookupError):
        return None
    for link in root.iter(_XRD_LINK):
        template = link.get("template", "")
        if link.get("rel") == "lrdd" and "{uri}" in template and "json" in link.get("type", "json"):
            return template
    return None
