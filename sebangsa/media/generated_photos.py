"""Photographs for the demo instance, drawn by code: no camera, no licence, no person in them.

`draw_photo(scene, seed)` gives the same bytes for the same seed and another view for another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random

from sebangsa.media.photo_canvas import CLOTHES, HEIGHT, WHITE, WIDTH, Canvas, mixed


async def generated_photo(scene: str, seed: int) -> bytes:
    """`draw_photo` in a thread."""
    return await asyncio.to_thread(draw_photo, scene, seed)


def draw_photo(scene: str, seed: int) -> bytes:
    """A JPEG of 640 × 480, below 40 KB. `scene` is a key of `SCENES`. Blocking, about 0.05 s."""
    canvas = Canvas(Random(f"{scene} {seed}"))
    SCENES[scene](canvas, canvas.rng)
    return canvas.jpeg()


def _street(canvas: Canvas, rng: Random, *, night: bool = False) -> float:
    horizon = rng.uniform(170, 215)
    canvas.sky(horizon, night=night)
    canvas.row_of_houses(horizon + 8, rng.uniform(80, 120))
    canvas.road(horizon)
    return horizon


def _pothole(canvas: Canvas, rng: Random) -> None:
    _street(canvas, rng)
    for _ in range(rng.randint(1, 3)):
        x, y = rng.uniform(210, 430), rng.uniform(300, 420)
        size = (y - 180) * rng.uniform(0.28, 0.42)
        canvas.blob(x, y, size * 1.15, size * 0.42, (74, 72, 72))
        canvas.blob(x, y + size * 0.03, size, size * 0.33, (92, 74, 58))
        if rng.random() < 0.6:
            canvas.blob(x, y + size * 0.08, size * 0.8, size * 0.2, (150, 146, 136))
            canvas.disc(x - size * 0.2, y + size * 0.04, size * 0.3, size * 0.04, (198, 206, 210))
    for _ in range(14):
        canvas.disc(
            rng.uniform(160, 480), rng.uniform(300, 460), rng.uniform(2, 5), rng.uniform(1, 3), (70, 68, 66)
        )


def _rubbish(canvas: Canvas, rng: Random) -> None:
    horizon = _street(canvas, rng)
    middle = rng.uniform(240, 400)
    canvas.disc(middle, 420, 210, 34, (84, 88, 76))
    for level in range(4):
        for _ in range(15 - level * 3):
            x = middle + rng.uniform(-1, 1) * (180 - level * 40)
            y = 420 - level * 30 + rng.uniform(-12, 12)
            bag = mixed(
                rng.choice(((46, 46, 54), (220, 220, 216), (60, 120, 180), *CLOTHES)), (120, 110, 96), 0.25
            )
            if rng.random() < 0.25:
                side = rng.uniform(14, 26)
                canvas.box(x - side, y - side, x + side, y + side * 0.7, (190, 150, 102), 2)
                canvas.line(((x - side, y - side * 0.2), (x + side, y - side * 0.2)), (164, 124, 82), 2)
            else:
                size = rng.uniform(20, 36)
                canvas.blob(x, y, size, size * 0.8, bag)
                canvas.disc(x - size * 0.3, y - size * 0.3, size * 0.22, size * 0.12, mixed(bag, WHITE, 0.4))
    for _ in range(12):
        x, y = rng.uniform(middle - 150, middle + 150), rng.uniform(horizon + 60, 400)
        canvas.line(((x, y), (x + 3, y - 2), (x + 6, y)), (40, 40, 40), 1)


def _flood(canvas: Canvas, rng: Random) -> None:
    horizon = rng.uniform(190, 230)
    canvas.sky(horizon + 24)
    canvas.row_of_houses(horizon + 50, rng.uniform(110, 150))
    canvas.fade(horizon + 22, HEIGHT, (150, 136, 108), (116, 100, 76))
    for _ in range(60):
        y = rng.uniform(horizon + 30, HEIGHT)
        x, wide = rng.uniform(0, WIDTH), (y - horizon) * rng.uniform(0.08, 0.25)
        canvas.disc(x, y, wide, 1.3, mixed((190, 178, 150), (140, 128, 104), rng.random()))
    for _ in range(rng.randint(1, 3)):
        x, y = rng.uniform(90, 550), rng.uniform(320, 430)
        canvas.person(x, y + (y - horizon) * 0.25, (y - horizon) * 0.95)
        canvas.box(x - 40, y - 2, x + 40, y + (y - horizon) * 0.3, (128, 112, 86))
        canvas.disc(x, y, 32, 5, (178, 166, 138))
    if rng.random() < 0.7:
        x, y = rng.uniform(120, 500), rng.uniform(290, 340)
        canvas.box(x - 62, y - 40, x + 62, y, rng.choice(CLOTHES), 16)
        canvas.box(x - 36, y - 62, x + 36, y - 30, (70, 84, 98), 14)
        canvas.disc(x, y, 78, 6, (172, 158, 130))


def _street_lamp(canvas: Canvas, rng: Random) -> None:
    horizon = _street(canvas, rng, night=True)
    canvas.fade(horizon + 6, HEIGHT, (40, 46, 56), (26, 28, 36))
    canvas.shape(((300, horizon), (345, horizon), (600, HEIGHT), (40, HEIGHT)), (50, 52, 62))
    for _ in range(70):
        canvas.disc(rng.uniform(0, WIDTH), rng.uniform(0, horizon * 0.6), 0.7, 0.7, (210, 214, 230))
    for _ in range(8):
        canvas.box(x := rng.uniform(0, 620), horizon - 34, x + 12, horizon - 20, (246, 206, 120))
    foot, lean = rng.uniform(150, 240), rng.uniform(-22, 22)
    top = rng.uniform(70, 100)
    canvas.line(((foot, 440), (foot + lean, top), (foot + lean + 70, top - 14)), (120, 124, 132), 7)
    canvas.box(foot + lean + 58, top - 18, foot + lean + 104, top - 6, (84, 88, 96), 5)
    canvas.line(
        ((foot + lean + 84, top - 6), (foot + lean + 90, top + 24), (foot + lean + 84, top + 40)),
        (30, 30, 34),
        2,
    )
    working = foot + 320
    for step in range(6):
        share = step / 6
        canvas.disc(
            working, 115, 60 * (1 - share), 50 * (1 - share), mixed((52, 56, 76), (255, 226, 150), share)
        )
    canvas.line(((working + 30, horizon + 60), (working + 30, 112), (working, 108)), (104, 108, 116), 4)
    canvas.disc(working, 115, 9, 5, (255, 246, 214))


def _fallen_tree(canvas: Canvas, rng: Random) -> None:
    _street(canvas, rng)
    ground, tilt = rng.uniform(350, 390), rng.uniform(-26, 26)
    canvas.line(((70, ground + tilt), (560, ground - tilt)), (104, 76, 52), 32)
    canvas.line(((70, ground + tilt - 8), (540, ground - tilt - 8)), (134, 102, 72), 6)
    canvas.blob(62, ground + tilt, 40, 46, (92, 68, 48), 0.45)
    for _ in range(26):
        x, y = rng.uniform(380, 600), ground - tilt + rng.uniform(-80, 60)
        leaf = mixed((52, 112, 60), (150, 176, 80), rng.random())
        canvas.blob(x, y, rng.uniform(18, 36), rng.uniform(14, 26), leaf, 0.3)
    for _ in range(rng.randint(0, 2)):
        canvas.person(rng.uniform(120, 330), ground - 20, 120)


def _clogged_drain(canvas: Canvas, rng: Random) -> None:
    canvas.fade(0, HEIGHT, (176, 170, 160), (146, 140, 130))
    for row in range(5):
        for column in range(-1, 9):
            shade = rng.uniform(0, 0.3)
            left = column * 90 + row % 2 * 45
            canvas.box(
                left, row * 38, left + 86, row * 38 + 35, mixed((186, 152, 128), (150, 120, 104), shade), 3
            )
    near, far = rng.uniform(420, 450), rng.uniform(195, 215)
    canvas.shape(((0, far), (WIDTH, far - 12), (WIDTH, near), (0, near + 20)), (116, 112, 106))
    canvas.shape(((0, far + 26), (WIDTH, far + 14), (WIDTH, near - 26), (0, near - 8)), (62, 66, 54))
    for _ in range(60):
        x, y = rng.uniform(0, WIDTH), rng.uniform(far + 34, near - 34)
        kind = rng.random()
        if kind < 0.35:
            canvas.blob(
                x,
                y,
                rng.uniform(8, 18),
                rng.uniform(5, 10),
                rng.choice(((78, 116, 60), (126, 138, 66), (112, 90, 52))),
                0.35,
            )
        elif kind < 0.65:
            canvas.box(x - 16, y - 5, x + 14, y + 5, (196, 222, 228), 5)
            canvas.box(x + 14, y - 3, x + 20, y + 3, (60, 120, 190), 1)
        else:
            canvas.blob(x, y, rng.uniform(12, 26), rng.uniform(6, 12), rng.choice(CLOTHES), 0.3)
    for bar in range(20, WIDTH, 60):
        canvas.line(((bar, far + 10), (bar, near - 6)), (86, 84, 82), 9)


def _market(canvas: Canvas, rng: Random) -> None:
    canvas.sky(150)
    canvas.fade(150, HEIGHT, (178, 160, 138), (150, 128, 106))
    left = -rng.uniform(0, 80)
    while left < WIDTH:
        wide, cloth = rng.uniform(110, 160), rng.choice(CLOTHES)
        for stripe in range(6):
            start = left + wide * stripe / 6
            shade = cloth if stripe % 2 else (244, 240, 230)
            canvas.shape(
                ((start + 8, 110), (start + 8 + wide / 6, 110), (start + wide / 6, 172), (start, 172)), shade
            )
        canvas.box(left, 232, left + wide - 6, 290, (136, 98, 66))
        for pile in range(4):
            fruit = rng.choice(
                ((226, 62, 48), (246, 168, 40), (120, 168, 60), (250, 214, 82), (112, 60, 120))
            )
            for _ in range(11):
                canvas.disc(
                    left + (pile + 0.5) * wide / 4 + rng.uniform(-12, 12),
                    228 - rng.uniform(0, 16),
                    6,
                    6,
                    fruit,
                )
        left += wide + rng.uniform(4, 20)
    for depth in range(4):
        feet = 330 + depth * 48
        for _ in range(rng.randint(4, 6)):
            canvas.person(rng.uniform(0, WIDTH), feet + rng.uniform(-10, 10), 120 + depth * 34)


def _meal(canvas: Canvas, rng: Random) -> None:
    wood = rng.choice(((158, 110, 72), (188, 144, 98), (120, 84, 62)))
    canvas.fade(0, HEIGHT, wood, mixed(wood, (60, 40, 30), 0.25))
    dark = mixed(wood, (60, 40, 30), 0.35)
    for joint in range(0, HEIGHT, 62):
        canvas.line(((0, joint + rng.uniform(-3, 3)), (WIDTH, joint + rng.uniform(-3, 3))), dark, 2)
    x, y = 300 + rng.uniform(-30, 30), 250 + rng.uniform(-15, 15)
    canvas.disc(x + 6, y + 14, 206, 168, mixed(wood, (30, 20, 16), 0.5))
    canvas.disc(x, y, 202, 164, (240, 236, 226))
    canvas.blob(x, y, 172, 138, (74, 132, 66), 0.07)
    canvas.blob(x - 20, y - 20, 80, 62, rng.choice(((250, 246, 234), (248, 208, 84))), 0.08)
    for dish in rng.sample(range(5), 4):
        angle_x, angle_y = ((100, -50), (98, 50), (-10, 92), (-112, 52), (-110, -66))[dish]
        food = rng.choice(((150, 76, 40), (186, 50, 34), (212, 150, 70), (96, 140, 60), (122, 60, 36)))
        for _ in range(9):
            canvas.blob(
                x + angle_x + rng.uniform(-26, 26),
                y + angle_y + rng.uniform(-18, 18),
                17,
                12,
                mixed(food, WHITE, rng.uniform(0, 0.2)),
            )
    canvas.disc(x - 28, y - 34, 26, 22, (252, 250, 244))
    canvas.disc(x - 28, y - 34, 12, 10, (246, 176, 44))
    for slice_ in range(4):
        canvas.disc(x + 30 + slice_ * 15, y + 4 - slice_ * 9, 15, 12, (150, 196, 110))
        canvas.disc(x + 30 + slice_ * 15, y + 4 - slice_ * 9, 11, 9, (222, 238, 196))
    canvas.disc(562, 96, 58, 54, (214, 226, 226))
    canvas.disc(562, 96, 48, 44, rng.choice(((176, 96, 40), (236, 150, 60), (120, 60, 36))))
    canvas.box(544, 78, 566, 98, (236, 226, 210), 4)


def _kampung(canvas: Canvas, rng: Random) -> None:
    horizon = rng.uniform(180, 220)
    canvas.sky(horizon)
    peak = rng.uniform(150, 480)
    canvas.shape(
        ((peak - 230, horizon), (peak - 22, 74), (peak + 22, 74), (peak + 250, horizon)), (118, 142, 158)
    )
    canvas.fade(horizon, HEIGHT, (154, 186, 96), (96, 152, 70))
    for band in range(7):
        y = horizon + 8 + band * band * 6
        canvas.line(
            ((0, y + rng.uniform(-4, 4)), (320, y + 6), (WIDTH, y + rng.uniform(-4, 4))),
            (206, 216, 150),
            1 + band * 0.5,
        )
    for _ in range(4):
        canvas.house(rng.uniform(10, 520), rng.uniform(horizon + 30, 350), rng.uniform(90, 140))
    for _ in range(5):
        rng.choice((canvas.palm, canvas.tree))(
            rng.uniform(20, 620), rng.uniform(horizon + 40, 410), rng.uniform(120, 200)
        )
    canvas.shape(((280, HEIGHT), (420, HEIGHT), (352, 300), (340, 300)), (196, 168, 128))
    for _ in range(rng.randint(1, 3)):
        canvas.person(rng.uniform(290, 410), rng.uniform(400, 450), 96)


def _new_road(canvas: Canvas, rng: Random) -> None:
    horizon = _street(canvas, rng)
    patch = rng.uniform(330, 370)
    canvas.shape(((230, patch), (420, patch), (470, patch + 80), (180, patch + 80)), (58, 60, 66))
    for x in (160, 480):
        canvas.shape(((x - 20, 440), (x + 20, 440), (x + 5, 372), (x - 5, 372)), (240, 110, 40))
        canvas.shape(((x - 12, 414), (x + 12, 414), (x + 8, 396), (x - 8, 396)), (250, 246, 240))
    for _ in range(2):
        canvas.person(rng.uniform(240, 420), horizon + 130, 110)


def _park(canvas: Canvas, rng: Random) -> None:
    canvas.sky(210)
    canvas.fade(210, HEIGHT, (140, 184, 96), (96, 156, 76))
    for _ in range(7):
        canvas.tree(rng.uniform(10, 630), rng.uniform(230, 290), rng.uniform(120, 190))
    canvas.shape(((240, HEIGHT), (460, HEIGHT), (330, 240), (318, 240)), (214, 196, 164))
    bench = rng.uniform(70, 130)
    for height in (340, 360, 384):
        canvas.box(bench, height, bench + 140, height + 10, (154, 104, 62), 3)
    for leg in (bench + 14, bench + 120):
        canvas.box(leg, 390, leg + 8, 424, (70, 70, 74))
    for _ in range(rng.randint(2, 5)):
        canvas.person(rng.uniform(240, 600), rng.uniform(330, 440), rng.uniform(100, 140))


SCENES: Mapping[str, Callable[[Canvas, Random], None]] = {
    "pothole": _pothole,
    "rubbish": _rubbish,
    "flood": _flood,
    "street-lamp": _street_lamp,
    "fallen-tree": _fallen_tree,
    "clogged-drain": _clogged_drain,
    "market": _market,
    "meal": _meal,
    "kampung": _kampung,
    "new-road": _new_road,
    "park": _park,
}
