"""The media thread: the shell around ``core.media_lane``. It owns the media socket, reads files, settles what is done.

Its own thread and its own socket, so that nothing it waits for can hold up an alert. Before each offer and each chunk
it asks the outbox whether stream A has anything unacknowledged.
"""

import hashlib
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, assert_never

import structlog
import zmq

from edge_agent.core.media_items import MediaItem, MediaState
from edge_agent.core.media_lane import LaneState, MediaLane, due_at, resting, step
from edge_agent.core.media_talk import (
    Blocked,
    Broken,
    CloseSocket,
    Disconnected,
    Heard,
    LaneEvent,
    LaneInstruction,
    Looked,
    Offered,
    OpenSocket,
    RelaySeen,
    SendChunk,
    SendOffer,
    Sent,
    Settle,
    Ticked,
    Unsettled,
    Verify,
    Writable,
)
from edge_agent.core.session import Phase
from edge_agent.evidence.store import MediaStore
from edge_agent.link.curve import CurveKeys
from edge_agent.link.dealer import Dealer, DealerTuning
from edge_agent.link.key_ring import KeyRing
from edge_agent.link.relay_link import LinkState
from edge_agent.ops.clock import Clock
from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.store import Outbox
from patrol_wire.codec import decode, encode
from patrol_wire.errors import WireError
from patrol_wire.ids import Stream
from patrol_wire.media import chunk_bytes
from patrol_wire.messages import Bye, MediaChunk, MediaOffer, Message

log = structlog.get_logger(__name__)

_READ_AT_ONCE: Final = 64
_AFTER_FAULT_S: Final = 1.0
_POLL_AT_MOST_S: Final = 0.5
"""Upper bound of one wait: so soon a relay that has come back is noticed, and the watchdog sees a living thread."""
_LOOKED_AT: Final = 8
"""How many of what waits the machine is shown, beside those it has put off."""
_HASH_BYTES: Final = 1024 * 1024
_TUNING: Final = DealerTuning(send_queue=8, heartbeat_s=15, heartbeat_timeout_s=120)
"""A chunk fills a slow way for longer than a heartbeat's usual answer takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLinkState:
    """What the room knows of its media lane, for the console and the watchdog."""

    phase: str
    """``off``, ``idle``, ``offered``, ``sending``, ``resting``."""
    endpoint: str
    reason: str
    since_us: int
    held: bool = False
    """Stream A goes first at the moment."""
    rebuilds: int = 0
    bytes_sent: int = 0
    bad_messages: int = 0


class MediaLink:
    """Keeps the room's evidence flowing to the relay, behind its alerts; started once, stopped once."""

    def __init__(
        self,
        outbox: Outbox,
        media: MediaStore,
        *,
        keys: CurveKeys,
        link_state: Callable[[], LinkState],
        clock: Clock,
        ring: KeyRing | None = None,
    ) -> None:
        """``ring`` is the one of the room's other socket, which decides when the relay's key has turned."""
        self._ring = ring if ring is not None else KeyRing(keys.relay.decode())
        self._outbox = outbox
        self._media = media
        self._keys = keys
        self._link_state = link_state
        self._clock = clock
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="media-link", daemon=True)
        self._dealer: Dealer | None = None
        self._lane = MediaLane()
        self._open_file: tuple[str, BinaryIO] | None = None
        self._told = self._lane.reason
        """The obstacle that was logged last; empty while there is none."""
        self.state = MediaLinkState(
            phase=self._lane.state.value, endpoint="", reason=self._lane.reason, since_us=clock.now_us()
        )
        self.progress = 0
        """Rounds of the media thread; the watchdog compares it."""
        outbox.subscribe(self.wake)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Have the thread look at the outbox now; any thread, never blocks."""
        try:
            self._wake_in.send(b"w")
        except OSError:
            return  # enough wake-ups are waiting already, or the link was stopped

    def stop(self) -> None:
        """Close the socket and end the thread; within a second. What is half sent goes on after the next start."""
        self._stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout=2.0)
        self._wake_in.close()
        self._wake_out.close()

    # --- the media thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._context = zmq.Context()
        try:
            while not self._stopping.is_set():
                try:
                    self._serve()
                except Exception:  # supervisor: evidence must not stay here over one bug
                    log.exception("media_thread_failed")
                    self._stopping.wait(_AFTER_FAULT_S)
        finally:
            self._close_file()
            self._close_dealer()
            self._context.destroy(linger=0)

    def _serve(self) -> None:
        """Run one life of the machine, from nothing to stop()."""
        self._close_dealer()
        self._lane = MediaLane()
        while not self._stopping.is_set():
            self.progress += 1
            self._happen(self._relay_now())
            if self._lane.state is not LaneState.OFF:
                self._happen(self._look())
            self._round()
        self._send(Bye(reason="the agent stops"))

    def _round(self) -> None:
        """Wait for the next thing and take it."""
        lane, dealer = self._lane, self._dealer
        poller = zmq.Poller()
        poller.register(self._wake_out, zmq.POLLIN)
        if dealer is not None:
            poller.register(dealer.monitor, zmq.POLLIN)
            poller.register(dealer.socket, zmq.POLLIN | (zmq.POLLOUT if lane.blocked_at is not None else 0))
        due = due_at(lane)
        wait_s = _POLL_AT_MOST_S if due is None else min(max(0.0, due - self._clock.instant()), _POLL_AT_MOST_S)
        ready = dict(poller.poll(int(wait_s * 1000) + 1))
        if ready.get(self._wake_out.fileno()):
            self._drain_wake()
        if dealer is not None:
            if ready.get(dealer.monitor) and dealer.read_monitor():
                self._happen(Disconnected())
            if ready.get(dealer.socket, 0) & zmq.POLLIN:
                self._read(dealer)
            if ready.get(dealer.socket, 0) & zmq.POLLOUT and dealer is self._dealer:
                self._happen(Writable())
        due = due_at(self._lane)
        if due is not None and self._clock.instant() >= due:
            self._happen(Ticked())

    def _read(self, dealer: Dealer) -> None:
        for _ in range(_READ_AT_ONCE):
            frame = dealer.receive() if dealer is self._dealer else None
            if frame is None:
                return
            try:
                message = decode(frame).message
            except WireError as error:
                self.state = replace(self.state, bad_messages=self.state.bad_messages + 1)
                log.warning("media_message_refused", reason=error.reason, found=error.found)
                continue
            self._happen(Heard(message=message))

    def _happen(self, event: LaneEvent) -> None:
        """Tell the machine what happened and do what it says, until it says nothing more."""
        self._lane, first = step(self._lane, event, now_s=self._clock.instant())
        instructions = deque(first)
        while instructions:
            told = self._perform(instructions.popleft())
            if told is not None:
                self._lane, more = step(self._lane, told, now_s=self._clock.instant())
                instructions.extend(more)
        self._publish()

    def _perform(self, instruction: LaneInstruction) -> LaneEvent | None:
        match instruction:
            case OpenSocket():
                self._open(instruction)
                return None
            case CloseSocket():
                self._close_dealer()
                return None
            case SendOffer():
                return self._offer(instruction.item)
            case SendChunk():
                return self._send_chunk(instruction.item, instruction.offset)
            case Verify():
                return self._verify(instruction.item)
            case Settle():
                return self._settle(instruction)
            case _:
                assert_never(instruction)

    # --- what the machine looks at

    def _relay_now(self) -> RelaySeen:
        link = self._link_state()
        dealer = self._dealer
        if dealer is not None and dealer.relay_key != self._ring.keys.current:
            return RelaySeen(
                endpoint="", reason="the relay's key has turned"
            )  # the next look connects with the new one
        if link.media_port is None:
            return RelaySeen(endpoint=self._lane.endpoint, reason="the relay has not said whether it takes media")
        if link.media_port == 0:
            return RelaySeen(endpoint="", reason="the relay takes no media; evidence stays in the room")
        return RelaySeen(endpoint=media_endpoint(link.endpoint, link.media_port))

    def _look(self) -> Looked:
        put_off = len(resting(self._lane, self._clock.instant()))
        return Looked(upcoming=tuple(self._outbox.upcoming_media(_LOOKED_AT + put_off)), held=self._is_held())

    def _is_held(self) -> bool:
        """Tell whether an alert goes first, or nobody knows: without a session nothing is known to be acknowledged."""
        if self._link_state().phase != Phase.OPEN.value:
            return True
        return any(one.stream is Stream.ALERTS and one.last.seq > one.stored for one in self._outbox.lanes())

    # --- what it says

    def _open(self, instruction: OpenSocket) -> None:
        if self._dealer is not None:
            log.warning(
                "media_link_lost", endpoint=self.state.endpoint, reason=self._dealer.fault or instruction.reason
            )
        self._close_dealer()
        self._dealer = Dealer(
            self._context, self._keys, instruction.endpoint, relay_key=self._ring.keys.current, tuning=_TUNING
        )
        self.state = replace(self.state, rebuilds=self.state.rebuilds + 1)

    def _offer(self, item: MediaItem) -> LaneEvent:
        if self._is_held():
            return self._look()
        if self._file_of(item) is None:
            return Broken(item=item, reason="the file is gone")
        offer = MediaOffer(sha256=item.sha256, size_bytes=item.size_bytes, media_type=item.media_type)
        return Offered(item=item) if self._send(offer) else Blocked()

    def _send_chunk(self, item: MediaItem, offset: int) -> LaneEvent:
        if self._is_held():
            return self._look()
        length = chunk_bytes(item.size_bytes, offset)
        content = self._file_of(item)
        try:
            if content is None:
                return Broken(item=item, reason="the file is gone")
            content.seek(offset)
            chunk = content.read(length)
        except OSError as error:
            return Broken(item=item, reason=f"the file cannot be read: {error.strerror}")
        if len(chunk) != length or not length:
            return Broken(item=item, reason="the file is shorter than it was")
        if not self._send(MediaChunk(sha256=item.sha256, offset=offset, chunk=chunk)):
            return Blocked()
        self.state = replace(self.state, bytes_sent=self.state.bytes_sent + length)
        return Sent(upto=offset + length)

    def _verify(self, item: MediaItem) -> LaneEvent:
        """Find out whose fault wrong bytes are, by hashing the file; some seconds for a long clip, seldom."""
        self._close_file()
        content = self._file_of(item)
        if content is None:
            return Broken(item=item, reason="the file is gone")
        digest = hashlib.sha256()
        try:
            while read := content.read(_HASH_BYTES):
                digest.update(read)
                self.progress += 1
        except OSError as error:
            return Broken(item=item, reason=f"the file cannot be read: {error.strerror}")
        if digest.hexdigest() != item.sha256:
            return Broken(item=item, reason="the file is not what its name says: the disk changed it")
        log.warning("media_refused", sha256=item.sha256, reason="wrong_hash", next="it is sent again")
        return self._look()

    def _settle(self, settled: Settle) -> LaneEvent:
        item = settled.item
        self._close_file()
        try:
            self._outbox.settle_media(item.sha256, settled.state, reason=settled.reason)
        except OutboxError as error:
            log.warning("media_settlement_lost", sha256=item.sha256, reason=str(error))
            return Unsettled()
        if settled.state is MediaState.DELIVERED:
            log.debug("media_delivered", sha256=item.sha256, bytes=item.size_bytes)
            if self._told:
                self._tell(self._lane.state.value, "")
        else:
            log.error("media_not_delivered", sha256=item.sha256, state=settled.state.value, reason=settled.reason)
        self._media.unpin(item.sha256)
        return self._look()

    def _send(self, message: Message) -> bool:
        dealer = self._dealer
        if dealer is None or not dealer.send(encode(message, hop=dealer.hop + 1)):
            return False
        dealer.hop += 1
        return True

    def _file_of(self, item: MediaItem) -> BinaryIO | None:
        if self._open_file is None or self._open_file[0] != item.sha256:
            self._close_file()
            content = self._media.open(item.sha256)
            if content is None:
                return None
            self._open_file = (item.sha256, content)
        return self._open_file[1]

    def _close_file(self) -> None:
        if self._open_file is not None:
            self._open_file[1].close()
            self._open_file = None

    def _close_dealer(self) -> None:
        if self._dealer is not None:
            self._dealer.close()
            self._dealer = None

    def _drain_wake(self) -> None:
        try:
            while self._wake_out.recv(4096):
                pass
        except BlockingIOError:
            return

    def _publish(self) -> None:
        """Make the console's snapshot follow the lane; an obstacle is logged once, and once when it is over."""
        lane, state = self._lane, self.state
        phase = lane.state.value
        fault = self._dealer.fault if self._dealer is not None and lane.blocked_at is not None else ""
        reason = fault or (lane.reason if lane.state in (LaneState.OFF, LaneState.RESTING) else "")
        if reason and reason != self._told:
            self._tell(phase, reason)
        elif state.phase == LaneState.OFF.value != phase:
            self._tell(phase, "")
        self.state = replace(
            state,
            phase=phase,
            endpoint=lane.endpoint,
            reason=reason,
            held=lane.held and lane.state is not LaneState.OFF,
            since_us=self._clock.now_us() if phase != state.phase else state.since_us,
        )

    def _tell(self, phase: str, reason: str) -> None:
        self._told = reason
        log.info("media_lane", phase=phase, endpoint=self._lane.endpoint, reason=reason)


def media_endpoint(relay: str, port: int) -> str:
    """Return the address of the media gate on the host of a relay's endpoint (``tcp://HOST:PORT``)."""
    return f"{relay.rpartition(':')[0]}:{port}"
