"""What the demo's drawn photographs are made of: sky, ground, houses, trees, people."""

from __future__ import annotations

import io
from collections.abc import Sequence
from random import Random

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

WIDTH, HEIGHT = 640, 480

_SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((122, 190, 232), (226, 240, 244)),
    ((150, 170, 190), (218, 222, 224)),
    ((250, 178, 112), (253, 226, 190)),
    ((108, 160, 208), (250, 222, 186)),
)
_WALLS: tuple[Colour, ...] = (
    (238, 214, 170),
    (196, 222, 206),
    (232, 184, 164),
    (204, 212, 232),
    (245, 236, 214),
)
_ROOFS: tuple[Colour, ...] = ((176, 82, 54), (150, 66, 48), (124, 74, 60), (98, 100, 110))
_LEAVES: tuple[Colour, ...] = ((58, 124, 66), (84, 144, 70), (42, 104, 72), (112, 152, 62))
_SKINS: tuple[Colour, ...] = ((198, 146, 104), (172, 118, 80), (150, 100, 66), (214, 164, 122))
CLOTHES: tuple[Colour, ...] = (
    (200, 58, 62), (232, 160, 44), (46, 116, 178), (56, 140, 104),
    (134, 84, 160), (240, 240, 234), (64, 70, 88),
)  # fmt: skip


class Canvas:
    """A picture in the making, in coordinates of the finished 640 × 480; drawn double for soft edges."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._scale = 2
        self._image = Image.new("RGB", (WIDTH * self._scale, HEIGHT * self._scale))
        self._pen = ImageDraw.Draw(self._image)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        self._pen.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=colour)

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: Colour, radius: float = 0
    ) -> None:
        corners = (left * self._scale, top * self._scale, right * self._scale, bottom * self._scale)
        self._pen.rounded_rectangle(corners, radius * self._scale, fill=colour)

    def disc(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """An ellipse around (x, y); `wide` and `high` are half its size."""
        s = self._scale
        self._pen.ellipse(((x - wide) * s, (y - high) * s, (x + wide) * s, (y + high) * s), fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        self._pen.line(scaled, fill=colour, width=max(1, round(width * self._scale)), joint="curve")

    def blob(
        self, x: float, y: float, wide: float, high: float, colour: Colour, roughness: float = 0.18
    ) -> None:
        """An ellipse with an uneven edge."""
        from math import cos, pi, sin

        points = []
        for step in range(22):
            reach = 1 + self.rng.uniform(-roughness, roughness)
            angle = step * pi / 11
            points.append((x + wide * reach * cos(angle), y + high * reach * sin(angle)))
        self.shape(points, colour)

    def fade(self, top: float, bottom: float, above: Colour, below: Colour) -> None:
        """The full width between two heights, from one colour to another."""
        for row in range(round(top * self._scale), round(bottom * self._scale)):
            share = (row / self._scale - top) / (bottom - top)
            self._pen.line(((0, row), (WIDTH * self._scale, row)), fill=mixed(above, below, share))

    def sky(self, horizon: float, *, night: bool = False) -> None:
        above, below = ((18, 26, 52), (52, 62, 96)) if night else self.rng.choice(_SKIES)
        self.fade(0, horizon, above, below)
        if not night:
            for _ in range(self.rng.randint(1, 4)):
                x, y = self.rng.uniform(40, 600), self.rng.uniform(30, horizon * 0.45)
                for _ in range(4):
                    self.disc(
                        x + self.rng.uniform(-40, 40),
                        y + self.rng.uniform(-6, 6),
                        34,
                        11,
                        mixed(below, WHITE, 0.6),
                    )

    def road(self, horizon: float, *, half_width: float = 300, colour: Colour = (96, 98, 104)) -> None:
        """A road that runs away from the viewer, with verges."""
        self.fade(horizon, HEIGHT, (134, 160, 104), (104, 138, 84))
        middle = 320 + self.rng.uniform(-30, 30)
        self.shape(
            (
                (middle - 26, horizon),
                (middle + 26, horizon),
                (320 + half_width, HEIGHT),
                (320 - half_width, HEIGHT),
            ),
            colour,
        )
        for start in range(6):
            near, far = (start / 6) ** 1.8, ((start + 0.45) / 6) ** 1.8
            top, bottom = horizon + (HEIGHT - horizon) * near, horizon + (HEIGHT - horizon) * far
            x_top, x_bottom = middle + (320 - middle) * near, middle + (320 - middle) * far
            self.shape(
                (
                    (x_top - 1 - 5 * near, top),
                    (x_top + 1 + 5 * near, top),
                    (x_bottom + 1 + 5 * far, bottom),
                    (x_bottom - 1 - 5 * far, bottom),
                ),
                (226, 222, 206),
            )

    def house(self, left: float, ground: float, width: float) -> None:
        high = width * self.rng.uniform(0.5, 0.7)
        wall, roof = self.rng.choice(_WALLS), self.rng.choice(_ROOFS)
        self.box(left, ground - high, left + width, ground, wall)
        eave = ground - high
        self.shape(
            (
                (left - width * 0.1, eave),
                (left + width * 1.1, eave),
                (left + width * 0.8, eave - high * 0.6),
                (left + width * 0.2, eave - high * 0.6),
            ),
            roof,
        )
        door = left + width * self.rng.choice((0.15, 0.42, 0.68))
        self.box(door, ground - high * 0.62, door + width * 0.18, ground, mixed(roof, (40, 30, 26), 0.4))
        for place in (0.12, 0.4, 0.7):
            if abs(left + width * place - door) > width * 0.2:
                self.box(
                    left + width * place,
                    ground - high * 0.62,
                    left + width * (place + 0.18),
                    ground - high * 0.3,
                    (92, 124, 142),
                )

    def row_of_houses(self, ground: float, width: float = 110) -> None:
        left = -self.rng.uniform(0, 60)
        while left < WIDTH:
            if self.rng.random() < 0.25:
                self.palm(left + 40, ground, width * 1.3)
                left += width * 0.6
            else:
                self.house(left, ground, width * self.rng.uniform(0.8, 1.15))
                left += width * self.rng.uniform(1.15, 1.4)

    def tree(self, x: float, ground: float, high: float) -> None:
        self.box(x - high * 0.05, ground - high * 0.5, x + high * 0.05, ground, (110, 82, 58))
        leaf = self.rng.choice(_LEAVES)
        for share in (0.0, 0.12, 0.24):
            for _ in range(3):
                self.blob(
                    x + self.rng.uniform(-0.22, 0.22) * high,
                    ground - high * self.rng.uniform(0.55, 0.85),
                    high * 0.2,
                    high * 0.17,
                    mixed(leaf, (236, 232, 130), share),
                )

    def palm(self, x: float, ground: float, high: float) -> None:
        lean = self.rng.uniform(-0.12, 0.12) * high
        self.line(
            ((x, ground), (x + lean * 0.4, ground - high * 0.5), (x + lean, ground - high)),
            (126, 98, 70),
            high * 0.045,
        )
        leaf = self.rng.choice(_LEAVES)
        for side in (-1, 1):
            for droop in (-0.12, 0.05, 0.22):
                tip = (x + lean + side * high * 0.36, ground - high + droop * high)
                bend = (x + lean + side * high * 0.18, ground - high * 1.08 + droop * high * 0.35)
                self.line(((x + lean, ground - high), bend, tip), leaf, high * 0.04)

    def person(self, x: float, feet: float, high: float) -> None:
        skin, shirt = self.rng.choice(_SKINS), self.rng.choice(CLOTHES)
        trousers = mixed(self.rng.choice(CLOTHES), (40, 44, 60), 0.6)
        for side in (-1, 1):
            self.line(
                ((x + side * high * 0.05, feet - high * 0.42), (x + side * high * 0.07, feet)),
                trousers,
                high * 0.09,
            )
            self.line(
                ((x + side * high * 0.12, feet - high * 0.74), (x + side * high * 0.17, feet - high * 0.44)),
                skin,
                high * 0.06,
            )
        self.box(x - high * 0.13, feet - high * 0.79, x + high * 0.13, feet - high * 0.38, shirt, high * 0.06)
        hair = (44, 36, 34)
        veil = self.rng.random() < 0.35
        if veil:
            self.disc(x, feet - high * 0.85, high * 0.115, high * 0.14, self.rng.choice(CLOTHES))
        else:
            self.disc(x, feet - high * 0.91, high * 0.09, high * 0.085, hair)
        self.disc(x, feet - high * 0.875, high * 0.07, high * 0.08, skin)

    def jpeg(self) -> bytes:
        """The finished picture: softened and a little grained like a cheap phone's, always below 40 KB."""
        small = self._image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).filter(
            ImageFilter.GaussianBlur(0.4)
        )
        dots = Image.frombytes("L", (WIDTH // 2, HEIGHT // 2), self.rng.randbytes(WIDTH * HEIGHT // 4))
        grain = dots.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR).convert("RGB")
        grained = Image.blend(small, grain, 0.025)
        data = b""
        for quality in (72, 60, 48, 36):
            buffer = io.BytesIO()
            grained.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
            data = buffer.getvalue()
            if len(data) < 40_000:
                break
        return data


WHITE: Colour = (255, 255, 255)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two: 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
