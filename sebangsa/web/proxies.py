"""Who really asks, behind a proxy: forwarded headers count only when a named proxy sent them (S-073)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class TrustedProxies:
    """Sets the client's address from `X-Forwarded-For`, reading from the right past each trusted proxy.

    The host and scheme never come from a header: links and signatures use `SEBANGSA_URL`.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._networks = [ipaddress.ip_network(network) for network in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._networks and scope["type"] in ("http", "websocket") and scope.get("client"):
            scope["client"] = (self._client(scope), 0)
        await self._app(scope, receive, send)

    def _client(self, scope: Scope) -> str:
        address = str(scope["client"][0])
        forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        while self._is_trusted(address) and forwarded and forwarded[-1].strip():
            address = forwarded.pop().strip()
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)
