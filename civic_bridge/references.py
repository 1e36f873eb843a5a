"""Reference numbers that people can say on the phone: `SBG-3174-26-000123`.

City, year, and six digits drawn at random, not counted up. A number is no secret all the same: whoever has it sees
what is public and nothing else (S-127).
"""

from __future__ import annotations

import random
import re
from datetime import datetime

REFERENCE = re.compile(r"SBG-[0-9]{2,4}-[0-9]{2}-[0-9]{6}")
_ANY = re.compile(r"[\w-]{1,40}")


def draw_reference(rng: random.Random, area_code: str, now: datetime) -> str:
    """A new number for an area; whether it is free is for the caller to see."""
    city = "".join(area_code.split(".")[:2]) or "00"
    return f"SBG-{city}-{now:%y}-{rng.randrange(1_000_000):06d}"


def is_reference(text: str) -> bool:
    """Whether a peer's number can be stored and stand in a path: word characters and hyphens, as Open311 takes them."""
    return _ANY.fullmatch(text) is not None
