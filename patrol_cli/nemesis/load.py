"""What a simulated room says: alerts of two cameras, flags of its operator, judgements and ends of earlier alerts."""

from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Final

from patrol_wire.ids import Forward, Severity, Verdict
from patrol_wire.records import Alert, AlertEnd, Flag, Judgement, Place, RecordBody, TestAlert
from patrol_wire.uuid7 import uuid7

_CATEGORIES: Final = ("intrusion", "loitering", "crowd", "disorder", "traffic")
_SEVERITIES: Final = (Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.NORMAL, Severity.LOW)
LAST_CATEGORY: Final = "theft"
"""Category of the last words alone, so that they open incidents of their own."""
_REMEMBERED: Final = 50
_CLIP_SHARE: Final = 0.01
_PICTURE_SHARE: Final = 0.25
_PICTURE_BYTES: Final = (2_000, 120_000)
_CLIP_BYTES: Final = (400_000, 1_600_000)
"""More than one chunk, so that a clip is cut off in its middle and gone on with."""


class RoomLoad:
    """Draws one record after another; the mixture comes from ``random``, ids and times from the caller."""

    def __init__(self, random: Random, places: Sequence[tuple[float, float]]) -> None:
        self._random = random
        self._places = tuple(places)
        self._suggested: deque[str] = deque(maxlen=_REMEMBERED)
        self._raised: deque[str] = deque(maxlen=_REMEMBERED)

    def next(self, now_us: int, randomness: bytes) -> RecordBody:
        """Return the next record; ``randomness`` are 8 bytes for its id."""
        drawn = self._random.random()
        if drawn < 0.12 and self._suggested:
            return Judgement(
                alert_id=self._suggested.popleft(),
                verdict=self._random.choice((Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.DISMISSED)),
                operator="nemesis",
                judged_at=now_us,
            )
        if drawn < 0.22 and self._raised:
            return AlertEnd(alert_id=self._raised.popleft(), ended_at=now_us)
        alert_id = uuid7(now_us, randomness)
        if drawn < 0.24:
            return TestAlert(alert_id=alert_id, raised_at=now_us)
        lon, lat = self._random.choice(self._places)
        category = self._random.choice(_CATEGORIES)
        severity = self._random.choice(_SEVERITIES)
        if drawn < 0.40:
            return _flag(alert_id, category, severity, now_us, lon=lon, lat=lat)
        forward = self._random.choice((Forward.SUGGEST, Forward.DIRECT))
        (self._suggested if forward is Forward.SUGGEST else self._raised).append(alert_id)
        return Alert(
            alert_id=alert_id,
            camera=f"camera-{self._places.index((lon, lat)) + 1}",
            rule="in-view",
            category=category,
            severity=severity,
            forward=forward,
            label="person",
            zone="view",
            score=round(self._random.uniform(0.4, 1.0), 3),
            box=(0.1, 0.2, 0.3, 0.4),
            started_at=now_us,
            raised_at=now_us,
            place=Place(lon=lon, lat=lat),
        )

    def media_bytes(self) -> int:
        """Return how many bytes of evidence the next alert has: seldom a clip, now and then a picture, else none."""
        drawn = self._random.random()
        if drawn < _CLIP_SHARE:
            return self._random.randrange(*_CLIP_BYTES)
        return self._random.randrange(*_PICTURE_BYTES) if drawn < _PICTURE_SHARE else 0

    def last_word(self, now_us: int, randomness: bytes) -> RecordBody:
        """Return a flag that opens an incident, which must be counted and offered: proof that everything lives."""
        lon, lat = self._places[0]
        return _flag(uuid7(now_us, randomness), LAST_CATEGORY, Severity.HIGH, now_us, lon=lon, lat=lat)


def _flag(alert_id: str, category: str, severity: Severity, now_us: int, *, lon: float, lat: float) -> Flag:
    return Flag(
        alert_id=alert_id,
        camera=None,
        category=category,
        severity=severity,
        operator="nemesis",
        flagged_at=now_us,
        place=Place(lon=lon, lat=lat),
    )


def raised_by(body: RecordBody) -> str:
    """Return the id of the alert, flag or test alert a record raises; empty for a later fact about one."""
    return body.alert_id if isinstance(body, Alert | Flag | TestAlert) else ""
