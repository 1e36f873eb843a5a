"""Pictures for those who have set none: initials on a tinted ground, and a banner of kawung batik.

Drawn from the name alone, always the same. Names share pictures: there are as many as initials times tints,
so that a browser holds many of them after one page.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import unicodedata
from typing import TYPE_CHECKING

from sebangsa.media.store import MediaStore, derived_key

if TYPE_CHECKING:
    from PIL import ImageDraw
    from PIL.Image import Image

# A change of the drawing needs a new version: what a key stands for is cached for good.
_VERSION = "1"

# Each is dark enough that white letters on it have a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3).
_TINTS: tuple[tuple[int, int, int], ...] = (
    (176, 58, 46), (155, 74, 12), (122, 92, 0), (76, 110, 16), (22, 117, 66), (0, 115, 105),
    (0, 108, 140), (29, 94, 179), (79, 78, 190), (123, 66, 168), (158, 52, 130), (172, 50, 84),
)  # fmt: skip

AVATAR_SIDE = 400
BANNER_SIZE = (1200, 400)


async def placeholder_avatar(store: MediaStore, name: str) -> str:
    """Media key of the avatar for this name (WebP, 400 px, about 2 KB), drawn when first asked for."""
    initials, tint = _initials(name), _tint(name)
    key = derived_key("avatar", _VERSION, initials, str(tint), extension="webp")
    if await store.get(key) is None:
        await store.put(key, await asyncio.to_thread(_avatar, initials, tint, AVATAR_SIDE), "image/webp")
    return key


async def placeholder_banner(store: MediaStore, name: str) -> str:
    """Media key of the banner for this name (WebP, 1200 × 400, about 2 KB), drawn when first asked for."""
    tint = _tint(name)
    key = derived_key("banner", _VERSION, str(tint), extension="webp")
    if await store.get(key) is None:
        await store.put(key, await asyncio.to_thread(_banner, tint), "image/webp")
    return key


def draw_avatar(name: str, side: int = AVATAR_SIDE) -> bytes:
    """The avatar's WebP bytes. Blocking, a few milliseconds."""
    return _avatar(_initials(name), _tint(name), side)


def draw_banner(name: str) -> bytes:
    """The banner's WebP bytes. Blocking."""
    return _banner(_tint(name))


def _tint(name: str) -> int:
    return hashlib.sha256(name.strip().casefold().encode("utf-8", "replace")).digest()[0] % len(_TINTS)


def _initials(name: str) -> str:
    """First letters of the first and the last word, in capitals; empty when they are not Latin."""
    words = ["".join(c for c in word if c.isalpha()) for word in unicodedata.normalize("NFKD", name).split()]
    letters = [word[0].upper() for word in words if word]
    chosen = "".join([letters[0], *letters[1:][-1:]]) if letters else ""
    # The built-in font knows ASCII only (É was taken apart to E above): other scripts get the batik flower
    # instead of empty boxes.
    return chosen if chosen.isascii() else ""


def _avatar(initials: str, tint: int, side: int) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    large = side * 2  # drawn double and shrunk: soft edges
    image = Image.new("RGB", (large, large), _TINTS[tint])
    pen = ImageDraw.Draw(image)
    if initials:
        font = ImageFont.load_default(large * (0.5 if len(initials) == 1 else 0.42))
        pen.text((large / 2, large / 2), initials, fill="white", font=font, anchor="mm")
    else:
        _flower(pen, large / 2, large / 2, large * 0.36, (255, 255, 255), _TINTS[tint])
    return _packed(image.resize((side, side), Image.Resampling.LANCZOS))


def _banner(tint: int) -> bytes:
    from PIL import Image, ImageDraw

    # One tile drawn once and repeated: equal pixels are what lossless WebP packs best.
    tile_side = 100
    ground = _TINTS[tint]
    petal, core = _mixed(ground, (255, 255, 255), 0.16), _mixed(ground, (0, 0, 0), 0.18)
    tile = Image.new("RGB", (tile_side * 4, tile_side * 4), ground)
    _flower(ImageDraw.Draw(tile), tile_side * 2, tile_side * 2, tile_side * 2.8, petal, core)
    tile = tile.resize((tile_side, tile_side), Image.Resampling.LANCZOS)
    banner = Image.new("RGB", BANNER_SIZE)
    for left in range(0, BANNER_SIZE[0], tile_side):
        for top in range(0, BANNER_SIZE[1], tile_side):
            banner.paste(tile, (left, top))
    return _packed(banner)


def _mixed(one: tuple[int, ...], other: tuple[int, ...], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _flower(
    pen: ImageDraw.ImageDraw,
    x: float,
    y: float,
    reach: float,
    petal: tuple[int, int, int],
    core: tuple[int, int, int],
) -> None:
    """The kawung motif: four petals from a centre to the corners, each with two seeds."""
    from math import cos, pi, sin

    for quarter in range(4):
        turn = pi / 4 + quarter * pi / 2
        outline = []
        for step in range(48):
            angle = step * pi / 24
            along, across = reach * (0.53 + 0.45 * cos(angle)), reach * 0.3 * sin(angle)
            outline.append(
                (x + along * cos(turn) - across * sin(turn), y + along * sin(turn) + across * cos(turn))
            )
        pen.polygon(outline, fill=petal)
        for distance in (0.38, 0.68):
            seed_x, seed_y, size = (
                x + reach * distance * cos(turn),
                y + reach * distance * sin(turn),
                reach * 0.055,
            )
            pen.ellipse((seed_x - size, seed_y - size, seed_x + size, seed_y + size), fill=core)


def _packed(image: Image) -> bytes:
    """Lossless WebP of few colours: smaller and sharper for a flat drawing than a photograph's encoding."""
    buffer = io.BytesIO()
    image.quantize(8).convert("RGB").save(buffer, "WEBP", lossless=True, quality=100, method=4)
    return buffer.getvalue()
