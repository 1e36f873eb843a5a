"""What the protocol floor is told about the instance it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class FederationConfig:
    """`base_url` is where the server answers, without a final slash; `domain` is what handles end with.

    They differ on a split domain (`@ani@warga.id` served from `https://app.warga.id`). In development mode plain
    http, ports and loopback peers are spoken to; in production none of them.
    """

    base_url: str
    domain: str
    version: str
    software: str = "sebangsa"
    development: bool = False
    client_endpoints: Mapping[str, str] = field(default_factory=dict)
    """What the apps of our people call (ActivityPub, 4.1): stands in `endpoints` of each of them."""

    @property
    def authority(self) -> str:
        """Host and port as they stand in our ids, for example `warga.localhost:8001`."""
        return urlsplit(self.base_url).netloc

    def url(self, path: str) -> str:
        """An absolute URL of ours; `path` starts with a slash."""
        return self.base_url + path

    def is_ours(self, url: str) -> bool:
        """Whether a URL is under our base URL."""
        return url == self.base_url or url.startswith(self.base_url + "/")
