"""Numbers and sizes as the reader's language writes them, and the scale of a chart."""

from __future__ import annotations

import math

from babel.numbers import format_decimal

KILOBYTE = 1000


def number(value: float, language: str) -> str:
    """`12.345` in Indonesian, `12,345` in English."""
    return str(format_decimal(value, locale=language))


def short_number(value: float, language: str) -> str:
    """Four figures at most: `1,2 rb` and `3,4 jt` in Indonesian, `1.2K` and `3.4M` in English."""
    for size, word_id, word_en in ((1_000_000, " jt", "M"), (1_000, " rb", "K")):
        if abs(value) >= size:
            # Cut, not rounded: 999,999 followers are not a million.
            cut = math.trunc(value / size * 10) / 10 if abs(value) < size * 100 else math.trunc(value / size)
            return number(cut, language) + (word_id if language == "id" else word_en)
    return number(value, language)


def file_size(size: int, language: str) -> str:
    """`48 KB`, `1,2 MB`."""
    if size < KILOBYTE * KILOBYTE:
        return f"{number(max(1, round(size / KILOBYTE)), language)} KB"
    return f"{number(round(size / KILOBYTE / KILOBYTE, 1), language)} MB"


def top_of_scale(largest: float) -> float:
    """The next round number (1, 2, 2.5 or 5 times a power of ten) that holds the largest value of a chart."""
    if largest <= 0:
        return 1
    power = 10 ** math.floor(math.log10(largest))
    return next(float(step * power) for step in (1, 2, 2.5, 5, 10) if largest <= step * power)
