"""The web server: uvicorn, that ends live streams before it waits for its connections to close."""

from __future__ import annotations

import socket

import uvicorn

from sebangsa.site import Site


class Server(uvicorn.Server):
    """Serves one site. Told to stop, plain uvicorn would wait for open streams until its patience ends, and cut them."""

    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._site = site

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._site.streams.end_all()
        await super().shutdown(sockets)
