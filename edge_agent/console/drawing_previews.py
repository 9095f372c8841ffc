"""What a draft says of the camera now: its rules judge the live tracks, and tell nobody but the technician.

Owns Previews. A draft is judged when its page asks, by the pictures that came since it asked before, so a page that
goes away costs nothing. Bounded in number and in age.
"""

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from threading import Lock
from typing import Final

from edge_agent.core.alerts import AlertBook, AlertRaised, Standing
from edge_agent.core.rules import AnyRule
from edge_agent.core.schedules import local_time
from edge_agent.core.tracks import Track
from edge_agent.core.zones import Zone
from edge_agent.detect.picture_seen import PictureSeen, read_seen
from edge_agent.detect.room_rules import rules_of
from edge_agent.detect.what_if_process import not_looked_for
from edge_agent.ops.clock import Clock
from edge_agent.settings.model import CameraSettings

MOST: Final = 4
_FORGOTTEN_AFTER_S: Final = 30.0
_SHOWN_ALERTS: Final = 20

NewestSeen = Callable[[str, int], Sequence[tuple[int, bytes]]]
"""Returns a camera's pictures after a number, each with its own number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAlert:
    """An alert that the draft would have told."""

    raised: AlertRaised
    at_us: int
    """UTC microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLook:
    """How a draft stands."""

    seen: PictureSeen | None
    """The newest picture; None while none was analysed since the preview began."""
    tracks: tuple[Track, ...]
    zones: dict[int, tuple[str, ...]]
    """Track → the draft's zones that it stands in."""
    standings: tuple[Standing, ...]
    alerts: tuple[PreviewAlert, ...]
    """The newest first."""
    not_looked_for: dict[str, tuple[str, ...]]
    no_still: tuple[str, ...]


@dataclass(slots=True)
class _Preview:
    camera: CameraSettings
    rules: tuple[AnyRule, ...]
    book: AlertBook
    used_s: float
    number: int = 0
    seen: PictureSeen | None = None
    alerts: deque[PreviewAlert] = field(default_factory=lambda: deque(maxlen=_SHOWN_ALERTS))
    lock: Lock = field(default_factory=Lock)


class Previews:
    """The drafts that are looked at now; any thread."""

    def __init__(self, newest: NewestSeen, *, clock: Clock, time_zone: tzinfo) -> None:
        self._newest = newest
        self._clock = clock
        self._time_zone = time_zone
        self._lock = Lock()
        self._previews: dict[str, _Preview] = {}

    def begin(self, camera: CameraSettings) -> str:
        """Judge a draft from now on; returns its id. The oldest is forgotten when there are too many."""
        rules = rules_of(camera)
        now_s = self._clock.instant()
        there = self._newest(camera.name, 0)
        preview = _Preview(
            camera=camera, rules=rules, book=AlertBook(rules), used_s=now_s, number=there[-1][0] - 1 if there else 0
        )
        preview_id = secrets.token_urlsafe(12)
        with self._lock:
            for old in [key for key, one in self._previews.items() if now_s - one.used_s > _FORGOTTEN_AFTER_S]:
                del self._previews[old]
            while len(self._previews) >= MOST:
                del self._previews[next(iter(self._previews))]
            self._previews[preview_id] = preview
        return preview_id

    def look(self, preview_id: str) -> PreviewLook | None:
        """Return how a draft stands; None when it is forgotten: begin it anew."""
        with self._lock:
            preview = self._previews.get(preview_id)
        if preview is None:
            return None
        with preview.lock:
            preview.used_s = self._clock.instant()
            for number, content in self._newest(preview.camera.name, preview.number):
                preview.number = number
                self._judge(preview, read_seen(content))
            return _look(preview)

    def _judge(self, preview: _Preview, seen: PictureSeen) -> None:
        before, preview.seen = preview.seen, seen
        if before is not None and (before.session != seen.session or seen.media_s < before.media_s):
            preview.book = AlertBook(preview.rules)
        local = local_time(seen.captured_at, self._time_zone)
        for change in preview.book.step(seen.tracks, seen.media_s, still=seen.still or (), local=local):
            if isinstance(change, AlertRaised):
                preview.alerts.appendleft(PreviewAlert(raised=change, at_us=seen.captured_at))


def _look(preview: _Preview) -> PreviewLook:
    seen = preview.seen
    tracks = () if seen is None else tuple(track for track in seen.tracks if track.confirmed)
    zones = [Zone(name=zone.name, polygon=zone.polygon) for zone in preview.camera.zones]
    return PreviewLook(
        seen=seen,
        tracks=tracks,
        zones={
            track.track_id: tuple(zone.name for zone in zones if zone.contains(track.box.bottom_centre))
            for track in tracks
        },
        standings=preview.book.standings(),
        alerts=tuple(preview.alerts),
        not_looked_for=not_looked_for(preview.rules, None if seen is None else frozenset(seen.labels)),
        no_still=()
        if seen is None or seen.still is not None
        else tuple(rule.name for rule in preview.rules if rule.wants_still_places),
    )
