"""Actor tokens (FEP-db0e): what is written in a group for members lies on its writers' servers, which do not know who is a
member. The group's server attests it: for half an hour, to one server, under the group's key.

A token is worth nothing to whoever else gets hold of it: it is shown together with a signature of the actor it names.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation import strict_json
from federation.actor_document import timestamp
from federation.local_actors import server_actor
from federation.local_keys import signing_key
from federation.models import Actor, ActorKey
from federation.refusals import Refused
from federation.signatures import load_public_key
from federation.urls import host_of
from federation.wire.shapes import datetime_of

if TYPE_CHECKING:
    from federation.federation import Federation

SCHEME = "ActivityPubActorToken"
ALGORITHM = "rsa-sha256"
VALID_FOR = timedelta(minutes=30)
LONGEST = timedelta(hours=2)
LEEWAY = timedelta(minutes=5)
"""How far the clocks of two servers may differ."""
MAX_TOKEN = 8_192
"""Bytes of JSON. What we ask for travels in a header."""
MAX_KEPT = 500
"""Groups whose token is kept for the next fetch."""
_FIELDS = ("issuer", "actor", "issuedAt", "validUntil")


class ActorTokens:
    """The tokens that other servers' groups gave us, kept while they are good."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, datetime]] = {}

    async def authorization(self, fed: Federation, group: Actor | None, url: str) -> str:
        """The header that opens what stands in `group` and lies at `url`; "" where none is needed or to be had.

        The group's own host looks at the signature alone. Never inside a transaction.
        """
        if group is None or group.is_local or not group.is_members_only or host_of(url) == group.host:
            return ""
        kept = self._kept.get(group.uri)
        if kept is not None and kept[1] > fed.clock.now() + LEEWAY:
            return kept[0]
        try:
            token, until = await _ask(fed, group)
        except Refused:
            return ""
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[group.uri] = (f"{SCHEME} {token}", until)
        return self._kept[group.uri][0]


async def _ask(fed: Federation, group: Actor) -> tuple[str, datetime]:
    address = group.extra.get("actorToken")
    if not isinstance(address, str) or host_of(address) != group.host:
        raise Refused("not-found", "the group gives no tokens")
    found = (
        await fed.client.get_json(address, "application/json", max_bytes=MAX_TOKEN, signed=True)
    ).document
    us = await server_actor(fed)
    if found.get("issuer") != group.uri or found.get("actor") != us.uri:
        raise Refused("token-wrong", "for another group or server")
    # Escaped to ASCII, for a header; a line break cannot stand in JSON unescaped.
    return json.dumps(found, separators=(",", ":")), _until(found)


async def issue_token(fed: Federation, group: Actor, reader: Actor) -> dict[str, Any]:
    """A token of a group of ours for a server's actor. That the server has a member in it is the caller's to know."""
    now = fed.clock.now()
    token: dict[str, Any] = {
        "issuer": group.uri,
        "actor": reader.uri,
        "issuedAt": timestamp(now),
        "validUntil": timestamp(now + VALID_FOR),
    }
    key = await signing_key(fed, group.id)
    assert isinstance(key.private_key, RSAPrivateKey)
    # Smithereen's reading comes first: it signs the values as JSON, in quotes, where the FEP's words have them bare.
    signatures = [key.private_key.sign(text, PKCS1v15(), SHA256()) for text in _signed_texts(token)]
    return token | {
        "signatures": [
            {"algorithm": ALGORITHM, "keyId": key.key_id, "signature": b64encode(signature).decode()}
            for signature in signatures
        ]
    }


async def group_of_token(fed: Federation, header: str, reader: Actor | None) -> Actor | None:
    """The group elsewhere that lets `reader`, whose signature was checked, read what stands in it; None without a token.

    Raises `Refused('token-wrong')` for one that does not hold: another's, expired or too long, of a group that we do not
    know, of our own (we know our members), or not signed by its key as we have it.
    """
    scheme, _, text = header.partition(" ")
    if scheme != SCHEME:
        return None
    if reader is None:
        raise Refused("signature-missing", "a token needs a signature of its actor")
    try:
        token = strict_json.parse_object(text.encode(), max_bytes=MAX_TOKEN)
    except (Refused, UnicodeEncodeError) as error:
        raise Refused("token-wrong", "not a token") from error
    if token.get("actor") != reader.uri:
        raise Refused("token-wrong", "given to another actor")
    now = fed.clock.now()
    issued, until = datetime_of(token.get("issuedAt")), _until(token)
    if issued is None or issued > now + LEEWAY or until < now - LEEWAY:
        raise Refused("token-wrong", "not valid now")
    if not timedelta(0) <= until - issued <= LONGEST:
        raise Refused("token-wrong", "valid for too long")
    issuer = token.get("issuer")
    group = await Actor.get_or_none(uri=issuer, type="Group") if isinstance(issuer, str) else None
    if group is None or group.is_local or not group.is_usable:
        raise Refused("token-wrong", "of no group that is known here")
    await fed.registry.admit(group.host, group)
    await _must_be_signed(token, group)
    return group


async def _must_be_signed(token: Mapping[str, Any], group: Actor) -> None:
    keys = {row.key_id: row for row in await ActorKey.filter(actor_id=group.id, kind="rsa")}
    signatures = token.get("signatures")
    for one in signatures[:2] if isinstance(signatures, list) else []:
        if not isinstance(one, dict) or one.get("algorithm") != ALGORITHM:
            continue
        key, text = keys.get(str(one.get("keyId"))), one.get("signature")
        if key is not None and isinstance(text, str) and _is_signed(token, text, key):
            return
    raise Refused("token-wrong", "its signature does not hold")


def _is_signed(token: Mapping[str, Any], text: str, key: ActorKey) -> bool:
    try:
        signature, public = b64decode(text, validate=True), load_public_key(key.public)
    except (binascii.Error, ValueError, Refused):
        return False
    if not isinstance(public, RSAPublicKey):
        return False
    for signed in _signed_texts(token):
        try:
            public.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def _signed_texts(token: Mapping[str, Any]) -> list[bytes]:
    """What a signature is over, in both readings: `key: value` lines in their order, the values in quotes or bare.

    A line break in a value would let one field pass for two: such a token is signed by nobody.
    """
    values = {name: token.get(name) for name in token if name != "signatures"}
    if not all(isinstance(value, str) and value.isprintable() for value in values.values()):
        raise Refused("token-wrong", "a field that is no text")
    if not set(_FIELDS) <= values.keys():
        raise Refused("token-wrong", "a field is missing")
    quoted = (f'{name}: "{value}"' for name, value in values.items())
    bare = (f"{name}: {value}" for name, value in values.items())
    return ["\n".join(sorted(lines)).encode() for lines in (quoted, bare)]


def _until(token: Mapping[str, Any]) -> datetime:
    until = datetime_of(token.get("validUntil"))
    if until is None:
        raise Refused("token-wrong", "validUntil")
    return until
