"""The link thread: the shell around ``core.session``. It owns the DEALER, reads the outbox, settles what is acked."""

import secrets
import socket
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Final, assert_never

import structlog
import zmq

from edge_agent.core.clock_offset import clock_offset_s
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
from edge_agent.core.session import Phase, Session, begin, due_at, step
from edge_agent.link.curve import CurveKeys
from edge_agent.link.dealer import Dealer
from edge_agent.link.key_ring import KeyRing
from edge_agent.ops.clock import Clock
from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.store import Outbox
from edge_agent.outbox.values import StoredRecord
from patrol_wire import relay_keys
from patrol_wire.codec import decode, encode
from patrol_wire.errors import WireError
from patrol_wire.limits import MAX_BATCH_BYTES
from patrol_wire.messages import Batch, Bye, Hello, Ping, Pong, Progress, Record, StreamMark, Welcome
from patrol_wire.version import OLDEST_SPOKEN, PROTOCOL_VERSION

log = structlog.get_logger(__name__)

_READ_AT_ONCE: Final = 256
_AFTER_FAULT_S: Final = 1.0
_POLL_AT_MOST_S: Final = 0.5
"""Upper bound of one wait, so that the watchdog sees a living thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """What the room knows of its relay, for the console and the watchdog."""

    phase: str
    """``greeting``, ``open``, ``refused``, or ``off`` when the room has no relay."""
    endpoint: str
    reason: str
    since_us: int
    """When the phase began."""
    sessions: int = 0
    """Welcomes since the start."""
    rebuilds: int = 0
    """Sockets built since the start."""
    round_trip_ms: float | None = None
    clock_offset_s: float | None = None
    """This room's clock less the relay's, as last measured; None before the first answer to a ping."""
    commits: int = 0
    """The relay's own progress as of its last pong."""
    bad_messages: int = 0
    alarms: tuple[str, ...] = ()
    """What does not mend itself, newest last."""
    media_port: int | None = None
    """Port of the relay's media gate, 0 when it takes no media; None before the first welcome."""


class RelayLink:
    """Keeps the room's records flowing to the relay; started once, stopped once."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        keys: CurveKeys,
        endpoints: tuple[str, ...],
        clock: Clock,
        agent_version: str,
        ring: KeyRing | None = None,
    ) -> None:
        """``ring`` keeps the relay's keys; without one the room remembers a next key until it ends."""
        self._outbox = outbox
        self._keys = keys
        self._ring = ring if ring is not None else KeyRing(keys.relay.decode())
        self._endpoints = endpoints
        self._clock = clock
        self._agent_version = agent_version
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay-link", daemon=True)
        self._dealer: Dealer | None = None
        self._session: Session | None = None
        self._hello_held = False
        self._alarms: deque[str] = deque(maxlen=16)
        self.state = LinkState(
            phase=Phase.GREETING.value, endpoint=endpoints[0], reason="starting", since_us=clock.now_us()
        )
        self.progress = 0
        """Rounds of the link thread; the watchdog compares it."""
        outbox.subscribe(self.wake)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Have the thread look at the outbox now; any thread, never blocks."""
        try:
            self._wake_in.send(b"w")
        except BlockingIOError:
            return  # enough wake-ups are waiting already
        except OSError:
            return  # the link was stopped; the outbox outlives it by a moment

    def stop(self) -> None:
        """Say bye, close the socket, end the thread; within a second."""
        self._stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout=2.0)
        self._wake_in.close()
        self._wake_out.close()

    # --- the link thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._context = zmq.Context()
        try:
            while not self._stopping.is_set():
                try:
                    self._serve()
                except Exception:  # supervisor: the room must not fall silent over one bug
                    log.exception("link_thread_failed")
                    self._stopping.wait(_AFTER_FAULT_S)
        finally:
            if self._dealer is not None:
                self._dealer.close()
            self._context.destroy(linger=0)

    def _serve(self) -> None:
        """Run one life of the session machine, from a new socket to stop()."""
        self._session, instructions = begin(
            endpoints=self._endpoints,
            number=secrets.randbits(62),
            lanes=self._outbox.lanes(),
            now_s=self._clock.instant(),
        )
        self._follow(deque(instructions))
        while not self._stopping.is_set():
            self.progress += 1
            self._round()
        if self._session.phase is Phase.OPEN:
            self._send(encode(Bye(reason="the agent stops"), hop=self._next_hop()))

    def _round(self) -> None:
        session, dealer = self._session, self._dealer
        assert session is not None and dealer is not None  # noqa: S101, PT018 - begin() built both
        poller = zmq.Poller()
        poller.register(self._wake_out, zmq.POLLIN)
        poller.register(dealer.monitor, zmq.POLLIN)
        wants_out = session.blocked or self._hello_held
        poller.register(dealer.socket, zmq.POLLIN | (zmq.POLLOUT if wants_out else 0))
        wait_s = min(max(0.0, due_at(session) - self._clock.instant()), _POLL_AT_MOST_S)
        # One millisecond more than due, because poll() rounds down and would spin through the rest.
        ready = dict(poller.poll(int(wait_s * 1000) + 1))
        if ready.get(dealer.monitor):
            self._read_monitor(dealer)
        if ready.get(self._wake_out.fileno()):
            self._drain_wake()
            self._happen(Recorded(lanes=self._outbox.lanes()))
        if ready.get(dealer.socket, 0) & zmq.POLLIN:
            self._read(dealer)
        if wants_out and ready.get(dealer.socket, 0) & zmq.POLLOUT and dealer is self._dealer:
            if self._hello_held:
                self._hello_held = False
                self._perform(SendHello(session=self._session.number if self._session else 0))
            self._happen(Writable())
        if self._session is not None and self._clock.instant() >= due_at(self._session):
            self._happen(Ticked())

    def _read(self, dealer: Dealer) -> None:
        """Take a bounded burst, so that a flood of messages cannot starve sending."""
        for _ in range(_READ_AT_ONCE):
            if dealer is not self._dealer:
                return  # a message made us change the socket
            frame = dealer.receive()
            if frame is None:
                return
            try:
                received = decode(frame)
            except WireError as error:
                self.state = replace(self.state, bad_messages=self.state.bad_messages + 1)
                log.warning("relay_message_refused", reason=error.reason, found=error.found)
                continue
            if isinstance(received.message, Progress):
                self._note_progress(received.message)
                continue  # nothing is owed to it, and it answers nothing
            if isinstance(received.message, Pong):
                self._measure(received.message)
            elif isinstance(received.message, Welcome):
                self.state = replace(self.state, media_port=received.message.media_port)
            self._happen(Heard(message=received.message, stream=received.stream))
            if isinstance(received.message, Welcome):
                self._ring.prove(dealer.relay_key)
                if self._ring.learn(received.message.next_relay_key):
                    self._happen(KeyLearned())

    def _note_progress(self, progress: Progress) -> None:
        try:
            self._outbox.note_progress(progress)
        except OutboxError as error:  # the relay tells it again after the next hello
            log.warning("progress_lost", alert_id=progress.alert_id, reason=str(error))

    def _measure(self, pong: Pong) -> None:
        sent_us, received_us = pong.ping_sent_at, self._clock.now_us()
        offset_s = clock_offset_s(sent_us=sent_us, answered_us=pong.clock, received_us=received_us)
        self.state = replace(
            self.state,
            round_trip_ms=max(0.0, (received_us - sent_us) / 1000),
            clock_offset_s=self.state.clock_offset_s if offset_s is None else offset_s,
        )

    def _happen(self, link_event: SessionEvent) -> None:
        """Tell the machine what happened and do what it says, until it says nothing more."""
        assert self._session is not None  # noqa: S101 - set before the first round
        self._session, instructions = step(self._session, link_event, now_s=self._clock.instant())
        self._follow(deque(instructions))

    def _follow(self, instructions: deque[Instruction]) -> None:
        while instructions:
            told = self._perform(instructions.popleft())
            for link_event in told:
                assert self._session is not None  # noqa: S101 - set before the first instruction
                self._session, more = step(self._session, link_event, now_s=self._clock.instant())
                instructions.extend(more)
        self._publish()

    def _perform(self, instruction: Instruction) -> tuple[SessionEvent, ...]:
        match instruction:
            case BuildSocket():
                self._build(instruction)
            case SendHello():
                self._hello_held = not self._send_hello(instruction.session)
            case SendBatch():
                return self._send_batch(instruction)
            case SendPing():
                sent_at = self._clock.now_us()
                self._send(encode(Ping(sent_at=sent_at, pending=instruction.pending), hop=self._next_hop()))
            case Settle():
                self._settle(instruction)
            case RaiseAlarm():
                self._alarm(instruction)
            case _:
                assert_never(instruction)
        return ()

    def _build(self, instruction: BuildSocket, *, relay_key: str = "") -> None:
        reason = instruction.reason
        if self._dealer is not None:
            reason = self._dealer.fault or reason
            self._dealer.close()
        if self.state.phase == Phase.OPEN.value:
            log.warning("relay_link_lost", endpoint=self.state.endpoint, reason=reason)
        self._dealer = Dealer(
            self._context, self._keys, instruction.endpoint, relay_key=relay_key or self._ring.keys.current
        )
        self._hello_held = False
        self.state = replace(self.state, rebuilds=self.state.rebuilds + 1)

    def _send_hello(self, number: int) -> bool:
        lanes = self._outbox.lanes()
        hello = Hello(
            session=number,
            epoch=self._outbox.epoch,
            lowest_version=OLDEST_SPOKEN,
            highest_version=PROTOCOL_VERSION,
            retained=tuple(StreamMark(stream=one.stream, seq=one.base.seq, chain=one.base.chain) for one in lanes),
            clock=self._clock.now_us(),
            agent_version=self._agent_version,
            relay_key=self._ring.keys.newest,
        )
        return self._send(encode(hello, hop=self._next_hop()))

    def _send_batch(self, wanted: SendBatch) -> tuple[SessionEvent, ...]:
        records = self._outbox.unsettled(wanted.stream, wanted.after, wanted.limit)
        fitting = _fitting(records, after=wanted.after)
        if not fitting:
            return Unread(), Recorded(lanes=self._outbox.lanes())
        batch = Batch(
            first_seq=fitting[0].seq, records=tuple(Record(chain=one.chain, body=one.body) for one in fitting)
        )
        if not self._send(encode(batch, hop=self._next_hop(), stream=wanted.stream)):
            return (Blocked(),)
        return (Sent(stream=wanted.stream, after=wanted.after, upto=fitting[-1].seq),)

    def _settle(self, settled: Settle) -> None:
        try:
            self._outbox.settle(settled.stream, stored=settled.stored, final=settled.final, refused=settled.refused)
        except OutboxError as error:  # the relay will say it again in the next session
            log.warning("settlement_lost", stream=settled.stream.value, reason=str(error))
        for seq, reason in settled.refused:
            log.error("record_refused_by_relay", stream=settled.stream.value, seq=seq, reason=reason)

    def _alarm(self, alarm: RaiseAlarm) -> None:
        line = f"{alarm.code}: {alarm.text}"
        if line not in self._alarms:
            self._alarms.append(line)
            log.error("link_alarm", code=alarm.code, text=alarm.text)
            self.state = replace(self.state, alarms=tuple(self._alarms))

    def _read_monitor(self, dealer: Dealer) -> None:
        before = dealer.fault
        gone = dealer.read_monitor()
        if dealer.fault and dealer.fault != before:
            log.warning("relay_unreachable", endpoint=self.state.endpoint, reason=dealer.fault)
        if dealer.refused >= relay_keys.REFUSED_BEFORE_OTHER:
            self._try_other_key(dealer)
        if gone:
            self._happen(Disconnected())
        self._publish()

    def _try_other_key(self, dealer: Dealer) -> None:
        """Ask the same relay for the other key of the two the room keeps, if there are two."""
        wanted = relay_keys.other(self._ring.keys, dealer.relay_key)
        dealer.refused = 0
        if wanted != dealer.relay_key and self._session is not None:
            self._build(BuildSocket(endpoint=self._session.endpoint, reason=dealer.fault), relay_key=wanted)

    def _drain_wake(self) -> None:
        try:
            while self._wake_out.recv(4096):
                pass
        except BlockingIOError:
            return

    def _next_hop(self) -> int:
        return self._dealer.hop + 1 if self._dealer is not None else 1

    def _send(self, frame: bytes) -> bool:
        if self._dealer is None or not self._dealer.send(frame):
            return False
        self._dealer.hop += 1
        return True

    def _publish(self) -> None:
        """Make the console's snapshot follow the session; one log line per change of phase."""
        session, state = self._session, self.state
        if session is None:
            return
        reason = (self._dealer.fault if self._dealer is not None else "") or session.reason
        if session.phase is Phase.OPEN:
            reason = ""
        changed = session.phase.value != state.phase
        self.state = replace(
            state,
            phase=session.phase.value,
            endpoint=session.endpoint,
            reason=reason,
            commits=session.commits,
            since_us=self._clock.now_us() if changed else state.since_us,
            sessions=state.sessions + (1 if changed and session.phase is Phase.OPEN else 0),
        )
        if changed:
            log.info(
                "relay_link",
                phase=session.phase.value,
                endpoint=session.endpoint,
                reason=reason,
                pending=session.pending,
            )


def _fitting(records: list[StoredRecord], *, after: int) -> list[StoredRecord]:
    """Return the records that follow ``after`` without a hole and fit one batch; at least one when any follows."""
    fitting: list[StoredRecord] = []
    room = MAX_BATCH_BYTES
    for record in records:
        if record.seq != after + 1 + len(fitting):
            break
        room -= len(record.body)
        if room < 0 and fitting:
            break
        fitting.append(record)
    return fitting
