"""Everything bad a room with a good key can send, against a real gate process and the real writer behind it.

Each is answered or cut with a reason, counted by reason, and written down with who, what and since when; gate and
writer live on, the neighbour is served, and what was stored agrees with itself.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import zmq
from msgspec.structs import replace

from patrol_wire.frames import CONTROL_LIMIT_BYTES, MAGIC, PREFIX, Kind, pack_prefix
from patrol_wire.ids import Forward, Stream, Verdict
from patrol_wire.limits import MAX_BATCH_RECORDS
from patrol_wire.messages import Ack, Message, Nack, Pong, Record, StreamMark, Welcome, Who
from patrol_wire.records import Alert, Judgement, Place
from relay.core.field import CommitProgress
from relay.core.policy import MICROS
from relay.store import figures
from relay.web.metrics import exposition
from relay.web.parts import RelayHealth
from tests.support.gate_site import ping
from tests.support.guarded_relay import GuardedRelay, HostileRoom, error_of, frame_of
from tests.support.records import some_alert, some_id, some_report
from tests.support.waiting import wait_until

YEAR_US = 365 * 86_400 * MICROS
PING = frame_of(ping())
BODY = PING[16:]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedRelay]:
    """One relay takes everything, one kind after another, as in the field."""
    nodes = ("room-0", "room-1", *(f"odd-{number}" for number in range(1, 100)))
    with GuardedRelay(tmp_path_factory.mktemp("relay"), nodes=nodes) as running:
        yield running
        running.assert_unharmed()


_ROOMS = iter(range(1, 100))
_ALERTS = iter(range(1_000, 10_000))


def room_on(relay: GuardedRelay) -> HostileRoom:
    return relay.room(f"odd-{next(_ROOMS)}")


def alert(**fields: object) -> Alert:
    return replace(some_alert(next(_ALERTS)), forward=Forward.DIRECT, place=Place(lon=0.05, lat=0.05), **fields)


def prefix(
    *, magic: bytes = MAGIC, version: int = 1, kind: int = Kind.PING, stream: int = 0, hop: int = 1, body: bytes = BODY
) -> bytes:
    return PREFIX.pack(magic, version, kind, stream, 0, 0, hop) + body


@dataclass(frozen=True)
class Bad:
    """One message that must not pass, and the reason it is refused for."""

    name: str
    frames: tuple[bytes, ...]
    code: str


_RANDOM = random.Random(4)  # repeatable, nothing secret
BAD_MESSAGES = (
    Bad("nothing at all", (b"",), "short_frame"),
    Bad("one byte short of a prefix", (PING[:15],), "short_frame"),
    Bad("random bytes", (_RANDOM.randbytes(300),), "bad_magic"),
    Bad("another protocol", (b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n",), "bad_magic"),
    Bad("a version before the first", (prefix(version=0),), "unknown_version"),
    Bad("a version of the far future", (prefix(version=255),), "unknown_version"),
    Bad("a stream that does not exist", (prefix(stream=7),), "unknown_stream"),
    Bad("a batch of no stream", (prefix(kind=Kind.BATCH),), "bad_body"),
    Bad("a kind that does not exist", (prefix(kind=99),), "unknown_kind"),
    Bad("a terminal's kind", (prefix(kind=Kind.SYNC),), "wrong_role"),
    Bad("the relay's own kind", (prefix(kind=Kind.WELCOME),), "wrong_role"),
    Bad("two frames", (PING, PING), "many_frames"),
    Bad("a thousand frames", (PING, *([b"x"] * 999)), "many_frames"),
    Bad("a right prefix and a body of noise", (prefix(body=_RANDOM.randbytes(500)),), "bad_body"),
    Bad("a right prefix and no body", (prefix(body=b""),), "bad_body"),
    Bad("a body cut in half", (PING[: 16 + len(BODY) // 2],), "bad_body"),
    Bad("arrays nested beyond reason", (prefix(body=b"\x91" * 5_000),), "bad_body"),
    Bad("an array that claims four thousand million items", (prefix(body=b"\xdd\xff\xff\xff\xff"),), "bad_body"),
    Bad("another kind in the body than in the prefix", (prefix(kind=Kind.HELLO),), "bad_body"),
    Bad("a number below its bound", (prefix(body=b"\x93\x09\xff\x00"),), "bad_body"),
    Bad("a frame just over the limit", (prefix(body=bytes(CONTROL_LIMIT_BYTES - 15)),), "long_frame"),
)


@pytest.mark.parametrize("bad", BAD_MESSAGES, ids=lambda bad: bad.name.replace(" ", "-"))
def test_a_bad_message_is_answered_counted_and_written_down_and_the_session_goes_on(
    relay: GuardedRelay, bad: Bad
) -> None:
    room = room_on(relay)
    assert isinstance(room.greet(), Welcome)
    assert error_of(room.ask(*bad.frames)) == bad.code
    room.outbox.put(alert())
    answer = room.deliver()
    assert isinstance(answer, Ack), "a refused message never costs the session"
    assert answer.stored == 1
    entry = relay.entry(room.outbox.node, bad.code)
    assert entry.count == 1
    assert entry.first_us <= entry.last_us


def batch_frame(room: HostileRoom, records: list[Record], first_seq: int = 1) -> bytes:
    """A batch our own encoder would never make: no bound is looked at on the way out."""
    import msgspec  # only here: everything else goes through the codec

    packed = msgspec.msgpack.encode([int(Kind.BATCH), first_seq, [[record.chain, record.body] for record in records]])
    return pack_prefix(Kind.BATCH, stream=Stream.ALERTS, hop=1) + packed


def test_a_batch_of_more_than_64_records_is_refused_whole(relay: GuardedRelay) -> None:
    room = room_on(relay)
    room.greet()
    for _ in range(MAX_BATCH_RECORDS + 1):
        room.outbox.put(alert())
    records = room.outbox.records[Stream.ALERTS]
    assert error_of(room.ask(batch_frame(room, records))) == "bad_body"
    relay.entry(room.outbox.node, "bad_body")
    answer = room.ask(batch_frame(room, records[:MAX_BATCH_RECORDS]))
    assert isinstance(answer, Ack)
    assert answer.stored == MAX_BATCH_RECORDS


def test_a_batch_of_more_than_32_kib_is_refused_whole(relay: GuardedRelay) -> None:
    """Two records of 20 KB fit the frame; the batch's own bound is the sum of its records."""
    room = room_on(relay)
    room.greet()
    for letter in (b"a", b"b"):
        room.outbox.put(letter * 20_000)
    records = room.outbox.records[Stream.ALERTS]
    assert error_of(room.ask(batch_frame(room, records))) == "bad_body"
    assert "32768" in relay.entry(room.outbox.node, "bad_body").detail


def test_frames_far_too_long_cost_their_sender_the_connection_and_are_written_down(relay: GuardedRelay) -> None:
    """libzmq cuts it without a word: what is known is whose connection ended."""
    room, neighbour = room_on(relay), room_on(relay)
    neighbour.greet()
    for _ in range(4):  # three ends in a row are nobody's business
        assert isinstance(room.greet(), Welcome)
        room.say(bytes(500_000))
        wait_until(lambda: not room.client.socket.poll(0, zmq.POLLOUT), within_s=5, what="the connection ends")
    assert relay.entry(room.outbox.node, "connection_lost").count == 1
    assert isinstance(neighbour.ask(PING), Pong), "the neighbour's session lives"
    assert isinstance(room.greet(), Welcome), "it comes back by itself"


@dataclass(frozen=True)
class BadRecord:
    """A record that is acknowledged, shown among the dead letters, and never used."""

    body: object
    reason: str


BAD_RECORDS = (
    BadRecord(b"\xc1 no record", "bad_body"),
    BadRecord(b"", "bad_body"),
    BadRecord(b"\x91\x7f", "bad_body"),  # a kind of record nobody knows
    BadRecord(some_report(1), "wrong_stream"),
    BadRecord(
        Judgement(alert_id=some_id(9), verdict=Verdict.ACCEPTED, operator="li.wei", judged_at=5), "unknown_alert"
    ),
)


@pytest.mark.parametrize("bad", BAD_RECORDS, ids=lambda bad: f"{type(bad.body).__name__}-{bad.reason}")
def test_a_bad_record_is_acknowledged_shown_and_counted_by_its_reason(relay: GuardedRelay, bad: BadRecord) -> None:
    room = room_on(relay)
    assert isinstance(room.greet(), Welcome)
    seq = room.outbox.put(bad.body)  # type: ignore[arg-type]  # records of several types, some of them none
    answer = room.deliver(seq)
    assert isinstance(answer, Ack)
    assert answer.refused == ((seq, bad.reason),)
    letter = relay.dead_letters()[0]
    assert (letter.node, letter.seq, letter.reason) == (room.outbox.node, seq, bad.reason)
    assert relay.entry(room.outbox.node, bad.reason).detail


def test_a_record_cannot_speak_for_another_room(relay: GuardedRelay) -> None:
    """The key decides who speaks. Judging a neighbour's alert, its id or its session is refused by name."""
    owner, forger = relay.room("room-1"), room_on(relay)
    owner.greet()
    forger.greet()
    theirs = alert()
    owner.outbox.put(theirs)
    assert isinstance(owner.deliver(), Ack)
    forger.outbox.put(Judgement(alert_id=theirs.alert_id, verdict=Verdict.DISMISSED, operator="x", judged_at=5))
    forger.outbox.put(theirs)
    answer = forger.deliver()
    assert isinstance(answer, Ack)
    assert dict(answer.refused) == {1: "not_your_alert", 2: "duplicate_alert"}
    for code in ("not_your_alert", "duplicate_alert"):
        relay.entry(forger.outbox.node, code)
    assert {letter.node for letter in relay.dead_letters()[:2]} == {forger.outbox.node}


def test_what_another_room_stored_does_not_count_for_one_that_shows_its_epoch(relay: GuardedRelay) -> None:
    """Epoch and numbers of another node are another key in the store: nothing of it is acknowledged, or taken."""
    owner, forger = room_on(relay), room_on(relay)
    owner.greet()
    forger.greet()  # the same epoch
    owner.outbox.put(alert())
    assert isinstance(owner.deliver(), Ack)
    forger.outbox.records[Stream.ALERTS].extend(owner.outbox.records[Stream.ALERTS])
    forger.outbox.put(alert())
    assert forger.deliver(2) == Nack(expected=1, reason="gap")
    assert relay.entry(forger.outbox.node, "gap").count == 1


def test_an_epoch_played_again_with_other_records_is_quarantined(relay: GuardedRelay) -> None:
    room = room_on(relay)
    room.greet()
    room.outbox.put(alert())
    assert isinstance(room.deliver(), Ack)
    clone = HostileRoom(room.client, room.outbox.node)
    clone.outbox.put(alert())
    clone.outbox.put(alert())
    clone.greet()
    assert clone.deliver() == Nack(expected=2, reason="fork")
    assert room.deliver() == Nack(expected=2, reason="quarantined")
    for code in ("fork", "quarantined"):
        relay.entry(room.outbox.node, code)


def test_a_whole_epoch_sent_again_is_acknowledged_again_and_stored_once(relay: GuardedRelay) -> None:
    room = room_on(relay)
    room.greet()
    for _ in range(5):
        room.outbox.put(alert())
    assert isinstance(room.deliver(), Ack)
    before = relay.writer.figures.records
    for _ in range(20):
        answer = room.deliver()
        assert isinstance(answer, Ack)
        assert answer.stored == 5
    assert relay.writer.figures.records == before


def test_marks_that_cannot_be_are_refused_and_the_stream_waits_for_people(relay: GuardedRelay) -> None:
    """A hello that claims a chain where nothing can be, and one that gives up alerts of stream A."""
    room = room_on(relay)
    mark = StreamMark(stream=Stream.ALERTS, seq=0, chain=b"12345678")
    room.say(room.outbox.hello(retained=[mark]).frame)
    answers: list[Message] = [room.client.receive(), room.client.receive()]
    assert {type(answer) for answer in answers} == {Welcome, Nack}
    relay.entry(room.outbox.node, "fork")


def test_hop_numbers_are_for_diagnosis_and_decide_nothing(relay: GuardedRelay) -> None:
    room = room_on(relay)
    room.greet()
    room.outbox.put(alert())
    frame = room.outbox.batch().frame
    for hop in (0, 2**64 - 1, 5, 5):
        answer = room.ask(frame[:8] + hop.to_bytes(8, "big") + frame[16:])
        assert isinstance(answer, Ack)
        assert answer.stored == 1


@pytest.mark.parametrize("years", [-1, 1, 100], ids=["a-year-ago", "in-a-year", "in-a-century"])
def test_a_record_of_a_wrong_year_counts_when_it_came_and_the_clock_is_written_down(
    relay: GuardedRelay, years: int
) -> None:
    room = room_on(relay)
    room.greet()
    now_us = relay.writer.figures.last_commit_us
    claimed = now_us + years * YEAR_US
    room.outbox.put(alert(started_at=claimed, raised_at=claimed))
    answer = room.deliver()
    assert isinstance(answer, Ack)
    assert answer.refused == (), "the room is believed that something happened, not when"
    assert "time of receipt taken" in relay.entry(room.outbox.node, "clock_off").detail
    (stored,) = relay.alerts(room)
    assert abs(stored.started_us - now_us) < 60 * MICROS
    assert "time of receipt taken" in stored.note


@pytest.mark.parametrize(("lowest", "highest"), [(0, 0), (2, 9), (255, 255), (9, 1)])
def test_a_hello_of_no_common_version_is_refused_by_name_and_opens_nothing(
    relay: GuardedRelay, lowest: int, highest: int
) -> None:
    room = room_on(relay)
    assert error_of(room.ask(room.outbox.hello(lowest=lowest, highest=highest).frame)) == "unknown_version"
    relay.entry(room.outbox.node, "unknown_version")
    room.outbox.put(alert())
    assert room.deliver() == Who()


def test_every_refusal_stands_in_the_metrics_by_gate_and_reason(relay: GuardedRelay) -> None:
    room = room_on(relay)
    for bad in BAD_MESSAGES:
        room.ask(*bad.frames)
    for code in {bad.code for bad in BAD_MESSAGES}:
        relay.entry(room.outbox.node, code)
    with relay.reader.begin() as connection:
        found = figures.read(connection)
    health = RelayHealth(parts={}, gates_running={}, refusals=relay.refusals.book)
    text = exposition(found, CommitProgress(commits=0, last_commit_us=0), health, live_pages=0).decode()
    totals = relay.refusals.book.totals
    assert {code for _, code in totals} >= {bad.code for bad in BAD_MESSAGES}
    for (_, code), count in totals.items():
        assert f'relay_refused_total{{code="{code}",gate="rooms"}} {float(count)}' in text
