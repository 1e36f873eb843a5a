"""The public keys that an actor's document lists."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.refusals import Refused
from federation.signatures.multikey import ED25519_PUBLIC, RSA_PUBLIC, decode_multikey
from federation.wire.shapes import authority_of, id_of, objects_of, one_id, type_among

MAX_KEYS = 10
MAX_KEY_TEXT = 2_048
_ED25519_OID_IN_BASE64 = "MCowBQYDK2VwAyEA"


@dataclass(frozen=True, slots=True)
class KeyDocument:
    """A key as its actor states it. `kind` is rsa or ed25519; `value` is PEM, or multibase text for
    multikeys.

    Nothing cryptographic was checked: that is done when the key is loaded.
    """

    id: str
    owner: str
    kind: str
    value: str


def read_keys(
    document: Mapping[str, Any], actor_id: str, *, allow_http: bool = False
) -> tuple[KeyDocument, ...]:
    """The keys under `publicKey` and `assertionMethod` (FEP-521a) that are the actor's own.

    A key that names another owner, or lies on another host, is left out (S-021): GNU social's groups list one
    of their maker. Keys that are only an id are left out too: what they mean was not stated here. Raises
    `Refused("bad-field")` when two keys share one id (S-022).

    Lemmy's feeds state the key of their server, and sign with it under an id of their own.
    """
    host = authority_of(actor_id, allow_http=allow_http)
    found: dict[str, KeyDocument] = {}
    pem_keys = _pem_keys(document.get("publicKey"), actor_id)
    if not pem_keys and type_among(document, frozenset({"Feed"})):
        pem_keys = _keys_of_its_server(document.get("publicKey"), actor_id, host, allow_http)
    for key in (
        *pem_keys,
        *_multikeys(document.get("assertionMethod"), actor_id),
    ):
        if not _lies_on(host, key.id, allow_http):
            continue
        if key.id in found:
            # Fedify states its RSA key twice under one id, as PEM and as multikey.
            if not _are_alike(found[key.id], key):
                raise Refused("bad-field", "two keys with one id")
            continue
        found[key.id] = key
        if len(found) == MAX_KEYS:
            break
    return tuple(found.values())


def _pem_keys(value: Any, actor_id: str) -> list[KeyDocument]:
    found = []
    for item in objects_of(value):
        uri = id_of(item)
        pem = item.get("publicKeyPem")
        # Without an owner it is the actor's: it stands in the actor's own document.
        owner = actor_id if item.get("owner") is None else one_id(item.get("owner"))
        if uri and owner == actor_id and isinstance(pem, str) and 0 < len(pem) <= MAX_KEY_TEXT:
            kind = "ed25519" if _ED25519_OID_IN_BASE64 in pem else "rsa"
            found.append(KeyDocument(uri, actor_id, kind, pem))
    return found


def _keys_of_its_server(value: Any, actor_id: str, host: str, allow_http: bool) -> list[KeyDocument]:
    """A key whose owner is somebody else of the same host: the feed's own document says that it is the feed's too."""
    for item in objects_of(value):
        owner, pem = one_id(item.get("owner")), item.get("publicKeyPem")
        if (
            owner
            and _lies_on(host, owner, allow_http)
            and isinstance(pem, str)
            and 0 < len(pem) <= MAX_KEY_TEXT
        ):
            return [KeyDocument(f"{actor_id}#main-key", actor_id, "rsa", pem)]
    return []


def _multikeys(value: Any, actor_id: str) -> list[KeyDocument]:
    found = []
    for item in objects_of(value):
        uri = id_of(item)
        text = item.get("publicKeyMultibase")
        if (
            not uri
            or not type_among(item, frozenset({"Multikey"}))
            or one_id(item.get("controller")) != actor_id
        ):
            continue
        if not isinstance(text, str) or len(text) > MAX_KEY_TEXT:
            continue
        try:
            codec, _ = decode_multikey(text)
        except Refused:
            continue
        if codec in (ED25519_PUBLIC, RSA_PUBLIC):
            found.append(KeyDocument(uri, actor_id, "ed25519" if codec == ED25519_PUBLIC else "rsa", text))
    return found


def _are_alike(pem: KeyDocument, other: KeyDocument) -> bool:
    """Whether a PEM key and a multikey are one: the PEM's DER ends in the key bytes that the multikey
    holds.
    """
    if pem.value == other.value:
        return True
    try:
        _, key_bytes = decode_multikey(other.value)
        der = b64decode("".join(line for line in pem.value.splitlines() if "-" not in line))
    except (Refused, ValueError):
        return False
    return len(key_bytes) >= 32 and der.endswith(key_bytes)


def _lies_on(host: str, uri: str, allow_http: bool) -> bool:
    try:
        return authority_of(uri, allow_http=allow_http) == host
    except Refused:
        return False
