"""Against the way of a zone: a stretch of so many own sizes, in about the opposite direction. Owns WrongWayWatch.

Directions are those on the picture; lanes that run together towards the horizon need zones of their own, or a wide
tolerance. What turns round begins its stretch where it turned.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge_agent.core.boxes import Point
from edge_agent.core.claims import Claim, TrackWatch, came, claim_of, is_placed
from edge_agent.core.observation import Observation
from edge_agent.core.rules import WrongWay
from edge_agent.core.tracks import Track

_TURN: Final = 0.5
"""Own sizes a thing must go along the way again to have turned round: boxes tremble and grow as things come near."""
_TREMBLE: Final = 0.25
"""Own sizes within which a thing still is where its stretch begins: who waits there has not set out yet."""


@dataclass(slots=True)
class _Stretch:
    """A track's way back from the farthest point it had come along the way."""

    farthest: Point
    farthest_s: float
    """When it left there."""
    lowest: float
    """The least progress along the way since then; progress grows along the way."""
    held_s: float
    place: str
    against: bool = False
    frames: int = 0


class WrongWayWatch(TrackWatch):
    """Judges a wrong way."""

    def __init__(self, rule: WrongWay) -> None:
        self._rule = rule
        (x1, y1), (x2, y2) = rule.way
        length = math.hypot(x2 - x1, y2 - y1)
        self._along = ((x2 - x1) / length, (y2 - y1) / length)
        self._least_cosine = math.cos(math.radians(rule.tolerance_deg))
        self._stretches: dict[int, _Stretch] = {}

    def observe(self, seen: Observation) -> list[Claim]:
        """Follow every track through the zones."""
        stretches: dict[int, _Stretch] = {}
        claims: list[Claim] = []
        for track in seen.tracks:
            stretch = self._stretches.get(track.track_id)
            if track.seen_now and is_placed(track):
                stretch = self._go_on(stretch, track, seen.at_s)
            if stretch is None:
                continue
            stretches[track.track_id] = stretch
            if stretch.against:
                ready = track.seen_now and stretch.frames >= self._rule.min_frames and came(self._rule, track)
                claims.append(
                    claim_of(track, place=stretch.place, since_s=stretch.farthest_s, held_s=stretch.held_s, ready=ready)
                )
        self._stretches = stretches
        return claims

    def _progress(self, point: Point) -> float:
        return point[0] * self._along[0] + point[1] * self._along[1]

    def _go_on(self, stretch: _Stretch | None, track: Track, at_s: float) -> _Stretch | None:
        point = self._rule.anchor.of(track.box)
        place = self._rule.zone_at(point) if stretch is None else self._rule.zone_still_at(point)
        if place is None:
            return None
        progress = self._progress(point)
        size = (track.box.width + track.box.height) / 2
        turned = stretch is not None and progress > stretch.lowest + _TURN * size
        if stretch is None or turned or progress >= self._progress(stretch.farthest):
            return _Stretch(farthest=point, farthest_s=at_s, lowest=progress, held_s=at_s, place=place)
        if progress > self._progress(stretch.farthest) - _TREMBLE * size:
            stretch.farthest_s = at_s
        stretch.lowest = min(stretch.lowest, progress)
        stretch.place = place
        stretch.frames += 1
        if self._is_against(stretch, point, size, at_s):
            stretch.against, stretch.held_s = True, at_s
        return stretch

    def _is_against(self, stretch: _Stretch, point: Point, size: float, at_s: float) -> bool:
        if stretch.against:
            return True  # it stays the same deed until it turns round or leaves
        across, down = point[0] - stretch.farthest[0], point[1] - stretch.farthest[1]
        apart = math.hypot(across, down)
        back = self._progress(stretch.farthest) - self._progress(point)
        far_enough = back >= self._rule.distance * size
        straight = back >= self._least_cosine * apart
        fast_enough = back >= self._rule.speed * size * (at_s - stretch.farthest_s)
        return far_enough and straight and fast_enough
