"""Uploads become new pictures of our own making: upright, small, and with nothing beside the pixels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw, PngImagePlugin

from sebangsa.media.images import FEED_BUDGET, process_avatar, process_banner, process_image
from tests.sebangsa.media_pictures import encoded, opened, photo


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
async def test_a_photo_of_each_kind_comes_out_in_three_sizes(image_format: str) -> None:
    made = await process_image(encoded(photo(2400, 1800), image_format))
    sizes = {name: (size.width, size.height) for name, size in made.variants.items()}
    assert sizes == {"original": (1920, 1440), "feed": (640, 480), "thumbnail": (320, 240)}
    assert made.original.content_type == "image/jpeg"
    assert made.feed.content_type == made.thumbnail.content_type == "image/webp"
    for variant in made.variants.values():
        left, right = (
            opened(variant).convert("RGB").getpixel((variant.width * x // 4, variant.height // 2))
            for x in (1, 3)
        )
        assert left[0] > 150 > left[2]
        assert right[2] > 150 > right[0]
    assert len(made.blurhash) == 28
    assert made.gps is None


async def test_a_small_picture_is_not_enlarged() -> None:
    made = await process_image(encoded(photo(100, 50), "PNG"))
    assert {(size.width, size.height) for size in made.variants.values()} == {(100, 50)}


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
async def test_odd_shapes_keep_at_least_one_pixel(size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", size, "green"), "PNG")
    for made in (await process_image(data), await process_avatar(data), await process_banner(data)):
        for variant in made.variants.values():
            opened(variant).load()
        assert made.blurhash


async def test_a_busy_feed_picture_keeps_to_its_budget() -> None:
    noisy = Image.effect_noise((320, 240), 60).convert("RGB").resize((2560, 1920))
    made = await process_image(encoded(noisy, "JPEG", quality=90))
    assert made.feed.size <= FEED_BUDGET


async def test_glass_stays_glass_and_hidden_opaque_alpha_becomes_jpeg() -> None:
    glass = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    ImageDraw.Draw(glass).ellipse((50, 50, 250, 250), fill=(0, 128, 0, 255))
    made = await process_image(encoded(glass, "PNG"))
    assert made.original.content_type == "image/webp"
    assert opened(made.original).convert("RGBA").getpixel((2, 2))[3] == 0
    opaque = await process_image(encoded(photo(300, 300).convert("RGBA"), "PNG"))
    assert opaque.original.content_type == "image/jpeg"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
async def test_every_colour_mode_comes_out_right(mode: str) -> None:
    grey = Image.new("L", (64, 64), 128)
    image = Image.new("I;16", (64, 64), 128 * 256) if mode == "I;16" else grey.convert("RGB").convert(mode)
    made = await process_image(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    value = opened(made.original).convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert abs(value - 128) <= 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
async def test_s104_pictures_are_turned_upright_before_their_exif_goes(
    orientation: int, image_format: str
) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose that lays the picture down
    upright = photo(400, 300)
    laid = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = await process_image(encoded(laid, image_format, exif=exif))
    for variant in made.variants.values():
        picture = opened(variant).convert("RGB")
        assert picture.width > picture.height
        assert min(picture.getpixel((picture.width // 2, 3))) > 200  # the white bar is on top
        assert picture.getpixel((10, picture.height // 2))[0] > 150
        assert not picture.getexif()


def exif_full_of_secrets() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x013B] = "SECRET description", "SECRET maker", "SECRET artist"
    exif.get_ifd(ExifTags.IFD.Exif)[0xA431] = "SECRET-serial"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "S", 2: (6.0, 10.0, 31.5), 3: "E", 4: (106.0, 49.0, 37.8), 29: "SECRET-date"}
    )
    return exif


def jpeg_full_of_secrets() -> bytes:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET xmp</x:xmpmeta>'
    return encoded(
        photo(),
        "JPEG",
        exif=exif_full_of_secrets(),
        comment=b"SECRET comment",
        icc_profile=profile(),
        xmp=xmp,
    )


def png_full_of_secrets() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SECRET text")
    text.add_text("Comment", "SECRET packed", zip=True)
    text.add_itxt("XML:com.adobe.xmp", "SECRET xmp")
    return encoded(photo(), "PNG", exif=exif_full_of_secrets(), pnginfo=text, icc_profile=profile())


def webp_full_of_secrets() -> bytes:
    return encoded(photo(), "WEBP", exif=exif_full_of_secrets(), xmp=b"SECRET xmp", icc_profile=profile())


def avif_full_of_secrets() -> bytes:
    return encoded(photo(), "AVIF", exif=exif_full_of_secrets(), xmp=b"SECRET xmp", icc_profile=profile())


def gif_full_of_secrets() -> bytes:
    return encoded(
        photo(), "GIF", comment=b"SECRET comment", save_all=True, append_images=[photo().rotate(180)]
    )


def glass_full_of_secrets() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SECRET text")
    return encoded(
        Image.new("RGBA", (90, 90), (9, 9, 9, 90)), "PNG", exif=exif_full_of_secrets(), pnginfo=text
    )


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("make", "has_place"),
    [
        (jpeg_full_of_secrets, True),
        (png_full_of_secrets, True),
        (webp_full_of_secrets, True),
        (avif_full_of_secrets, True),
        (glass_full_of_secrets, True),
        (gif_full_of_secrets, False),
    ],
)
async def test_s104_nothing_beside_the_pixels_is_in_any_size(
    make: Callable[[], bytes], has_place: bool
) -> None:
    data = make()
    assert b"SECRET" in data
    made = await process_image(data)
    assert made.gps == ((-6.175417, 106.827167) if has_place else None)
    avatar, banner = await process_avatar(data), await process_banner(data)
    outputs = [*made.variants.values(), *avatar.variants.values(), *banner.variants.values()]
    assert len(outputs) == 7
    for output in outputs:
        for trace in (
            b"SECRET",
            b"Exif",
            b"EXIF",
            b"XMP ",
            b"xmp",
            b"ICCP",
            b"ICC_PROFILE",
            b"iCCP",
            b"tEXt",
            b"\xff\xfe",
        ):
            # Pixels can hold two given bytes by chance: a JPEG's comment is looked for in its head.
            assert trace not in (output.data[:600] if len(trace) == 2 else output.data), trace
        picture = opened(output)
        assert not picture.getexif()
        # What is left in `info` is the encoding's own.
        assert set(picture.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
            "loop",
            "background",
            "timestamp",
            "duration",
        }


@pytest.mark.parametrize(
    ("latitude", "longitude", "refs", "place"),
    [
        ((6.0, 10.0, 0.0), (106.0, 49.0, 0.0), ("S", "E"), (-6.166667, 106.816667)),
        ((33.0, 51.0, 0.0), (151.0, 12.0, 36.0), ("S", "W"), (-33.85, -151.21)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), ("N", "E"), None),
        ((96.0, 0.0, 0.0), (10.0, 0.0, 0.0), ("N", "E"), None),
        ((6.0, 10.0), (106.0, 49.0), ("S", "E"), None),
    ],
)
async def test_the_place_is_offered_only_when_it_can_be_one(latitude, longitude, refs, place) -> None:  # type: ignore[no-untyped-def]
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: refs[0], 2: latitude, 3: refs[1], 4: longitude})
    assert (await process_image(encoded(photo(60, 40), "JPEG", exif=exif))).gps == place


async def test_broken_exif_spoils_neither_picture_nor_request() -> None:
    for rubbish in (
        b"Exif\x00\x00" + b"\xff" * 400,
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff",
        b"Exif\x00\x00",
    ):
        made = await process_image(encoded(photo(60, 40), "JPEG", exif=rubbish))
        assert (made.gps, made.original.width) == (None, 60)


def swapped_profile() -> bytes:
    """A profile of our own making, in which red light is called blue."""
    made = profile().replace(b"\x00s\x00R\x00G\x00B", b"\x00x\x00R\x00G\x00B")
    return made.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


@pytest.mark.parametrize(
    ("icc", "is_red"),
    [(profile(), True), (swapped_profile(), False), (b"\x00" * 200, True)],
)
async def test_colours_are_converted_by_their_profile_unless_that_is_broken(icc: bytes, is_red: bool) -> None:
    made = await process_image(encoded(photo(64, 64), "PNG", icc_profile=icc))
    red, _, blue = opened(made.original).getpixel((10, 40))
    assert (red > blue) == is_red


async def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    made = opened((await process_image(data)).original)
    assert getattr(made, "n_frames", 1) == 1
    assert made.convert("RGB").getpixel((20, 20))[0] > 200


async def test_of_a_phones_double_picture_the_first_is_kept() -> None:
    data = encoded(
        photo(2400, 1800), "MPO", save_all=True, append_images=[Image.new("RGB", (300, 200), "green")]
    )
    made = await process_image(data)
    assert (made.original.width, made.original.height) == (1920, 1440)
    assert opened(made.original).getpixel((100, 1000))[0] > 150


async def test_avatars_are_squares_of_the_middle() -> None:
    made = await process_avatar(encoded(photo(1200, 600), "JPEG"))
    assert [(v.width, v.height, v.content_type) for v in made.variants.values()] == [
        (400, 400, "image/webp"),
        (48, 48, "image/webp"),
    ]
    assert made.small.size <= 1500
    left, right = (opened(made.large).convert("RGB").getpixel((x, 300)) for x in (40, 360))
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]


async def test_banners_are_three_to_one() -> None:
    made = await process_banner(encoded(photo(3000, 2000), "JPEG"))
    assert (made.large.width, made.large.height) == (1500, 500)
    assert made.small.width == 640
