"""The files of this folder as browsers get them: named by their content, kept compressed in memory.

A name holds a hash of the bytes (`/static/app.1a2b3c4d.css`), so that a browser never asks twice and never has an old one.
What is asked for is looked up in a dict of these names: no path of a request ever reaches the disk.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `packed` is None where gzip would not make it smaller (pictures)."""

    url: str
    media_type: str
    raw: bytes
    packed: bytes | None


class UnknownAsset(LookupError):
    """A template names a file that is not in the folder."""


class Assets:
    """Reads every file of `folder` whose type browsers know, once."""

    def __init__(self, folder: Path = Path(__file__).parent) -> None:
        self._by_name = {
            path.relative_to(folder).as_posix(): _read(folder, path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES and path.is_file()
        }
        self._by_url = {asset.url: asset for asset in self._by_name.values()}

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._by_name.values())

    def url(self, name: str) -> str:
        """The address of a file, `app.css` or `icons/sprite.svg`. Raises `UnknownAsset`."""
        return self[name].url

    def __getitem__(self, name: str) -> Asset:
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownAsset(f"There is no static file {name!r}.") from None

    def answer(self, path: str, headers: Headers) -> Response:
        """The file at a URL path, compressed for those who take that; 404 for any other path."""
        asset = self._by_url.get(path)
        if asset is None:
            return PlainTextResponse("There is no such file.", 404)
        sent = {"cache-control": FOREVER, "vary": "Accept-Encoding"}
        if asset.packed is not None and "gzip" in headers.get("accept-encoding", ""):
            sent["content-encoding"] = "gzip"
            return Response(asset.packed, media_type=asset.media_type, headers=sent)
        return Response(asset.raw, media_type=asset.media_type, headers=sent)


@cache
def bundled() -> Assets:
    """The files of this folder, read and compressed once a process."""
    return Assets()


def _read(folder: Path, path: Path) -> Asset:
    raw = path.read_bytes()
    packed = gzip.compress(raw, 9, mtime=0)
    digest = hashlib.sha256(raw).hexdigest()[:8]
    name = path.relative_to(folder).with_suffix(f".{digest}{path.suffix}").as_posix()
    return Asset(PREFIX + name, TYPES[path.suffix], raw, packed if len(packed) < len(raw) else None)
