"""The room's side of the link protocol (docs/wire-protocol.md §5) as one pure machine.

The shell (``edge_agent/link``) owns the socket and the outbox: it performs the instructions in order and reports what
happened as the next event. Nothing here waits, reads a clock or touches a byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, assert_never

from edge_agent.core.lane import Lane, grown, lane_from, unsent
from edge_agent.core.link_talk import (
    Blocked,
    BuildSocket,
    Disconnected,
    Heard,
    Instruction,
    KeyLearned,
    RaiseAlarm,
    Recorded,
    SendBatch,
    SendHello,
    SendPing,
    Sent,
    SessionEvent,
    Settle,
    Ticked,
    Unread,
    Writable,
)
from edge_agent.core.outbox import LaneMarks
from patrol_wire.ids import Stream
from patrol_wire.limits import MAX_BATCH_RECORDS
from patrol_wire.messages import Ack, Bye, Error, Nack, Pong, Redirect, StreamMark, Welcome, Who

HELLO_EVERY_S: Final = 0.2
REFUSED_HELLO_EVERY_S: Final = 30.0
SILENCE_S: Final = 5.0
"""Nothing heard for so long although an answer is due: the socket is rebuilt."""
NO_PROGRESS_S: Final = 2.0
"""Records unacknowledged and no acknowledgement for so long: the socket is rebuilt."""
PING_EVERY_S: Final = 10.0
HELD_S: Final = 3.0
"""Without credit for so long: hello on the same socket, whose welcome says the credit of now."""
GAP_ECHO_S: Final = 0.2
"""Each batch in flight behind a lost one is answered with the same nack; only the first makes us go back."""
UNREAD_PAUSE_S: Final = 0.2
ORDER: Final = (Stream.ALERTS, Stream.REPORTS, Stream.MEDIA)


class Phase(StrEnum):
    """Where the session stands."""

    GREETING = "greeting"
    """A socket exists and hello is repeated on it until welcome."""
    OPEN = "open"
    """Welcome came: batches flow within the credit."""
    REFUSED = "refused"
    """The relay speaks no common version; hello is repeated seldom, in case it is upgraded."""


# --- state ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything the machine knows; a replay of the events gives the same value."""

    configured: tuple[str, ...]
    endpoints: tuple[str, ...]
    endpoint_number: int = 0
    phase: Phase = Phase.GREETING
    reason: str = ""
    """Why the session is not open, for people."""
    number: int = 0
    """Session number of the current hello series."""
    lanes: Mapping[Stream, Lane] = field(default_factory=dict)
    marks: Mapping[Stream, LaneMarks] = field(default_factory=dict)
    credit: int = 0
    sending: bool = False
    blocked: bool = False
    paused_until: float = 0.0
    socket_at: float = 0.0
    hello_at: float = 0.0
    asked_at: float | None = None
    """Since when an answer is due."""
    progress_at: float = 0.0
    ping_at: float = 0.0
    commits: int = 0

    @property
    def endpoint(self) -> str:
        """The relay the socket is connected to."""
        return self.endpoints[self.endpoint_number]

    @property
    def in_flight(self) -> int:
        """Records unacknowledged over all streams."""
        return sum(lane.in_flight for lane in self.lanes.values())

    @property
    def pending(self) -> int:
        """Records the relay does not have yet."""
        return sum(lane.pending for lane in self.lanes.values())


Step = tuple[Session, tuple[Instruction, ...]]


def begin(*, endpoints: tuple[str, ...], number: int, lanes: tuple[LaneMarks, ...], now_s: float) -> Step:
    """Open the first socket; ``number`` is random, so that an answer to an earlier process is recognised."""
    session = Session(
        configured=endpoints,
        endpoints=endpoints,
        number=number,
        lanes={marks.stream: lane_from(marks) for marks in lanes},
        marks={marks.stream: marks for marks in lanes},
        reason="connecting",
    )
    return _connect(session, reason="start", now_s=now_s)


def step(session: Session, link_event: SessionEvent, *, now_s: float) -> Step:
    """Decide what one event means."""
    match link_event:
        case Recorded():
            return _recorded(session, link_event, now_s)
        case Sent():
            return _sent(session, link_event, now_s)
        case Blocked():
            return replace(session, sending=False, blocked=True), ()
        case Unread():
            return replace(session, sending=False, paused_until=now_s + UNREAD_PAUSE_S), ()
        case Writable():
            return _fill(replace(session, blocked=False))
        case Disconnected():
            if session.phase is not Phase.OPEN:
                return session, ()
            return _greet(session, reason="the connection was lost", now_s=now_s)
        case Heard():
            return _heard(replace(session, asked_at=None), link_event, now_s)
        case Ticked():
            return _ticked(session, now_s)
        case KeyLearned():
            return _greet(session, reason="a next key of the relay is kept", now_s=now_s)
        case _:
            assert_never(link_event)


def due_at(session: Session) -> float:
    """Return the moment of the next Ticked that can matter."""
    if session.phase is Phase.GREETING:
        return min(session.hello_at + HELLO_EVERY_S, session.socket_at + SILENCE_S)
    if session.phase is Phase.REFUSED:
        return session.hello_at + REFUSED_HELLO_EVERY_S
    moments = [session.ping_at + PING_EVERY_S]
    if session.asked_at is not None:
        moments.append(session.asked_at + SILENCE_S)
    if session.in_flight:
        moments.append(session.progress_at + NO_PROGRESS_S)
    if _is_held(session):
        moments.append(session.progress_at + HELD_S)
    if session.paused_until:
        moments.append(session.paused_until)
    return min(moments)


# --- transitions ----------------------------------------------------------------------------------------------


def _recorded(session: Session, recorded: Recorded, now_s: float) -> Step:
    lanes = dict(session.lanes)
    gave_up = False
    for marks in recorded.lanes:
        before = lanes.get(marks.stream, Lane())
        lanes[marks.stream] = grown(before, marks)
        gave_up = gave_up or marks.base.seq > before.stored
    session = replace(session, lanes=lanes, marks={marks.stream: marks for marks in recorded.lanes})
    if gave_up and session.phase is Phase.OPEN:
        # The relay must learn the new retained mark, or it answers everything behind the hole with a gap.
        return _greet(session, reason="records were given up", now_s=now_s)
    return _fill(session)


def _sent(session: Session, sent: Sent, now_s: float) -> Step:
    session = replace(session, sending=False)
    lane = session.lanes[sent.stream]
    if lane.sent == sent.after and sent.upto <= lane.last:
        if session.in_flight == 0:
            session = replace(session, progress_at=now_s)
        asked_at = now_s if session.asked_at is None else session.asked_at
        session = _with_lane(replace(session, asked_at=asked_at), sent.stream, replace(lane, sent=sent.upto))
    return _fill(session)


def _ticked(session: Session, now_s: float) -> Step:
    if now_s >= session.paused_until:
        session = replace(session, paused_until=0.0)
    if session.phase is Phase.REFUSED:
        if now_s - session.hello_at < REFUSED_HELLO_EVERY_S:
            return session, ()
        return _connect(session, reason=session.reason, now_s=now_s)
    if session.phase is Phase.GREETING:
        if now_s - session.socket_at >= SILENCE_S:
            return _rebuild(session, reason="no answer to hello", now_s=now_s)
        if now_s - session.hello_at >= HELLO_EVERY_S:
            return replace(session, hello_at=now_s), (SendHello(session=session.number),)
        return session, ()
    if session.asked_at is not None and now_s - session.asked_at >= SILENCE_S:
        return _rebuild(session, reason="the relay is silent", now_s=now_s)
    if session.in_flight and now_s - session.progress_at >= NO_PROGRESS_S:
        return _rebuild(session, reason="the relay acknowledges nothing", now_s=now_s)
    if _is_held(session) and now_s - session.progress_at >= HELD_S:
        return _greet(session, reason="no credit", now_s=now_s)
    session, instructions = _fill(session)
    if now_s - session.ping_at >= PING_EVERY_S:
        asked_at = now_s if session.asked_at is None else session.asked_at
        session = replace(session, ping_at=now_s, asked_at=asked_at)
        instructions = (*instructions, SendPing(pending=session.pending))
    return session, instructions


def _heard(session: Session, heard: Heard, now_s: float) -> Step:
    message = heard.message
    match message:
        case Welcome():
            return _welcomed(session, message, now_s)
        case Ack() if heard.stream is not None:
            return _acknowledged(session, heard.stream, message, now_s)
        case Nack() if heard.stream is not None:
            return _refused_batch(session, heard.stream, message, now_s)
        case Who():
            return (
                (session, ()) if session.phase is not Phase.OPEN else _greet(session, reason="asked who", now_s=now_s)
            )
        case Bye():
            return _greet(session, reason=message.reason or "the relay said bye", now_s=now_s)
        case Redirect():
            wanted = tuple(dict.fromkeys((*message.endpoints, *session.configured)))
            session = replace(session, endpoints=wanted, endpoint_number=0)
            return _connect(session, reason=f"redirected: {message.reason}", now_s=now_s)
        case Error():
            return _error(session, message, now_s)
        case Pong():
            return _fill(replace(session, commits=message.commits))
        case _:
            return session, (RaiseAlarm(code="odd_message", text=f"{type(message).__name__} is not for a room"),)


def _welcomed(session: Session, welcome: Welcome, now_s: float) -> Step:
    if welcome.session != session.number or session.phase is Phase.OPEN:
        return session, ()
    stored = {mark.stream: mark for mark in welcome.stored}
    final = {mark.stream: mark.seq for mark in welcome.final}
    instructions: list[Instruction] = []
    lanes: dict[Stream, Lane] = {}
    for stream, lane in session.lanes.items():
        seq = stored[stream].seq if stream in stored else 0
        fault = _disagreement(session.marks[stream], stored.get(stream))
        if fault:
            lanes[stream] = replace(unsent(lane), halted=fault)
            instructions.append(RaiseAlarm(code="fork", text=f"stream {stream}: {fault}"))
            continue
        # A relay that lost its store asks for less than it once acknowledged: what is still held is sent again.
        start = max(seq, lane.base)
        lanes[stream] = Lane(base=lane.base, last=lane.last, stored=start, sent=start, told=seq)
        if seq:
            instructions.append(Settle(stream=stream, stored=seq, final=min(final.get(stream, 0), seq)))
    session = replace(
        session, phase=Phase.OPEN, reason="", lanes=lanes, credit=welcome.credit, progress_at=now_s, ping_at=now_s
    )
    session, more = _fill(replace(session, blocked=False, sending=False))
    return session, (*instructions, *more)


def _disagreement(marks: LaneMarks, theirs: StreamMark | None) -> str:
    """Say why what the relay has of a stream cannot be what this outbox sent; empty when it can."""
    if theirs is None:
        return ""
    if theirs.seq > marks.last.seq:
        return f"the relay has {theirs.seq} records, this outbox only {marks.last.seq}: it was restored from a copy"
    for mark in (marks.base, marks.last):
        if theirs.seq == mark.seq and theirs.chain != mark.chain:
            return f"record {theirs.seq} differs from the one the relay has: the outbox was cloned or damaged"
    return ""


def _acknowledged(session: Session, stream: Stream, ack: Ack, now_s: float) -> Step:
    lane = session.lanes[stream]
    if ack.stored > lane.last:
        text = f"stream {stream}: the relay acknowledged {ack.stored}, the room has {lane.last}; ignored"
        return session, (RaiseAlarm(code="odd_ack", text=text),)
    instructions: tuple[Instruction, ...] = ()
    if session.phase is Phase.OPEN:
        session = replace(session, credit=ack.credit)
    if ack.stored > lane.told:
        lane = replace(lane, told=ack.stored)
        session = _with_lane(session, stream, lane)
    if ack.stored > lane.stored:
        session = replace(session, progress_at=now_s)
        lane = replace(lane, stored=ack.stored, sent=max(lane.sent, ack.stored))
        session = _with_lane(session, stream, lane)
    if ack.stored:
        final = min(ack.final, ack.stored)
        instructions = (Settle(stream=stream, stored=ack.stored, final=final, refused=ack.refused),)
    session, more = _fill(session)
    return session, (*instructions, *more)


def _refused_batch(session: Session, stream: Stream, nack: Nack, now_s: float) -> Step:
    lane = session.lanes[stream]
    if session.phase is not Phase.OPEN or lane.halted:
        return session, ()
    if nack.reason != "gap":
        why = f"the relay stopped this stream ({nack.reason}): cloned, restored or damaged outbox"
        session = _with_lane(session, stream, replace(unsent(lane), halted=why))
        session, more = _fill(session)
        return session, (RaiseAlarm(code="fork", text=f"stream {stream}: {why}"), *more)
    target = nack.expected - 1
    if target < lane.base <= lane.told:
        return _fill(session)  # said before the acknowledgement that overtook it
    if target < lane.base:
        why = f"the relay wants record {nack.expected}, the room gave up everything before {lane.base + 1}"
        session = _with_lane(session, stream, replace(unsent(lane), halted=why))
        session, more = _fill(session)
        return session, (RaiseAlarm(code="given_up", text=f"stream {stream}: {why}"), *more)
    echo = target == lane.rewound_to and now_s - lane.rewound_at < GAP_ECHO_S and lane.rewound_at > 0
    if echo or target < lane.stored or target >= lane.sent:
        return _fill(session)
    lane = replace(lane, sent=target, rewound_to=target, rewound_at=now_s)
    return _fill(_with_lane(session, stream, lane))


def _error(session: Session, error: Error, now_s: float) -> Step:
    alarm = RaiseAlarm(code=f"relay_{error.code}", text=error.text)
    if error.retryable:
        return replace(session, reason=f"{error.code}: {error.text}"), ()
    if error.code == "unknown_version" and session.phase is Phase.GREETING:
        reason = f"the relay speaks no common version: {error.text}"
        return replace(session, phase=Phase.REFUSED, reason=reason, hello_at=now_s), (alarm,)
    return session, (alarm,)


# --- parts of transitions ---------------------------------------------------------------------------------------


def _fill(session: Session) -> Step:
    """Ask for the next batch: stream A before B before C, within the credit, one at a time."""
    if session.phase is not Phase.OPEN or session.sending or session.blocked or session.paused_until:
        return session, ()
    room = min(session.credit - session.in_flight, MAX_BATCH_RECORDS)
    if room <= 0:
        return session, ()
    for stream in ORDER:
        lane = session.lanes.get(stream)
        if lane is not None and lane.waiting:
            batch = SendBatch(stream=stream, after=lane.sent, limit=min(room, lane.last - lane.sent))
            return replace(session, sending=True), (batch,)
    return session, ()


def _greet(session: Session, *, reason: str, now_s: float) -> Step:
    """Begin a new hello series on the same socket."""
    number = (session.number + 1) % 2**63
    session = replace(
        session,
        phase=Phase.GREETING,
        reason=reason,
        number=number,
        lanes={stream: unsent(lane) for stream, lane in session.lanes.items()},
        credit=0,
        sending=False,
        socket_at=now_s,
        hello_at=now_s,
        asked_at=None,
    )
    return session, (SendHello(session=number),)


def _connect(session: Session, *, reason: str, now_s: float) -> Step:
    """Build a socket to the current endpoint and greet on it."""
    session, hello = _greet(session, reason=reason, now_s=now_s)
    session = replace(session, blocked=False)
    return session, (BuildSocket(endpoint=session.endpoint, reason=reason), *hello)


def _rebuild(session: Session, *, reason: str, now_s: float) -> Step:
    """Give the socket up and try the next endpoint; after a round over a redirect's list, the configured ones again."""
    number = session.endpoint_number + 1
    if number >= len(session.endpoints):
        session = replace(session, endpoints=session.configured)
        number = 0
    return _connect(replace(session, endpoint_number=number), reason=reason, now_s=now_s)


def _with_lane(session: Session, stream: Stream, lane: Lane) -> Session:
    return replace(session, lanes={**session.lanes, stream: lane})


def _is_held(session: Session) -> bool:
    """Tell whether the relay's credit is all that keeps records here."""
    return session.credit == 0 and session.in_flight == 0 and any(lane.waiting for lane in session.lanes.values())
