"""Scores by which posts are ordered, computed when something changes and stored."""

from __future__ import annotations

import math
from datetime import datetime

HALF_DAY = 45_000.0
"""Seconds by which a post must be younger to weigh as much as one with ten times its score."""


def hot_score(score: int, created_at: datetime) -> float:
    """Newer and better liked is higher. Needs no refresh as time passes: all posts age alike.

    The logarithm lets the first ten votes weigh as much as the next ninety.
    """
    order = math.copysign(math.log10(max(abs(score), 1)), score)
    return order + created_at.timestamp() / HALF_DAY
