"""What the relay makes of a record's bytes: its kind, or why it belongs to the dead letters."""

from typing import Final

from msgspec import Struct

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import AreaId, Stream
from patrol_wire.records import STREAM_A, STREAM_B, STREAM_C, RecordBody
from relay.app.rooms_intake import NewRecord

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


class Read(Struct, gc=False):
    """A new record with its number in the log, and what is in it; None when it could not be read."""

    log_id: int
    record: NewRecord
    body: RecordBody | None
    fault: tuple[str, str] | None
    spot: Spot | None = None
    """Set by ``prefetch`` for an alert or a flag whose place is known."""

    @property
    def kind(self) -> str:
        """The word of record_log."""
        return KINDS[type(self.body).__name__] if self.body is not None else UNREADABLE


def read(log_id: int, record: NewRecord) -> Read:
    """Decode a record; a fault is a reason and a detail for the dead letters."""
    try:
        body = codec.decode_record(record.body)
    except WireError as error:
        return Read(log_id, record, None, (error.reason, error.found))
    if not isinstance(body, _STREAM_TYPES[record.stream]):
        return Read(log_id, record, body, ("wrong_stream", f"{KINDS[type(body).__name__]} in {record.stream.value}"))
    return Read(log_id, record, body, None)
