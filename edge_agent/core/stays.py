"""Staying in a zone: intrusion as soon as it is sure, loitering after a dwell. Owns StayWatch."""

from dataclasses import dataclass

from edge_agent.core.claims import Claim, TrackWatch, believed, came, claim_of, is_placed
from edge_agent.core.observation import Observation
from edge_agent.core.rules import Intrusion, Loitering
from edge_agent.core.tracks import Track


@dataclass(slots=True)
class _Stay:
    since_s: float
    held_s: float
    place: str
    frames: int = 1


class StayWatch(TrackWatch):
    """Judges an intrusion or a loitering."""

    def __init__(self, rule: Intrusion | Loitering) -> None:
        self._rule = rule
        self._lingers = isinstance(rule, Loitering)
        """Who lingers may have been there all along; who intrudes came."""
        self._dwell_s = rule.dwell_s if isinstance(rule, Loitering) else 0.0
        self._grace_s = rule.grace_s if isinstance(rule, Loitering) else 0.0
        self._stays: dict[int, _Stay] = {}

    def observe(self, seen: Observation) -> list[Claim]:
        """Follow every track's stay; tentative ones too, since being believed comes later than being there."""
        stays: dict[int, _Stay] = {}
        claims: list[Claim] = []
        for track in seen.tracks:
            stay = self._stay(track, seen.at_s)
            if stay is None:
                continue
            stays[track.track_id] = stay
            ready = track.seen_now and self._long_enough(stay) and self._wanted(track)
            claims.append(claim_of(track, place=stay.place, since_s=stay.since_s, held_s=stay.held_s, ready=ready))
        self._stays = stays
        return claims

    def _wanted(self, track: Track) -> bool:
        return believed(self._rule, track) if self._lingers else came(self._rule, track) and is_placed(track)

    def _long_enough(self, stay: _Stay) -> bool:
        return stay.frames >= self._rule.min_frames and stay.held_s - stay.since_s >= self._dwell_s

    def _stay(self, track: Track, at_s: float) -> _Stay | None:
        stay = self._stays.get(track.track_id)
        if not track.seen_now:
            # An unseen thing keeps its stay as long as its track lives: the tracker decides when it is gone.
            return stay
        point = self._rule.anchor.of(track.box)
        place = self._rule.zone_at(point) if stay is None else self._rule.zone_still_at(point)
        if stay is None:
            return _Stay(at_s, at_s, place) if place is not None else None
        if place is None:
            return stay if at_s - stay.held_s <= self._grace_s else None
        stay.frames += 1
        stay.held_s = at_s
        stay.place = place
        return stay
