"""Pictures for the tests of media, drawn on the spot."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from sebangsa.media.images import EncodedImage


def photo(width: int = 800, height: int = 600) -> Image.Image:
    """Red on the left, blue on the right, a white bar on top: which way is up can be seen."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    pen = ImageDraw.Draw(image)
    pen.rectangle((width // 2, 0, width, height), fill=(30, 30, 200))
    pen.rectangle((0, 0, width, height // 8), fill="white")
    return image


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def opened(image: EncodedImage) -> Image.Image:
    made = Image.open(io.BytesIO(image.data))
    assert made.size == (image.width, image.height)
    assert made.get_format_mimetype() == image.content_type
    return made
