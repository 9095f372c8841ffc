"""GCJ-02, the shifted coordinates of Chinese web maps: how far it moves a place, and whether points seem moved by it.

The formula is the one that is public as "Mars coordinates" (Krasovsky 1940 ellipsoid); good to about a metre. We hold
WGS-84 only: points in GCJ-02 lie 100 to 700 m away from where they are, enough to send a patrol to the wrong street.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final, TypeVar

from relay.core.geo import metres_between

_A: Final = 6_378_245.0
_EE: Final = 0.006_693_421_622_965_943
_PROBED: Final = 400
"""Points looked at; more would not change the answer."""
_FEWEST: Final = 5
_NEAR_M: Final = 40.0
"""A point counts as moved by GCJ-02 when it lies so near to where that would put it."""

LonLat = tuple[float, float]
Each = TypeVar("Each")


def to_gcj02(lon: float, lat: float) -> LonLat:
    """Return where GCJ-02 puts a WGS-84 place; outside China the place itself."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    waves = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (waves + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (waves + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    latitude = lat / 180.0 * math.pi
    squeeze = 1.0 - _EE * math.sin(latitude) ** 2
    north = north * 180.0 / ((_A * (1.0 - _EE)) / (squeeze * math.sqrt(squeeze)) * math.pi)
    east = east * 180.0 / (_A / math.sqrt(squeeze) * math.cos(latitude) * math.pi)
    return lon + east, lat + north


def from_gcj02(lon: float, lat: float) -> LonLat:
    """Return the WGS-84 place of GCJ-02 coordinates, to about a centimetre."""
    guess_lon, guess_lat = lon, lat
    for _ in range(3):
        moved_lon, moved_lat = to_gcj02(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + lon - moved_lon, guess_lat + lat - moved_lat
    return guess_lon, guess_lat


def moved_like_gcj02(pairs: Sequence[tuple[LonLat, LonLat]]) -> bool:
    """Tell whether points (known place, given place) are all offset as GCJ-02 would offset them."""
    pairs = _thinned(pairs)
    if len(pairs) < _FEWEST:
        return False
    misses = [metres_between(*to_gcj02(*known), *given) for known, given in pairs]
    moved_m = [metres_between(*known, *to_gcj02(*known)) for known, _ in pairs]
    return median(moved_m) > 2 * _NEAR_M and median(misses) < _NEAR_M


def fits_only_as_gcj02(points: Iterable[tuple[LonLat, str]], area_of: Callable[[float, float], str | None]) -> bool:
    """Tell whether points miss the area they belong to, and lie in it once taken as GCJ-02."""
    probed = _thinned(list(points))
    if len(probed) < _FEWEST:
        return False
    as_given = sum(area_of(*place) == area_id for place, area_id in probed)
    as_gcj02 = sum(area_of(*from_gcj02(*place)) == area_id for place, area_id in probed)
    return as_given < 0.8 * len(probed) and as_gcj02 >= 0.9 * len(probed)


def _thinned(points: Sequence[Each]) -> Sequence[Each]:
    return points[:: max(1, len(points) // _PROBED)]
