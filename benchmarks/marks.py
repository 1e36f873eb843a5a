"""The marks, and how fast the machine was on which they were set.

Machines differ by a factor of four: what a mark asks is a multiple of what the same libraries cost alone (the limit),
measured on that machine, and on this one in the same run as ours.
"""

from __future__ import annotations

from dataclasses import dataclass

LIMIT_IN = 1 / 9_790
"""Seconds of the mark's machine to verify an RSA-2048 signature, parse a note, clean it and write two rows in one commit."""
LIMIT_OUT = 1 / 2_980
"""Its seconds to sign a note and POST it to one of 500 servers whose connections are open."""


@dataclass(frozen=True)
class Mark:
    """At most `seconds` where the limit is `limit` seconds."""

    seconds: float
    limit: float

    def judged(self, seconds: float, limit: float) -> str:
        """What we measured against it, in words: as a multiple of the limit, and as it stands."""
        ratio = self.seconds / self.limit
        reached = "reached" if seconds / limit <= ratio else "MISSED"
        as_it_stands = "reached" if seconds <= self.seconds else "missed"
        return (
            f"mark {ratio:.1f} × the limit ({self.seconds * 1000:.3g} ms where that is {self.limit * 1000:.3g} ms): "
            f"ours {seconds / limit:.1f} ×, {reached}; as it stands, {as_it_stands}"
        )
