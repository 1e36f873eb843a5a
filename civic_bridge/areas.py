"""Administrative areas by their code (Kemendagri: province.city.district.village), and which one a point lies in.

`data/areas-*.json` hold names and rough centre points. We have no boundaries: a point belongs to the village whose
centre is nearest, which is wrong near borders, so people may choose another one and the office may correct it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SCHEME = "kemendagri-2025"
SOUTH, NORTH, WEST, EAST = -11.0, 6.5, 94.5, 141.5
"""Indonesia's bounds in degrees (civic.md, hard constraint 4)."""
NEAREST_KM = 2.5
"""How far a point may lie from a village's centre and still be counted to it."""


@dataclass(frozen=True, slots=True)
class Area:
    """One area; the point is its rough centre, None where we have none."""

    code: str
    name: str
    lat: float | None = None
    lon: float | None = None

    @property
    def parent(self) -> str:
        return self.code.rpartition(".")[0]

    @property
    def level(self) -> int:
        """1 province, 2 city or regency, 3 district, 4 village."""
        return self.code.count(".") + 1


class NotInIndonesia(ValueError):
    """The point lies elsewhere; `is_swapped` when latitude and longitude seem to have changed places."""

    def __init__(self, is_swapped: bool) -> None:
        self.is_swapped = is_swapped
        super().__init__("swapped" if is_swapped else "outside")


@cache
def all_areas() -> dict[str, Area]:
    """Every area that we know, by code."""
    found: dict[str, Area] = {}
    for file in sorted(files("civic_bridge").joinpath("data").iterdir(), key=lambda entry: entry.name):
        if file.name.startswith("areas-"):
            for row in json.loads(file.read_text("utf-8"))["areas"]:
                found[row["code"]] = Area(**row)
    return found


def area_at(code: str) -> Area | None:
    """The area with this code; None for one that we do not know."""
    return all_areas().get(code)


def with_ancestors(code: str) -> list[str]:
    """The code and those above it, longest first: `31.74.01.1001`, `31.74.01`, `31.74`, `31`."""
    parts = code.split(".") if code else []
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def children(code: str) -> list[Area]:
    """The areas one level below, by code."""
    return [area for area in all_areas().values() if area.parent == code]


def villages(under: str = "31.74") -> list[Area]:
    """The villages with a centre point below an area."""
    return [
        area for area in all_areas().values() if area.lat is not None and area.code.startswith(f"{under}.")
    ]


def area_name(code: str) -> str:
    """The name with that of its city, as people say it: `Tebet Timur, Jakarta Selatan`; "" for an unknown code."""
    area = area_at(code)
    if area is None:
        return ""
    above = area_at(".".join(code.split(".")[:2])) if area.level > 2 else None
    return f"{area.name}, {above.name}" if above else area.name


def check_point(lat: float, lon: float) -> None:
    """Raises `NotInIndonesia` for a point outside the country's bounds."""
    if SOUTH <= lat <= NORTH and WEST <= lon <= EAST:
        return
    raise NotInIndonesia(is_swapped=SOUTH <= lon <= NORTH and WEST <= lat <= EAST)


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres between two points, flat: exact enough within a city."""
    north = (lat - other_lat) * 111.2
    east = (lon - other_lon) * 111.2 * math.cos(math.radians(lat))
    return math.hypot(north, east)


def nearest_area(lat: float, lon: float) -> Area | None:
    """The village whose centre is nearest; None when all lie further than `NEAREST_KM`."""
    best: tuple[float, Area] | None = None
    for area in all_areas().values():
        if area.lat is None or area.lon is None:
            continue
        away = distance_km(lat, lon, area.lat, area.lon)
        if away <= NEAREST_KM and (best is None or away < best[0]):
            best = (away, area)
    return best[1] if best else None


def area_in_address(address: str) -> Area | None:
    """The smallest area that an address names; the longest name wins (`Manggarai Selatan` over `Manggarai`)."""
    text = f" {' '.join(address.casefold().replace(',', ' ').replace('.', ' ').split())} "
    named = [area for area in all_areas().values() if f" {area.name.casefold()} " in text]
    return max(named, key=lambda area: (area.level, len(area.name)), default=None)
