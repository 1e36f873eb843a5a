"""Pictures that we draw: placeholders for the faceless, photographs for the demo."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from PIL import Image

from sebangsa.media.generated_photos import SCENES, draw_photo, generated_photo
from sebangsa.media.images import process_image
from sebangsa.media.local_store import LocalStore
from sebangsa.media.placeholder import draw_avatar, draw_banner, placeholder_avatar, placeholder_banner

_DOCUMENTS = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


NAMES = [
    "Ani Wijaya",
    "budi",
    "Éva Ørsted",
    "Warga RT 03 Kelurahan Menteng",
    "山田太郎",
    "ꦗꦮ",
    "محمد",
    "",
    "  ",
    "🙂",
    "1 2",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_placeholder_is_tiny_and_always_the_same(name: str) -> None:
    avatar, small, banner = draw_avatar(name), draw_avatar(name, 48), draw_banner(name)
    assert (opened(avatar).size, opened(small).size, opened(banner).size) == (
        (400, 400),
        (48, 48),
        (1200, 400),
    )
    assert len(avatar) < 4000
    assert len(small) < 600
    assert len(banner) < 4000
    assert draw_avatar(name) == avatar
    # Something is drawn on the ground, and white letters can be read on it (WCAG contrast of 4.5).
    ground = opened(avatar).convert("RGB").getpixel((5, 5))
    assert 1.05 / (luminance(ground) + 0.05) >= 4.5
    assert len(opened(avatar).convert("RGB").getcolors() or []) > 2


def luminance(colour: tuple[int, int, int]) -> float:
    linear = [(c / 255 / 12.92) if c / 255 <= 0.04 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


async def test_names_with_the_same_letters_share_a_picture(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, "https://warga.example")
    keys = {await placeholder_avatar(store, f"Ani Nomor {number}") for number in range(200)}
    banners = {await placeholder_banner(store, f"Ani Nomor {number}") for number in range(200)}
    assert len(keys) == len(banners) == 12  # one for each tint
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 24
    stored = await store.get(await placeholder_avatar(store, "Ani Nomor 1"))
    assert stored is not None
    assert stored.data == draw_avatar("ani nomor 1")


@pytest.mark.skipif(not _DOCUMENTS, reason="SEBANGSA_TEST_DOCUMENTS is not set")
def test_every_naughty_name_gets_a_placeholder() -> None:
    names = json.loads((Path(_DOCUMENTS) / "badinput/naughty_strings/blns.json").read_text())
    assert len(names) == 515
    for name in names:
        assert draw_avatar(name, 48).startswith(b"RIFF")


@pytest.mark.parametrize("scene", SCENES)
async def test_a_demo_photo_is_small_and_plausible_and_varies_by_seed(scene: str) -> None:
    first, second = await generated_photo(scene, 1), draw_photo(scene, 2)
    assert draw_photo(scene, 1) == first != second
    for data in (first, second):
        image = opened(data)
        assert (image.format, image.size, len(data) < 40_000) == ("JPEG", (640, 480), True)
        assert len(image.quantize(64).getcolors() or []) > 30
    assert (await process_image(first)).original.width == 640


def test_there_are_enough_scenes_for_a_demo() -> None:
    assert len(SCENES) == 11
