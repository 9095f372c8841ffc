"""What the room's program and its analysis process say to each other, and the analysis to its detectors.

Owns the messages and their bytes (MessagePack by msgspec). Both ends are of one version and one machine: a message that
cannot be read is a defect of ours, and the one who reads it lets its process be started again.
"""

from typing import Annotated, Final

import msgspec

from edge_agent.core.alerts import AlertChange, AlertEnded, AlertRaised, AlertUpdated
from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.load import LoadStep
from edge_agent.core.precision import Precision
from edge_agent.detect.shared_pictures import PictureLayout

NO_SLOT: Final = -1
_MOST_CHANGES: Final = 100
"""Changes in one message; a burst is told in several."""
Index = Annotated[int, msgspec.Meta(ge=0)]


class PictureCome(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=1):
    """To the analysis: a picture lies in a slot."""

    camera: Index
    """Place of the camera in the settings."""
    number: Index
    """Names the picture in the answers."""
    slot: Index
    layout: PictureLayout
    media_s: float
    captured_at: int
    """UTC microseconds."""
    arrived_s: float
    """Monotonic seconds; one clock for all processes of a machine (clock_gettime(2), CLOCK_MONOTONIC)."""


class CameraChanged(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=2):
    """To the analysis: other rules hold for a camera from its next picture on."""

    camera: Index
    settings: str
    """CameraSettings as JSON."""


class Ready(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=10):
    """To the room: the analysis can begin."""

    report: dict[str, object]
    """What the model is and why it runs so (``ChosenModel.report``); empty: motion alone."""


class Refused(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=11):
    """To the room: the analysis cannot begin until a person mends something; the process ends."""

    sentence: str


class SlotFreed(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=12):
    """To the room: the picture in this slot is not needed any more, though not decided yet."""

    slot: Index


class Change(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """One of the alert changes; msgspec tells structs apart by tags, which the core's dataclasses do not have."""

    raised: AlertRaised | None = None
    updated: AlertUpdated | None = None
    ended: AlertEnded | None = None


class Decided(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=13):
    """To the room: what a picture means."""

    camera: Index
    number: Index
    slot: int
    """The slot given back, NO_SLOT when it was before."""
    took_s: float
    """CPU part of the analysis, without the waiting for looks."""
    looked_at: Index = 0
    attend: bool = False
    """Every picture of the camera is wanted."""
    failed: bool = False
    """A defect of ours: the picture and the camera's tracks are lost, its analysis began anew."""
    more: bool = False
    """The rest of the changes follows in another message about the same picture."""
    changes: tuple[Change, ...] = ()
    conditions: tuple[HealthCondition, ...] | None = None
    """What is wrong with the picture itself; None while that cannot be told."""
    seen: bytes = b""
    """``picture_seen.packed_seen``; the room only keeps it, so it stays as it is."""


class AnalysisFigures(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=14):
    """To the room, about once a second: how the analysis is. Counters run from the start of the process."""

    load: LoadStep
    load_reason: str
    looks: dict[str, int]
    """Looks that took place, by kind."""
    shed: dict[str, int]
    """Looks that did not, by ``kind reason``."""
    look_ms: float
    """Mean time of a look lately; 0 before the first."""
    detectors: int
    """Detector processes that run now."""
    detector_restarts: int
    detector_fault: str
    """Why a detector is down; empty while all run."""


class DetectorSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector is to be."""

    settings: str
    """DetectorSettings as JSON; what they leave open is decided here."""
    min_score: float
    """Weaker detections are not told."""


class ModelReady(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=22):
    """To the analysis: the detector can be asked."""

    entry: str
    """Name in the catalogue of the model that runs, which may be the int8 twin of the one asked for."""
    precision: Precision
    report: dict[str, object]
    """``ChosenModel.report``: what was decided, and why."""


class LookAsked(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=20):
    """To a detector: a canvas lies in a slot."""

    look_id: Index
    slot: Index


class LookTaken(msgspec.Struct, array_like=True, frozen=True, kw_only=True, tag=21):
    """To the analysis: what the model sees on a canvas; the arrays of ``heads.raw.RawDetections`` as their bytes."""

    look_id: Index
    slot: Index
    took_s: float
    boxes: bytes = b""
    scores: bytes = b""
    classes: bytes = b""
    fault: str = ""
    """Why there is nothing: the model raised; empty when it did not."""


ToAnalysis = PictureCome | CameraChanged
ToRoom = Ready | Refused | SlotFreed | Decided | AnalysisFigures
ToDetector = LookAsked
ToDesk = ModelReady | Refused | LookTaken

_ENCODER: Final = msgspec.msgpack.Encoder()
_TO_ANALYSIS: Final[msgspec.msgpack.Decoder[ToAnalysis]] = msgspec.msgpack.Decoder(ToAnalysis)
_TO_ROOM: Final[msgspec.msgpack.Decoder[ToRoom]] = msgspec.msgpack.Decoder(ToRoom)
_TO_DETECTOR: Final = msgspec.msgpack.Decoder(LookAsked)
_TO_DESK: Final[msgspec.msgpack.Decoder[ToDesk]] = msgspec.msgpack.Decoder(ToDesk)


def encode(message: ToAnalysis | ToRoom | ToDetector | ToDesk) -> bytes:
    """Return the bytes of a message."""
    return _ENCODER.encode(message)


def read_by_detector(content: bytes) -> ToDetector:
    """Return what the analysis asks; raises msgspec.DecodeError."""
    return _TO_DETECTOR.decode(content)


def read_by_desk(content: bytes) -> ToDesk:
    """Return what a detector said; raises msgspec.DecodeError."""
    return _TO_DESK.decode(content)


def read_by_analysis(content: bytes) -> ToAnalysis:
    """Return what the room said; raises msgspec.DecodeError."""
    return _TO_ANALYSIS.decode(content)


def read_by_room(content: bytes) -> ToRoom:
    """Return what the analysis said; raises msgspec.DecodeError."""
    return _TO_ROOM.decode(content)


def packed(changes: tuple[AlertChange, ...]) -> list[tuple[Change, ...]]:
    """Return alert changes in portions for one message each; one empty portion when there are none."""
    every = [_packed(change) for change in changes]
    return [tuple(every[at : at + _MOST_CHANGES]) for at in range(0, len(every), _MOST_CHANGES)] or [()]


def unpacked(changes: tuple[Change, ...]) -> tuple[AlertChange, ...]:
    """Return the alert changes of a portion."""
    every = (change.raised or change.updated or change.ended for change in changes)
    return tuple(change for change in every if change is not None)


def _packed(change: AlertChange) -> Change:
    if isinstance(change, AlertRaised):
        return Change(raised=change)
    if isinstance(change, AlertUpdated):
        return Change(updated=change)
    return Change(ended=change)
