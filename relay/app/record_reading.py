"""What the relay makes of a record's bytes: its kind, or why it belongs to the dead letters."""

from typing import Final

from msgspec import Struct

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import AreaId, Epoch, NodeName, Stream
from patrol_wire.records import STREAM_A, STREAM_B, STREAM_C, RecordBody
from relay.core.correlation import Box

_STREAM_TYPES: Final = {Stream.ALERTS: STREAM_A, Stream.REPORTS: STREAM_B, Stream.MEDIA: STREAM_C}
UNREADABLE: Final = "unreadable"
KINDS: Final = {
    "Alert": "alert",
    "Flag": "flag",
    "Judgement": "judgement",
    "FlagChange": "flag_change",
    "AlertEnd": "alert_end",
    "TestAlert": "test_alert",
    "CameraHealth": "camera_health",
    "RoomHealth": "room_health",
    "ShiftEntry": "shift_entry",
    "Attestation": "attestation",
    "HealthAlert": "health_alert",
    "MediaManifest": "media_manifest",
}
"""What record_log calls each type of record."""


class Spot(Struct, frozen=True, gc=False):
    """Where an alert lies: its point, its area, and the grid cells in which an incident it belongs to may lie."""

    lon: float
    lat: float
    area_id: AreaId
    cells: tuple[int, ...]
    box: Box
    """Where such an incident may lie, unless it is of the same camera."""
    guessed: bool = False
    """Nobody knows where it is: shown in the middle of the city, in no area."""


class Opened(Struct, gc=False):
    """What is in a record's bytes; a fault is a reason and a detail for the dead letters."""

    body: RecordBody | None
    """None when it could not be read."""
    fault: tuple[str, str] | None = None
    spot: Spot | None = None
    """Of an alert or a flag, once somebody has looked (``RecordWork.look_up_all``)."""

    @property
    def kind(self) -> str:
        """The word of record_log."""
        return KINDS[type(self.body).__name__] if self.body is not None else UNREADABLE


class NewRecord(Struct, frozen=True, gc=False):
    """A record the relay has never had."""

    node: NodeName
    epoch: Epoch
    stream: Stream
    seq: int
    chain: bytes
    body: bytes
    opened: Opened | None = None
    """What is in it, when it was opened already."""


class Read(Struct, gc=False):
    """A new record with its place among those of the burst, from 1, and what is in it."""

    nth: int
    record: NewRecord
    opened: Opened


def open_record(stream: Stream, raw: bytes) -> Opened:
    """Decode a record of a stream."""
    try:
        body = codec.decode_record(raw)
    except WireError as error:
        return Opened(None, (error.reason, error.found))
    if not isinstance(body, _STREAM_TYPES[stream]):
        return Opened(body, ("wrong_stream", f"{KINDS[type(body).__name__]} in {stream.value}"))
    return Opened(body)


def read(nth: int, record: NewRecord) -> Read:
    """Return a record of the burst, opened."""
    opened = record.opened
    return Read(nth, record, opened if opened is not None else open_record(record.stream, record.body))
