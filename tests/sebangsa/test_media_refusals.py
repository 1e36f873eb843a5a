"""Uploads that are no pictures, or pictures made to harm, are refused with a sentence."""

from __future__ import annotations

import subprocess
import sys
import time
import zlib

import pytest
from PIL import Image, PngImagePlugin

from sebangsa.errors import ProductError
from sebangsa.media.images import ImageLimits, MediaRefused, process_image
from sebangsa.media.opening import IMAGE_REFUSALS
from tests.sebangsa.media_pictures import encoded, photo


async def refusal(data: bytes, limits: ImageLimits | None = None) -> str:
    with pytest.raises(MediaRefused) as caught:
        await (process_image(data, limits=limits) if limits else process_image(data))
    assert caught.value.status == 422
    assert caught.value.sentence == IMAGE_REFUSALS[caught.value.code]
    return caught.value.code


def patched_jpeg(width: int, height: int, *, progressive: bool = False) -> bytes:
    """A small JPEG whose header claims another size."""
    data = bytearray(encoded(photo(64, 64), "JPEG", progressive=progressive))
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    data[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def patched_png(width: int, height: int) -> bytes:
    data = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def patched_gif() -> bytes:
    return b"GIF89a" + b"\xff\xff\xff\xff" + encoded(photo(8, 8), "GIF")[10:]


def patched_webp(kind: str) -> bytes:
    if kind == "VP8X":
        data = bytearray(
            encoded(Image.new("RGBA", (8, 8), (1, 2, 3, 4)), "WEBP", exif=b"Exif\x00\x00II*\x00")
        )
        data[24:30] = b"\xfe\x3f\x00\xfe\x3f\x00"
    elif kind == "VP8L":
        data = bytearray(encoded(photo(8, 8), "WEBP", lossless=True))
        data[21:25] = (0x3FFF | 0x3FFF << 14).to_bytes(4, "little")
    else:
        data = bytearray(encoded(photo(8, 8), "WEBP"))
        data[26:30] = b"\xff\x3f\xff\x3f"
    assert kind.encode() in data
    return bytes(data)


def patched_avif() -> bytes:
    data = bytearray(encoded(photo(64, 64), "AVIF"))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = (16000).to_bytes(4, "big") * 2
    return bytes(data)


BOMBS = {
    "png": lambda: patched_png(60_000, 60_000),
    "jpeg": lambda: patched_jpeg(65_500, 65_500),
    "progressive-jpeg": lambda: patched_jpeg(7000, 7000, progressive=True),
    "gif": patched_gif,
    "webp": lambda: patched_webp("VP8 "),
    "webp-lossless": lambda: patched_webp("VP8L"),
    "webp-extended": lambda: patched_webp("VP8X"),
    "avif": patched_avif,
}


@pytest.mark.parametrize("name", BOMBS)
async def test_s099_a_bomb_is_refused_by_its_size_at_once(name: str) -> None:
    started = time.process_time()  # not by the clock: the machine may be busy elsewhere
    assert await refusal(BOMBS[name]()) == "too-many-pixels"
    assert time.process_time() - started < 0.5


def test_s099_bombs_leave_memory_flat() -> None:
    script = (
        "import resource, sys\n"
        "from sebangsa.media.opening import DEFAULT_LIMITS, MediaRefused, open_image\n"
        "from PIL import Image\n"
        "Image.init()\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "bombs = [bytes.fromhex(line) for line in sys.stdin.read().split()]\n"
        "before, refused = peak(), 0\n"
        "for bomb in bombs:\n"
        "    try: open_image(bomb, DEFAULT_LIMITS, 1920)\n"
        "    except MediaRefused: refused += 1\n"
        "print(refused, (peak() - before) // 1024)\n"
    )
    bombs = "\n".join(make().hex() for make in BOMBS.values())
    done = subprocess.run(
        [sys.executable, "-c", script], input=bombs, capture_output=True, text=True, check=True
    )
    refused, grown_mib = map(int, done.stdout.split())
    assert refused == len(BOMBS) == 8
    assert grown_mib < 24


async def test_s099_a_gif_of_ten_thousand_frames_costs_one() -> None:
    frames = [Image.new("P", (8, 8), index % 2) for index in range(10_000)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    started = time.process_time()
    await process_image(data)
    assert time.process_time() - started < 1


async def test_s099_huge_exif_profiles_and_texts_cost_little() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("bomb", "A" * 60_000_000, zip=True)
    huge_profile = encoded(photo(8, 8), "PNG", icc_profile=b"\x00" * 9_000_000)
    huge_exif = encoded(photo(8, 8), "PNG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + b"\xff" * 9_000_000)
    started = time.process_time()
    assert await refusal(encoded(photo(8, 8), "PNG", pnginfo=text)) == "broken-image"
    for data in (huge_profile, huge_exif):
        try:
            await process_image(data)
        except MediaRefused as refused:
            assert refused.code == "broken-image"  # noqa: PT017 - either way is right, a crash is not
    assert time.process_time() - started < 2


async def test_s103_a_jpeg_of_endless_scans_is_refused_unread() -> None:
    whole = encoded(Image.new("RGB", (5000, 5000), (90, 120, 60)), "JPEG", progressive=True)
    last_scan = whole[whole.rindex(b"\xff\xda") : -2]
    film = b"\x00\x00\x00\x18ftypmp42" + b"\xff\xda\x00\x08" * 1000  # a phone's moving picture
    assert (await process_image(whole + film)).original.width == 1920
    started = time.process_time()
    assert await refusal(whole[:-2] + last_scan * 300 + b"\xff\xd9") == "broken-image"
    assert time.process_time() - started < 0.5


async def test_limits_are_bytes_and_pixels() -> None:
    data = encoded(photo(200, 100), "PNG")
    assert await refusal(data, ImageLimits(max_bytes=len(data) - 1)) == "too-large"
    assert await refusal(data, ImageLimits(max_pixels=19_999)) == "too-many-pixels"
    assert (await process_image(data, limits=ImageLimits(len(data), 20_000))).original.width == 200


async def test_s099_a_large_jpeg_that_is_not_read_row_by_row_is_refused() -> None:
    image = Image.new("RGB", (7000, 7000), (90, 120, 60))
    assert await refusal(encoded(image, "JPEG", progressive=True)) == "too-many-pixels"
    a_colour_at_a_time = bytearray(patched_jpeg(7000, 7000))
    at = a_colour_at_a_time.index(b"\xff\xda")
    a_colour_at_a_time[at : at + 14] = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    assert await refusal(bytes(a_colour_at_a_time)) == "too-many-pixels"


async def test_a_fifty_megapixel_phone_photo_is_taken() -> None:
    made = await process_image(encoded(Image.new("RGB", (8160, 6120), (90, 120, 60)), "JPEG"))
    assert (made.original.width, made.original.height) == (1920, 1440)


NOT_PICTURES = {
    "nothing": (b"", "empty"),
    "html": (b"<!doctype html><script>alert(1)</script>", "not-an-image"),
    "xml": (b'<?xml version="1.0"?><x/>', "not-an-image"),
    "json": (b'{"type":"Create","actor":"https://good.example/u/victim"}', "not-an-image"),
    "pdf": (b"%PDF-1.7\n", "not-an-image"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not-an-image"),
    "playlist": (b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nconcat:file:///etc/passwd\n", "not-an-image"),
    "tiff": (b"II*\x00" + b"\x00" * 40, "not-an-image"),
    "bmp": (b"BM" + b"\x00" * 60, "not-an-image"),
    "mp4": (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "not-an-image"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heic"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "svg"),
    "svg-upper": (b"<?xml version='1.0'?>\n<!-- x --><SVG onload=alert(1)>", "svg"),
    "html-after-jpeg-mark": (b"\xff\xd8\xff\xe0<script>alert(1)</script>", "broken-image"),
    "png-head-only": (b"\x89PNG\r\n\x1a\n", "broken-image"),
    "gif-head-only": (b"GIF89a/*", "broken-image"),
    "webp-head-only": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "broken-image"),
    "avif-head-only": (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif", "broken-image"),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
async def test_s100_what_is_no_picture_is_refused_whatever_it_is_called(name: str) -> None:
    data, code = NOT_PICTURES[name]
    assert await refusal(data) == code


async def test_s100_of_a_picture_that_is_also_a_page_only_the_picture_is_left() -> None:
    for data in (
        encoded(photo(), "JPEG", comment=b"*/=alert(1)/*<script>alert(1)</script>")
        + b"<script>alert(2)</script>",
        encoded(photo(), "PNG") + b"<html><script>alert(3)</script>PK\x03\x04",
    ):
        made = await process_image(data)
        assert all(
            b"script" not in variant.data and b"alert" not in variant.data
            for variant in made.variants.values()
        )


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
async def test_s103_damaged_files_are_refused_or_repaired_never_a_crash(image_format: str) -> None:
    from random import Random

    rng = Random(image_format)
    whole = encoded(photo(160, 120), image_format)
    refused = 0
    for round_ in range(60):
        data = bytearray(whole[: rng.randrange(8, len(whole))] if round_ % 3 == 0 else whole)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(4, len(data))] = rng.randrange(256)
        try:
            await process_image(bytes(data))
        except ProductError as error:
            assert error.code in IMAGE_REFUSALS  # noqa: PT017
            refused += 1
    assert refused > 5
