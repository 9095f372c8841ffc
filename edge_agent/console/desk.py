"""The operator's acts: flags, their changes, judgements. Each is durable before anybody is told that it is stored.

``core.flags`` decides what is allowed, the outbox keeps it; this file joins the two.
"""

import secrets
from dataclasses import dataclass
from threading import Lock
from typing import Final

from edge_agent.console.shapes import (
    FlagClassified,
    FlagPressed,
    FlagWithdrawn,
    JudgementMade,
    PlacePointed,
    RemarkMade,
)
from edge_agent.core.flags import Changed, FlagAct, FlagState, first_state, step
from edge_agent.evidence.store import MediaStore, StoreRefused
from edge_agent.evidence.voice import VoiceRefused, inspect_voice
from edge_agent.ops.clock import Clock
from edge_agent.outbox.store import Outbox
from edge_agent.outbox.values import AlertRow, Stored
from patrol_wire.media import VOICE_TYPE
from patrol_wire.records import Flag, FlagChange, Judgement, MediaManifest, Place, RecordBody
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7

_FLAG: Final = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The act is durable."""

    alert_id: str
    stored: Stored
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is no such alert or flag in this room any more."""

    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """The act does not fit the alert; nothing was changed."""

    sentence: str
    code: str = "conflict"
    """Why, as a word for pages that have their own sentence for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The voice note is durable and announced."""

    sha256: str
    size_bytes: int
    duration_ms: int
    stored: Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class NotKept:
    """The voice note was not stored; the flag is as it was."""

    sentence: str
    is_content: bool
    """Whether another recording helps; else the disk takes nothing."""


class OperatorDesk:
    """What the operators of this room do. Every method may be called from any thread and may raise OutboxError."""

    def __init__(
        self, outbox: Outbox, *, media: MediaStore, clock: Clock, room_place: tuple[float, float] | None
    ) -> None:
        self._outbox = outbox
        self._media = media
        self._clock = clock
        self._room_place = room_place
        # Two acts on one flag must see each other, so they are taken one after another.
        self._one_at_a_time = Lock()

    def press(self, asked: FlagPressed, *, camera_place: tuple[float, float] | None) -> Done:
        """Store a flag; returns when it survives a power cut."""
        now_us = self._clock.now_us()
        flag = Flag(
            alert_id=uuid7(now_us, secrets.token_bytes(RANDOM_BYTES)),
            camera=asked.camera,
            category=asked.category,
            severity=asked.severity,
            operator=asked.operator,
            flagged_at=now_us,
            look_back_s=asked.look_back_s,
            note=asked.note,
            place=_place(asked, camera_place or self._room_place),
        )
        stored = self._outbox.put(flag)
        return Done(alert_id=flag.alert_id, stored=stored, standing=first_state(asked.category).value)

    def judge(self, alert_id: str, asked: JudgementMade) -> Done | Unknown | NotAllowed:
        """Store an operator's verdict on a machine alert; the last verdict holds."""
        with self._one_at_a_time:
            row = self._outbox.find_alert(alert_id)
            if row is None:
                return _unknown("alert", alert_id)
            if row.source == _FLAG:
                return NotAllowed(sentence=f"{alert_id} is an operator's flag; withdraw or classify it instead")
            judgement = Judgement(
                alert_id=alert_id,
                verdict=asked.verdict,
                operator=asked.operator,
                judged_at=self._clock.now_us(),
                reason=asked.reason,
            )
            return Done(alert_id=alert_id, stored=self._outbox.put(judgement), standing=asked.verdict.value)

    def classify(self, alert_id: str, asked: FlagClassified) -> Done | Unknown | NotAllowed:
        """Store what kind a flag is."""
        change = FlagChange(
            alert_id=alert_id,
            operator=asked.operator,
            changed_at=self._clock.now_us(),
            category=asked.category,
            severity=asked.severity,
            reason=asked.reason,
        )
        return self._change(alert_id, FlagAct.CLASSIFY, change)

    def withdraw(self, alert_id: str, asked: FlagWithdrawn) -> Done | Unknown | NotAllowed:
        """Store that an operator takes a flag back."""
        change = FlagChange(
            alert_id=alert_id,
            operator=asked.operator,
            changed_at=self._clock.now_us(),
            withdrawn=True,
            reason=asked.reason,
        )
        return self._change(alert_id, FlagAct.WITHDRAW, change)

    def remark(self, alert_id: str, asked: RemarkMade) -> Done | Unknown | NotAllowed:
        """Store what an operator says of a flag in words; may be repeated, the last words hold."""
        change = FlagChange(
            alert_id=alert_id, operator=asked.operator, changed_at=self._clock.now_us(), note=asked.note
        )
        return self._change(alert_id, FlagAct.REMARK, change)

    def point(self, alert_id: str, asked: PlacePointed) -> Done | Unknown | NotAllowed:
        """Store where an operator says that a flag is; may be repeated, the last place holds."""
        change = FlagChange(
            alert_id=alert_id,
            operator=asked.operator,
            changed_at=self._clock.now_us(),
            place=Place(lon=asked.place.lon, lat=asked.place.lat),
        )
        return self._change(alert_id, FlagAct.REMARK, change)

    def keep_voice(self, alert_id: str, content: bytes) -> Kept | NotKept | Unknown | NotAllowed:
        """Store what an operator says of a flag in their own voice; the last note holds. Never touches the flag."""
        found = inspect_voice(content)
        if isinstance(found, VoiceRefused):
            return NotKept(sentence=found.sentence, is_content=True)
        decided = self._decide(alert_id, FlagAct.REMARK)
        if not isinstance(decided, Changed):
            return decided
        kept = self._media.put(content, media_type=VOICE_TYPE, holder=alert_id)
        if isinstance(kept, StoreRefused):
            return NotKept(sentence=kept.sentence, is_content=False)
        manifest = MediaManifest(
            alert_id=alert_id,
            sha256=kept.sha256,
            media_type=kept.media_type,
            size_bytes=kept.size_bytes,
            started_at=max(0, self._clock.now_us() - found.duration_ms * 1_000),
            duration_ms=found.duration_ms,
            masked=False,
        )
        stored = self._outbox.put(manifest)
        return Kept(sha256=kept.sha256, size_bytes=kept.size_bytes, duration_ms=found.duration_ms, stored=stored)

    def _change(self, alert_id: str, act: FlagAct, change: RecordBody) -> Done | Unknown | NotAllowed:
        with self._one_at_a_time:
            decided = self._decide(alert_id, act)
            if not isinstance(decided, Changed):
                return decided
            return Done(alert_id=alert_id, stored=self._outbox.put(change), standing=decided.state.value)

    def _decide(self, alert_id: str, act: FlagAct) -> Changed | Unknown | NotAllowed:
        """Ask whether an act fits what is known of a flag."""
        row = self._outbox.find_alert(alert_id)
        if row is None:
            return _unknown("flag", alert_id)
        if row.source != _FLAG:
            return NotAllowed(sentence=f"{alert_id} is a machine alert; judge it instead")
        decided = step(FlagState(row.standing), act, age_s=self._age_s(row))
        return decided if isinstance(decided, Changed) else NotAllowed(sentence=decided.reason)

    def _age_s(self, row: AlertRow) -> float:
        return (self._clock.now_us() - row.stored_at) / 1e6


def _place(asked: FlagPressed, fallback: tuple[float, float] | None) -> Place | None:
    if asked.place is not None:
        return Place(lon=asked.place.lon, lat=asked.place.lat)
    return None if fallback is None else Place(lon=fallback[0], lat=fallback[1])


def _unknown(what: str, alert_id: str) -> Unknown:
    return Unknown(sentence=f"this room knows no {what} {alert_id}; it may be too old")
