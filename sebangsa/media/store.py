"""Where media lie: a folder or an S3 bucket, behind four verbs and keys that only we make."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sebangsa.media.images import EncodedImage

# The only types that are ever stored or served. A key's extension alone decides the type of an answer, so
# that no sender can have bytes served as something that a browser runs (S-101).
MEDIA_TYPES: Mapping[str, str] = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "weba": "audio/webm",
    "zip": "application/zip",
    "bin": "application/octet-stream",
}

_TOKEN_BYTES = 16
_KEY = re.compile(r"([a-z2-7]{2})/([a-z2-7]{2})/\1\2[a-z2-7]{22}\.([a-z0-9]{2,4})")


class MediaStoreError(Exception):
    """The folder or the bucket cannot be written or read just now (full, unreachable, forbidden)."""


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """The bytes under a key, with their exact type."""

    data: bytes
    content_type: str


class MediaStore(Protocol):
    """Keeps bytes under keys from `new_key` or `derived_key`.

    A key that is not of our making is a `ValueError` for `put`, and simply not there for `get` and `delete`.
    All raise `MediaStoreError` when the store itself fails.
    """

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store whole or not at all. `content_type` must be the one that the key's extension stands for."""
        ...

    async def get(self, key: str) -> StoredMedia | None:
        """The bytes, or None when there are none."""
        ...

    async def delete(self, key: str) -> None:
        """Remove; doing it twice is no error (S-105)."""
        ...

    def url(self, key: str) -> str:
        """The absolute URL under which anybody who knows the key gets the bytes."""
        ...

    async def close(self) -> None:
        """Let go of connections. The store can be used again afterwards."""
        ...


def new_key(extension: str) -> str:
    """A new key of 128 random bits, like `mz/4q/mz4q….webp`; nothing of the upload's name (S-098, S-105)."""
    return _key(secrets.token_bytes(_TOKEN_BYTES), extension)


def derived_key(*parts: str, extension: str) -> str:
    """The same key for the same parts: for pictures that we draw ourselves, secret to nobody."""
    digest = hashlib.sha256("\x00".join(parts).encode()).digest()
    return _key(digest[:_TOKEN_BYTES], extension)


def _key(token: bytes, extension: str) -> str:
    if extension not in MEDIA_TYPES:
        raise ValueError(f"no media are stored as .{extension}")
    # Lower case only: file systems that fold case must not make two keys one.
    name = base64.b32encode(token).decode().rstrip("=").lower()
    return f"{name[:2]}/{name[2:4]}/{name}.{extension}"


def type_of_key(key: str) -> str | None:
    """The content type that a key stands for, or None when it is not a key of ours."""
    match = _KEY.fullmatch(key)
    return MEDIA_TYPES.get(match[3]) if match else None


def check_key(key: str, content_type: str) -> None:
    """Raise `ValueError` unless the key is of our making and stands for this content type."""
    expected = type_of_key(key)
    if expected is None:
        raise ValueError("not a media key")
    if expected != content_type:
        raise ValueError(f"{content_type} does not fit the key's {expected}")


async def put_images(store: MediaStore, images: Mapping[str, EncodedImage]) -> dict[str, str]:
    """Store several sizes of one picture, each under a new key; returns name → key.

    When one fails, those stored before it are removed again and the error goes on.
    """
    keys: dict[str, str] = {}
    try:
        for name, image in images.items():
            key = new_key(image.extension)
            await store.put(key, image.data, image.content_type)
            keys[name] = key
    except MediaStoreError:
        for key in keys.values():
            await store.delete(key)
        raise
    return keys


def open_store(media_url: str, base_url: str) -> MediaStore:
    """The store that `SEBANGSA_MEDIA_URL` names.

    `file:/folder` (or `file:///folder`) keeps a tree of files. `s3://KEY:SECRET@host[:port]/bucket[/prefix]`
    keeps a bucket; its query may say `region=`, `tls=off` and `public_url=` (see `S3Store.from_url`).
    `base_url` is the server's own, under which `/media/…` is served. Raises `ValueError` for anything else.
    """
    scheme, _, rest = media_url.partition(":")
    if scheme == "file":
        from sebangsa.media.local_store import LocalStore

        if rest.startswith("//"):
            if not rest.startswith("///"):
                raise ValueError("file: takes no host; write file:/folder")
            rest = rest[2:]
        if not rest.strip("/"):
            raise ValueError("file: needs a folder, such as file:/var/lib/sebangsa/media")
        return LocalStore(rest, base_url)
    if scheme == "s3":
        if find_spec("miniopy_async") is None:
            raise ValueError("media in a bucket need an extra: pip install 'sebangsa[s3]'")
        from sebangsa.media.s3_store import S3Store

        return S3Store.from_url(media_url, base_url)
    raise ValueError("the media URL must begin with file: or s3:")
