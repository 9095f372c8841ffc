"""Which tracks need every picture of their camera: what came lately or moves; not the car that has stood for an hour.

Owns Attention. Whoever analyses a camera asks after each picture and tells ``CameraThread.attend``. While nobody
attends and nothing moves, the camera is seen at its keyframes only; what then moves is found by the gate and decoded
afterwards, so a track that stands still loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_agent.core.boxes import Box
from edge_agent.core.tracks import Track

STANDS_AFTER_S: Final = 20.0
"""A track that stayed where it was for so long stands."""
_SAME_PLACE: Final = 0.6
"""Overlap (IoU) with where it was above which a track has not moved; a detector's boxes tremble."""


@dataclass(slots=True)
class Attention:
    """The attention of one camera session; one owner, pictures in order of time."""

    _places: dict[int, tuple[Box, float]] = field(default_factory=dict)
    """Where each live track was, and since when it is there."""

    def wanted(self, tracks: Sequence[Track], at_s: float) -> bool:
        """Take all live tracks of one picture; return whether every picture is wanted for one of them."""
        places: dict[int, tuple[Box, float]] = {}
        for track in tracks:
            place, since_s = self._places.get(track.track_id, (track.box, at_s))
            if track.seen_now and track.box.iou(place) < _SAME_PLACE:
                place, since_s = track.box, at_s
            places[track.track_id] = (place, since_s)
        self._places = places
        return any(at_s - since_s < STANDS_AFTER_S for _, since_s in places.values())
