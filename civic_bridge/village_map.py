"""A still map without tiles: the villages of a city as points on a drawing, to choose from and to count on.

It needs no JavaScript, no other server, and two kilobytes. The list beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from civic_bridge.areas import villages

WIDTH, HEIGHT, MARGIN = 320, 380, 18


@dataclass(frozen=True)
class MapPoint:
    """A village on the drawing, in its units. `count` is how many reports lie there, `radius` grows with it."""

    code: str
    name: str
    x: float
    y: float
    count: int

    @property
    def radius(self) -> float:
        return min(4 + 2.0 * self.count**0.5, 18)


def map_points(city: str = "31.74", counts: Mapping[str, int] | None = None) -> list[MapPoint]:
    """The villages of a city, north at the top."""
    found = [
        (area, area.lat, area.lon) for area in villages(city) if area.lat is not None and area.lon is not None
    ]
    if not found:
        return []
    south, north = min(lat for _, lat, _ in found), max(lat for _, lat, _ in found)
    west, east = min(lon for _, _, lon in found), max(lon for _, _, lon in found)
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    return [
        MapPoint(
            area.code,
            area.name,
            round(MARGIN + (lon - west) / ((east - west) or 1) * wide, 1),
            round(MARGIN + (north - lat) / ((north - south) or 1) * high, 1),
            (counts or {}).get(area.code, 0),
        )
        for area, lat, lon in found
    ]


def point_on_map(lat: float, lon: float, city: str = "31.74") -> tuple[float, float] | None:
    """Where a point lies on the drawing; None when it lies outside."""
    found = [(area.lat, area.lon) for area in villages(city) if area.lat is not None and area.lon is not None]
    if not found:
        return None
    south, north = min(at[0] for at in found), max(at[0] for at in found)
    west, east = min(at[1] for at in found), max(at[1] for at in found)
    x = MARGIN + (lon - west) / ((east - west) or 1) * (WIDTH - 2 * MARGIN)
    y = MARGIN + (north - lat) / ((north - south) or 1) * (HEIGHT - 2 * MARGIN)
    return (round(x, 1), round(y, 1)) if 0 <= x <= WIDTH and 0 <= y <= HEIGHT else None
