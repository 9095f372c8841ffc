"""One value of every message and record; ``python -m patrol_wire.samples.make`` writes what is not yet frozen.

A frozen sample is never rewritten: a change that breaks one needs a new protocol version and an ADR.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire import records as r
from patrol_wire.frames import PREFIX_BYTES
from patrol_wire.ids import Forward, Measure, Outcome, Receipt, Severity, Step, Stream, Verdict
from patrol_wire.media import MediaReason

_ALERT: Final = "019aaf3c-5d00-7a11-8b22-0123456789ab"
_INCIDENT: Final = "019aaf3c-5d80-7c33-9d44-abcdef012345"
_DISPATCH: Final = "019aaf3c-5dc0-7e55-af66-0f1e2d3c4b5a"
_COMMAND: Final = "019aaf3c-6d00-7f77-8088-112233445566"
_SHA: Final = "0123456789abcdef" * 4
_AT: Final = 1_764_000_000_000_000
_PLACE: Final = r.Place(lon=121.4737, lat=31.2304)
_RELAY_KEY: Final = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
"""The public key of RFC 26's example."""
_CHAIN: Final = bytes.fromhex("0011223344556677")
_MARKS: Final = tuple(m.StreamMark(stream=stream, seq=41, chain=_CHAIN) for stream in Stream)
_VIEW: Final = m.DispatchView(
    dispatch_id=_DISPATCH,
    incident_id=_INCIDENT,
    state="offered",
    incident_state="dispatched",
    category="intrusion",
    severity=Severity.HIGH,
    area_id="t01-c03",
    place=_PLACE,
    camera="gate",
    text="东门 闯入",
    reason="own beat, 340 m, last seen 20 s ago",
    first_alert_at=_AT,
    offered_at=_AT + 1_000,
    answer_by=_AT + 30_000_000,
    revision=2,
)

RECORDS: Final[dict[str, r.RecordBody]] = {
    "alert": r.Alert(
        alert_id=_ALERT,
        camera="gate",
        rule="yard-intrusion",
        category="intrusion",
        severity=Severity.HIGH,
        forward=Forward.DIRECT,
        label="person",
        zone="yard",
        score=0.75,
        box=(0.25, 0.5, 0.375, 0.875),
        started_at=_AT,
        raised_at=_AT + 400_000,
        time_error_ms=12,
        clock_suspect=False,
        notify_until=_AT + 600_000_000,
        place=_PLACE,
        snapshot=_SHA,
        clip=None,
    ),
    "flag": r.Flag(
        alert_id=_ALERT,
        camera="gate",
        category="disorder",
        severity=Severity.CRITICAL,
        operator="op-117",
        flagged_at=_AT,
        look_back_s=20,
        note="两人打架",
        place=_PLACE,
        notify_until=_AT + 600_000_000,
        snapshot=_SHA,
        clip=_SHA,
    ),
    "judgement": r.Judgement(
        alert_id=_ALERT, verdict=Verdict.DISMISSED, operator="op-117", judged_at=_AT, reason="stray dog"
    ),
    "flag_change": r.FlagChange(
        alert_id=_ALERT,
        operator="op-117",
        changed_at=_AT,
        category="theft",
        severity=Severity.NORMAL,
        withdrawn=False,
        reason="seen again on the look-back",
    ),
    "flag_change_note": r.FlagChange(alert_id=_ALERT, operator="op-117", changed_at=_AT, note="红衣男子，往地铁口跑了"),
    "flag_change_place": r.FlagChange(
        alert_id=_ALERT, operator="op-117", changed_at=_AT, place=r.Place(lon=121.4737, lat=31.2304)
    ),
    "alert_end": r.AlertEnd(alert_id=_ALERT, ended_at=_AT, clip=_SHA, label="bicycle"),
    "test_alert": r.TestAlert(alert_id=_ALERT, raised_at=_AT),
    "camera_health": r.CameraHealth(camera="gate", state="stalled", since=_AT, reason="no packet for 12 s"),
    "room_health": r.RoomHealth(
        at=_AT,
        cameras_streaming=11,
        cameras_total=12,
        outbox_pending=3,
        oldest_pending_s=4,
        disk_free_bytes=64_000_000_000,
        clock_offset_ms=-18,
        agent_version="0.1.0",
    ),
    "shift_entry": r.ShiftEntry(operator="op-117", entry="sign_on", at=_AT, note="夜班"),
    "shift_entry_round": r.ShiftEntry(
        operator="op-117",
        entry="round",
        at=_AT,
        note="雨大",
        shift_id=_ALERT,
        subject="east-gates",
        figures={"cameras": 6, "seen": 5, "took_s": 48, "nothing_to_report": 1},
    ),
    "attestation": r.Attestation(
        day="2026-11-23",
        last_seq=812,
        alerts={"intrusion": 4, "crowd": 1},
        camera_seconds=1_036_800,
        first_seq=701,
        refused=2,
    ),
    "health_alert": r.HealthAlert(
        alert_id=_ALERT,
        camera="gate",
        condition="covered",
        severity=Severity.HIGH,
        raised_at=_AT,
        cleared_at=_AT + 90_000_000,
        reason="good for 60 s",
    ),
    "media_manifest": r.MediaManifest(
        alert_id=_ALERT,
        sha256=_SHA,
        media_type="video/mp4",
        size_bytes=1_400_000,
        started_at=_AT - 5_000_000,
        duration_ms=10_000,
        masked=True,
    ),
}

MESSAGES: Final[dict[str, m.Message]] = {
    "hello": m.Hello(
        session=77,
        epoch=2**62 + 5,
        lowest_version=1,
        highest_version=1,
        retained=_MARKS,
        clock=_AT,
        agent_version="0.1.0",
    ),
    "welcome": m.Welcome(session=77, version=1, stored=_MARKS, final=_MARKS, credit=256, clock=_AT),
    "welcome_media": m.Welcome(
        session=77, version=1, stored=_MARKS, final=_MARKS, credit=256, clock=_AT, media_port=7704
    ),
    "hello_next_key": m.Hello(
        session=77,
        epoch=2**62 + 5,
        lowest_version=1,
        highest_version=1,
        retained=_MARKS,
        clock=_AT,
        agent_version="0.1.0",
        relay_key=_RELAY_KEY,
    ),
    "welcome_next_key": m.Welcome(
        session=77,
        version=1,
        stored=_MARKS,
        final=_MARKS,
        credit=256,
        clock=_AT,
        media_port=7704,
        next_relay_key=_RELAY_KEY,
    ),
    "redirect": m.Redirect(endpoints=("tcp://relay-2.example:7701",), reason="this node is being serviced"),
    "error": m.Error(code="bad_body", text="kind 6: expected `array`, got `int`", retryable=False),
    "who": m.Who(),
    "batch": m.Batch(first_seq=42, records=(m.Record(chain=_CHAIN, body=codec.encode_record(RECORDS["alert"])),)),
    "ack": m.Ack(stored=42, final=41, credit=255, refused=((40, "bad_body"),)),
    "nack": m.Nack(expected=42, reason="gap"),
    "ping": m.Ping(sent_at=_AT, pending=3),
    "pong": m.Pong(ping_sent_at=_AT, commits=9_001, last_commit_at=_AT - 30_000, clock=_AT + 900),
    "bye": m.Bye(reason="slow_reader", resync=True),
    "progress": m.Progress(
        alert_id=_ALERT,
        incident_id=_INCIDENT,
        revision=7,
        incident_state="resolved",
        outcome=Outcome.CONFIRMED,
        at=_AT + 400_000_000,
        units=(m.UnitStep(unit="东一-12", state="cleared", at=_AT + 400_000_000),),
    ),
    "sync": m.Sync(session=78, lowest_version=1, highest_version=1, cursor=7, clock=_AT, terminal_version="0.1.0"),
    "snapshot": m.Snapshot(session=78, version=1, cursor=7, dispatches=(_VIEW,), clock=_AT, complete=True),
    "sync_next_key": m.Sync(
        session=78,
        lowest_version=1,
        highest_version=1,
        cursor=7,
        clock=_AT,
        terminal_version="0.1.0",
        relay_key=_RELAY_KEY,
    ),
    "snapshot_next_key": m.Snapshot(
        session=78, version=1, cursor=7, dispatches=(), clock=_AT, complete=True, next_relay_key=_RELAY_KEY
    ),
    "delta": m.Delta(entries=(m.MailboxEntry(cursor=8, at=_AT, dispatch=_VIEW, page=True),)),
    "receipts": m.Receipts(receipt=Receipt.SEEN, cursor=8, at=_AT),
    "command": m.Command(
        command_id=_COMMAND,
        dispatch_id=_DISPATCH,
        step=Step.CLEAR,
        device_at=_AT,
        outcome=Outcome.CONFIRMED,
        reason="settled on the spot",
        place=_PLACE,
    ),
    "command_result": m.CommandResult(
        command_id=_COMMAND, result="done", reason="cleared: confirmed", dispatch_state="cleared"
    ),
    "position": m.Position(place=_PLACE, fixed_at=_AT, accuracy_m=8.5),
    "counts_hello": m.CountsHello(session=79, lowest_version=1, highest_version=1, cursor=0),
    "counts": m.Counts(
        session=79,
        entries=(
            m.LedgerEntry(
                cursor=1,
                entry_id="00112233445566778899aabbccddeeff",
                measure=Measure.REPORTED,
                area="t01-c03",
                category="intrusion",
                month="2026-11",
                count=1,
                incident_id=_INCIDENT,
                reason="opened",
                recorded_at=_AT,
                release=2,
            ),
        ),
        head=1,
        releases=(
            m.MonthRelease(number=1, month="2026-10", release=1, cutoff=0, entries=0, published_at=_AT + 60_000_000),
        ),
    ),
    "counts_hello_next_key": m.CountsHello(
        session=79, lowest_version=1, highest_version=1, cursor=0, relay_key=_RELAY_KEY
    ),
    "counts_hello_entry": m.CountsHello(
        session=79, lowest_version=1, highest_version=1, cursor=1, entry_id="00112233445566778899aabbccddeeff"
    ),
    "counts_next_key": m.Counts(session=79, entries=(), head=1, next_relay_key=_RELAY_KEY),
    "media_offer": m.MediaOffer(sha256=_SHA, size_bytes=1_400_000, media_type="video/mp4"),
    "media_want": m.MediaWant(sha256=_SHA, offset=131_072, credit=8),
    "media_chunk": m.MediaChunk(sha256=_SHA, offset=131_072, chunk=bytes(range(16))),
    "media_done": m.MediaDone(sha256=_SHA, stored=True),
    "media_done_refused": m.MediaDone(sha256=_SHA, stored=False, reason=MediaReason.WRONG_HASH),
}
APPENDED: Final[dict[str, int]] = {
    "hello": 1,
    "welcome": 2,
    "welcome_media": 1,
    "sync": 1,
    "snapshot": 1,
    "counts_hello": 2,
    "counts_hello_next_key": 1,
    "counts": 1,
    "shift_entry": 3,
    "flag_change": 2,
    "flag_change_note": 1,
}
"""Samples frozen before their message or record grew: how many fields were appended since, which have the defaults."""

FOLDER: Final = Path(__file__).parent / "v1"


def frozen_name(kind: str, name: str) -> Path:
    """Return where the sample of a message or record lies."""
    return FOLDER / f"{kind}-{name}.hex"


def _as_frozen(name: str, packed: bytes, *, prefix_bytes: int = 0) -> bytes:
    """Return the bytes without the fields that their message or record got after the sample was frozen."""
    appended = APPENDED.get(name, 0)
    if not appended:
        return packed
    fields = msgspec.msgpack.decode(packed[prefix_bytes:], type=list)
    return packed[:prefix_bytes] + msgspec.msgpack.encode(fields[:-appended])


def encodings() -> dict[Path, str]:
    """Return today's encoding of every sample as hexadecimal text."""
    texts = {
        frozen_name("message", name): _as_frozen(
            name, codec.encode(value, hop=1, stream=Stream.ALERTS), prefix_bytes=PREFIX_BYTES
        ).hex()
        for name, value in MESSAGES.items()
    }
    texts |= {
        frozen_name("record", name): _as_frozen(name, codec.encode_record(value)).hex()
        for name, value in RECORDS.items()
    }
    return texts


def main() -> None:
    """Write the samples that do not exist yet; leave the frozen ones alone."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in encodings().items():
        if not path.exists():
            path.write_text(text + "\n", encoding="ascii")
            sys.stdout.write(f"froze {path.name}\n")


if __name__ == "__main__":
    main()
