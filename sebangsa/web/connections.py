"""Connections that do not wait for ever: a slow or endless request is closed, and the others are served (S-136)."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_WITHIN = 20.0
"""Seconds from opening the connection, or from the first byte of a later request, to the end of its headers."""

MAX_HEAD = 64 * 1024
"""Bytes of a request's line and headers together."""

BODY_CHECKED_EVERY, BODY_AT_LEAST = 30.0, 8 * 1024
"""A body must bring so many bytes in so many seconds: less than the slowest telephone line, more than a byte at a time."""


class _HeadTooLarge(Exception):
    """Comes out of the parser as one of its own errors."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP over httptools, which limits neither the time nor the size of what it reads."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._reads = "nothing"  # then head, then body
        self._head_bytes = 0
        self._body_bytes = 0
        self._refused_as = 400
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(HEAD_WITHIN, self._end_slow_head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reads == "nothing" or self.transport.is_closing():
            return
        if self.transport.get_protocol() is not self:
            return  # a web socket now
        if self._reads == "head":
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                self._refuse(431)
            elif self._timer is None:
                self._wait(HEAD_WITHIN, self._end_slow_head)
        elif self._timer is None:
            self._wait(BODY_CHECKED_EVERY, self._end_slow_body)

    def on_message_begin(self) -> None:
        self._reads, self._head_bytes = "head", 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD:
            self._refused_as = 431
            raise _HeadTooLarge
        self._reads, self._body_bytes = "body", 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._reads = "nothing"
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._refused_as == 400:
            super().send_400_response(msg)
        else:
            self._refuse(self._refused_as)

    def _end_slow_head(self) -> None:
        self._timer = None
        if self._reads == "head":
            self._refuse(408)
        else:
            self.transport.close()  # it never said anything

    def _end_slow_body(self) -> None:
        self._timer = None
        if self._body_bytes < BODY_AT_LEAST and not self.flow.read_paused:
            self.transport.close()
            return
        self._body_bytes = 0
        self._wait(BODY_CHECKED_EVERY, self._end_slow_body)

    def _wait(self, seconds: float, then: Any) -> None:
        self._timer = self.loop.call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int) -> None:
        self._stop_waiting()
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
