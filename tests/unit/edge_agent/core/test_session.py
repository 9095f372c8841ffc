"""What the link's machine says to each event; its behaviour under faults is in test_session_under_faults.py."""

import pytest

from edge_agent.core.link_talk import (
    Blocked,
    BuildSocket,
    Heard,
    Instruction,
    RaiseAlarm,
    Recorded,
    SendBatch,
    SendHello,
    SendPing,
    Sent,
    Settle,
    Ticked,
    Unread,
    Writable,
)
from edge_agent.core.outbox import LaneMarks, Mark
from edge_agent.core.session import PING_EVERY_S, Phase, Session, begin, due_at, step
from patrol_wire.chain import CHAIN_START
from patrol_wire.ids import Stream
from patrol_wire.messages import Ack, Bye, Error, Nack, Pong, Redirect, StreamMark, Welcome, Who

A, B, C = Stream.ALERTS, Stream.REPORTS, Stream.MEDIA
ENDPOINTS = ("tcp://one:7701", "tcp://two:7701")


def chain_at(seq: int) -> bytes:
    """Stand-in for the running hash: each sequence number has one value."""
    return seq.to_bytes(8, "big") if seq else CHAIN_START


def lane_marks(stream: Stream, *, last: int, base: int = 0, stored: int = 0) -> LaneMarks:
    return LaneMarks(
        stream=stream,
        base=Mark(seq=base, chain=chain_at(base)),
        last=Mark(seq=last, chain=chain_at(last)),
        stored=stored,
    )


def marks(**last: int) -> tuple[LaneMarks, ...]:
    return tuple(lane_marks(stream, last=last.get(stream.value, 0)) for stream in Stream)


def welcome(session: Session, *, credit: int = 256, **stored: int) -> Heard:
    held = tuple(StreamMark(stream=Stream(name), seq=seq, chain=chain_at(seq)) for name, seq in stored.items())
    return Heard(
        message=Welcome(session=session.number, version=1, stored=held, final=held, credit=credit, clock=0), stream=None
    )


def opened(*, credit: int = 256, **last: int) -> tuple[Session, tuple[Instruction, ...]]:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(**last), now_s=0.0)
    return step(session, welcome(session, credit=credit), now_s=0.1)


def batches(instructions: tuple[Instruction, ...]) -> list[SendBatch]:
    return [one for one in instructions if isinstance(one, SendBatch)]


def test_the_first_thing_is_a_socket_and_a_hello() -> None:
    _, instructions = begin(endpoints=ENDPOINTS, number=7, lanes=marks(), now_s=0.0)
    assert instructions == (BuildSocket(endpoint=ENDPOINTS[0], reason="start"), SendHello(session=8))


def test_hello_is_repeated_on_the_same_socket_until_welcome() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(), now_s=0.0)
    for beat in range(1, 10):
        session, instructions = step(session, Ticked(), now_s=beat * 0.25)
        assert instructions == (SendHello(session=session.number),)


def test_after_five_silent_seconds_the_next_endpoint_is_tried_and_then_the_first_again() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(), now_s=0.0)
    session, instructions = step(session, Ticked(), now_s=5.0)
    assert instructions[0] == BuildSocket(endpoint=ENDPOINTS[1], reason="no answer to hello")
    session, instructions = step(session, Ticked(), now_s=10.0)
    assert instructions[0] == BuildSocket(endpoint=ENDPOINTS[0], reason="no answer to hello")


def test_welcome_starts_after_what_the_relay_has_and_settles_it() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(a=10), now_s=0.0)
    session, instructions = step(session, welcome(session, a=6), now_s=0.1)
    assert instructions == (Settle(stream=A, stored=6, final=6), SendBatch(stream=A, after=6, limit=4))
    assert session.phase is Phase.OPEN


def test_a_welcome_to_an_earlier_hello_is_ignored() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(a=1), now_s=0.0)
    stale = Welcome(session=session.number - 1, version=1, stored=(), final=(), credit=1, clock=0)
    session, instructions = step(session, Heard(message=stale, stream=None), now_s=0.1)
    assert (session.phase, instructions) == (Phase.GREETING, ())


def test_alerts_go_before_reports_and_reports_before_media() -> None:
    session, instructions = opened(a=1, b=1, c=1)
    order = []
    while batches(instructions):
        (batch,) = batches(instructions)
        order.append(batch.stream)
        session, instructions = step(session, Sent(stream=batch.stream, after=0, upto=1), now_s=0.2)
    assert order == [A, B, C]


def test_credit_bounds_what_is_in_flight_over_all_streams() -> None:
    session, instructions = opened(credit=3, a=2, b=5)
    assert batches(instructions) == [SendBatch(stream=A, after=0, limit=2)]
    session, instructions = step(session, Sent(stream=A, after=0, upto=2), now_s=0.2)
    assert batches(instructions) == [SendBatch(stream=B, after=0, limit=1)]
    session, instructions = step(session, Sent(stream=B, after=0, upto=1), now_s=0.2)
    assert instructions == ()
    acked = Heard(message=Ack(stored=2, final=1, credit=3), stream=A)
    session, instructions = step(session, acked, now_s=0.3)
    assert instructions == (Settle(stream=A, stored=2, final=1), SendBatch(stream=B, after=1, limit=2))


def test_without_credit_the_room_holds_and_asks_anew_every_three_seconds() -> None:
    session, instructions = opened(credit=0, a=1)
    assert instructions == ()
    session, instructions = step(session, Ticked(), now_s=3.2)
    assert instructions == (SendHello(session=session.number),)


def test_a_batch_is_never_longer_than_the_contract() -> None:
    _, instructions = opened(credit=1_000, a=500)
    assert batches(instructions) == [SendBatch(stream=A, after=0, limit=64)]


def test_a_new_record_is_sent_at_once() -> None:
    session, _ = opened()
    _, instructions = step(session, Recorded(lanes=marks(a=1)), now_s=5.0)
    assert batches(instructions) == [SendBatch(stream=A, after=0, limit=1)]


def test_a_blocked_socket_waits_for_writable() -> None:
    session, _ = opened(a=1)
    session, instructions = step(session, Blocked(), now_s=0.2)
    session, instructions = step(session, Recorded(lanes=marks(a=2)), now_s=0.3)
    assert instructions == ()
    _, instructions = step(session, Writable(), now_s=0.4)
    assert batches(instructions) == [SendBatch(stream=A, after=0, limit=2)]


def test_records_that_vanished_before_sending_do_not_make_the_link_spin() -> None:
    session, _ = opened(b=1)
    session, instructions = step(session, Unread(), now_s=0.2)
    assert instructions == ()
    assert due_at(session) > 0.2
    _, instructions = step(session, Ticked(), now_s=0.5)
    assert batches(instructions) == [SendBatch(stream=B, after=0, limit=1)]


def test_records_given_up_make_the_room_say_hello_with_the_new_mark() -> None:
    session, _ = opened(b=9)
    given_up = (lane_marks(A, last=0), lane_marks(B, last=9, base=5), lane_marks(C, last=0))
    session, instructions = step(session, Recorded(lanes=given_up), now_s=0.2)
    assert instructions == (SendHello(session=session.number),)
    session, instructions = step(session, welcome(session), now_s=0.3)
    assert batches(instructions) == [SendBatch(stream=B, after=5, limit=4)]


def test_who_brings_a_hello_on_the_same_socket() -> None:
    session, _ = opened(a=1)
    session, instructions = step(session, Heard(message=Who(), stream=None), now_s=1.0)
    assert instructions == (SendHello(session=session.number),)
    assert session.phase is Phase.GREETING


def test_a_second_who_for_the_same_restart_changes_nothing() -> None:
    session, _ = opened(a=1)
    session, _ = step(session, Heard(message=Who(), stream=None), now_s=1.0)
    _, instructions = step(session, Heard(message=Who(), stream=None), now_s=1.0)
    assert instructions == ()


def test_a_gap_rewinds_once_however_often_it_is_said() -> None:
    session, _ = opened(a=10)
    session, _ = step(session, Sent(stream=A, after=0, upto=10), now_s=0.2)
    gap = Heard(message=Nack(expected=4, reason="gap"), stream=A)
    session, instructions = step(session, gap, now_s=0.3)
    assert batches(instructions) == [SendBatch(stream=A, after=3, limit=7)]
    session, _ = step(session, Sent(stream=A, after=3, upto=10), now_s=0.31)
    _, instructions = step(session, gap, now_s=0.32)
    assert instructions == ()


@pytest.mark.parametrize("reason", ["fork", "quarantined"])
def test_a_fork_stops_that_stream_with_an_alarm_and_the_others_go_on(reason: str) -> None:
    session, _ = opened(a=1, b=1)
    session, instructions = step(session, Heard(message=Nack(expected=1, reason=reason), stream=A), now_s=0.2)
    assert any(isinstance(one, RaiseAlarm) and one.code == "fork" for one in instructions)
    session, instructions = step(session, Sent(stream=A, after=0, upto=1), now_s=0.2)
    assert [one.stream for one in batches(instructions)] == [B]


def test_a_relay_with_more_than_this_outbox_stops_the_stream() -> None:
    """The outbox was restored from a copy: sending would reuse numbers that mean something else."""
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(a=3), now_s=0.0)
    session, instructions = step(session, welcome(session, a=9), now_s=0.1)
    assert [type(one) for one in instructions] == [RaiseAlarm]
    assert "restored" in session.lanes[A].halted


def test_a_relay_with_another_record_under_the_same_number_stops_the_stream() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(a=3), now_s=0.0)
    other = (StreamMark(stream=A, seq=3, chain=b"otherone"),)
    message = Welcome(session=session.number, version=1, stored=other, final=other, credit=9, clock=0)
    session, instructions = step(session, Heard(message=message, stream=None), now_s=0.1)
    assert [type(one) for one in instructions] == [RaiseAlarm]
    assert "cloned" in session.lanes[A].halted


def test_an_acknowledgement_of_what_was_never_written_settles_nothing() -> None:
    session, _ = opened(a=1)
    _, instructions = step(session, Heard(message=Ack(stored=5, final=5, credit=9), stream=A), now_s=0.2)
    assert [type(one) for one in instructions] == [RaiseAlarm]


def test_dead_letters_are_passed_on_and_count_as_stored() -> None:
    session, _ = opened(a=1)
    session, _ = step(session, Sent(stream=A, after=0, upto=1), now_s=0.2)
    ack = Ack(stored=1, final=1, credit=9, refused=((1, "bad_body"),))
    _, instructions = step(session, Heard(message=ack, stream=A), now_s=0.3)
    assert instructions == (Settle(stream=A, stored=1, final=1, refused=((1, "bad_body"),)),)


def test_a_gap_that_an_acknowledgement_has_overtaken_stops_nothing() -> None:
    """A nack of before, doubled or late, asks for a record this very relay has acknowledged since."""
    session, _ = opened(a=3)
    session, _ = step(session, Sent(stream=A, after=0, upto=3), now_s=0.2)
    session, _ = step(session, Heard(message=Ack(stored=2, final=2, credit=9), stream=A), now_s=0.3)
    settled = (lane_marks(A, last=3, base=2, stored=2), lane_marks(B, last=0), lane_marks(C, last=0))
    session, _ = step(session, Recorded(lanes=settled), now_s=0.3)
    session, instructions = step(session, Heard(message=Nack(expected=1, reason="gap"), stream=A), now_s=0.4)
    assert instructions == ()
    assert session.lanes[A].halted == ""


def test_two_seconds_without_progress_rebuild_the_socket() -> None:
    session, _ = opened(a=1)
    session, _ = step(session, Sent(stream=A, after=0, upto=1), now_s=1.0)
    session, instructions = step(session, Ticked(), now_s=2.9)
    assert instructions == ()
    _, instructions = step(session, Ticked(), now_s=3.1)
    assert instructions[0] == BuildSocket(endpoint=ENDPOINTS[1], reason="the relay acknowledges nothing")


def test_an_idle_room_pings_and_rebuilds_when_the_ping_is_not_answered() -> None:
    session, _ = opened()
    session, instructions = step(session, Ticked(), now_s=0.1 + PING_EVERY_S)
    assert instructions == (SendPing(pending=0),)
    session, instructions = step(session, Ticked(), now_s=PING_EVERY_S + 5.2)
    assert instructions[0] == BuildSocket(endpoint=ENDPOINTS[1], reason="the relay is silent")


def test_an_answered_ping_keeps_the_socket() -> None:
    session, _ = opened()
    session, _ = step(session, Ticked(), now_s=10.2)
    pong = Pong(ping_sent_at=0, commits=5, last_commit_at=0, clock=0)
    session, _ = step(session, Heard(message=pong, stream=None), now_s=10.3)
    session, instructions = step(session, Ticked(), now_s=16.0)
    assert (instructions, session.commits) == ((), 5)


def test_a_redirect_is_followed_and_the_configured_relays_are_kept_behind_it() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(), now_s=0.0)
    moved = Redirect(endpoints=("tcp://three:7701",), reason="maintenance")
    session, instructions = step(session, Heard(message=moved, stream=None), now_s=0.1)
    assert instructions[0] == BuildSocket(endpoint="tcp://three:7701", reason="redirected: maintenance")
    session, instructions = step(session, Ticked(), now_s=5.2)
    assert instructions[0] == BuildSocket(endpoint=ENDPOINTS[0], reason="no answer to hello")


def test_a_relay_of_another_version_is_asked_again_seldom() -> None:
    session, _ = begin(endpoints=ENDPOINTS, number=7, lanes=marks(), now_s=0.0)
    error = Error(code="unknown_version", text="speaks 4 to 6")
    session, instructions = step(session, Heard(message=error, stream=None), now_s=0.1)
    assert [type(one) for one in instructions] == [RaiseAlarm]
    session, instructions = step(session, Ticked(), now_s=6.0)
    assert instructions == ()
    _, instructions = step(session, Ticked(), now_s=31.0)
    assert SendHello in [type(one) for one in instructions]


def test_a_busy_relay_is_no_alarm() -> None:
    session, _ = opened(a=1)
    _, instructions = step(session, Heard(message=Error(code="busy", text="", retryable=True), stream=None), now_s=1.0)
    assert instructions == ()


def test_bye_with_resync_brings_a_hello() -> None:
    session, _ = opened(a=1)
    session, instructions = step(session, Heard(message=Bye(reason="restart", resync=True), stream=None), now_s=1.0)
    assert instructions == (SendHello(session=session.number),)
