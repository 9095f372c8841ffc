"""Which two tracks are one rider: a person and the bicycle or motorcycle under them.

Owns Riders, one per camera session. The label of a track may change later, when a model sees the bicycle as a second
person or the other way round; once known as one rider, two tracks stay one. It takes two sightings that lie a second
apart: who is overtaken by a bicycle is beside it for less, and who walks past a parked one does not go its way.
"""

from collections.abc import Sequence
from typing import Final

from edge_agent.core.cool_down import in_line, is_still
from edge_agent.core.detections import is_ridden
from edge_agent.core.tracks import Track

TOGETHER_S: Final = 1.0
_SAME_WAY: Final = 0.5
"""Cosine of the angle between their ways, at least: 60 degrees, because the edges of small boxes tremble."""


class Riders:
    """The riders of one camera session; pictures in order of time."""

    def __init__(self) -> None:
        self._since_s: dict[tuple[int, int], float] = {}
        """First sighting of a person with something ridden: (person, ridden) → media time."""
        self._halves: dict[int, frozenset[int]] = {}

    def observe(self, tracks: Sequence[Track], at_s: float) -> None:
        """Take all live tracks of one picture; those of tracks that are gone are forgotten."""
        self._forget({track.track_id for track in tracks})
        ridden = [track for track in tracks if track.seen_now and is_ridden(track.label)]
        if not ridden:
            return
        for person in tracks:
            if person.label == "person" and person.seen_now:
                for other in ridden:
                    if _go_together(person, other):
                        self._seen(person.track_id, other.track_id, at_s)

    def halves_of(self, track_id: int) -> frozenset[int]:
        """Return the tracks that are the same rider as this one, itself left out."""
        return self._halves.get(track_id, frozenset())

    def _seen(self, person: int, ridden: int, at_s: float) -> None:
        since_s = self._since_s.setdefault((person, ridden), at_s)
        if at_s - since_s >= TOGETHER_S:
            self._halves[person] = self.halves_of(person) | {ridden}
            self._halves[ridden] = self.halves_of(ridden) | {person}

    def _forget(self, alive: set[int]) -> None:
        self._since_s = {pair: since_s for pair, since_s in self._since_s.items() if alive.issuperset(pair)}
        for gone in self._halves.keys() - alive:
            del self._halves[gone]


def _go_together(person: Track, ridden: Track) -> bool:
    if is_still(person.box, person.velocity) or is_still(ridden.box, ridden.velocity):
        return False
    (right, down), (other_right, other_down) = person.velocity, ridden.velocity
    along = right * other_right + down * other_down
    speeds = float(((right**2 + down**2) * (other_right**2 + other_down**2)) ** 0.5)
    return along >= _SAME_WAY * speeds and in_line(person.box, ridden.box)
