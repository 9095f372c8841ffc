"""The core's end of one gate: the FieldPort over ipc.

One per gate, owned by the thread that serves it. The ipc file must lie in a folder only the relay may enter.
"""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Final

import structlog
import zmq

from relay.core.field import FromGate, GateBeat, GateRefusals, GateRole, GateStarted
from relay.core.refusals import UNKNOWN_PEER, NoteRefusal, Refused, forget_refusal
from relay.gate.inside import InsideError, pack_cut, pack_to_sessions, take_apart, unpack_from_gate
from relay.gate.sockets import Context, open_core_end

_LOG: Final = structlog.get_logger("relay.gate")


class CorePort:
    """See `relay.core.field.FieldPort`; counts what could not be handed over."""

    def __init__(
        self, context: Context, *, gate: GateRole, endpoint: str, note_refusal: NoteRefusal = forget_refusal
    ) -> None:
        self._gate = gate
        self._note_refusal = note_refusal
        self._identity = gate.value.encode()
        self._router = open_core_end(context, endpoint=endpoint)
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poller = zmq.Poller()
        self._poller.register(self._router, zmq.POLLIN)
        self._poller.register(self._wake_fd, zmq.POLLIN)
        self._wake_lock = Lock()
        self._woken = False
        """A wake waits to be read: those after it need not write."""
        self._closed = False
        self._fetched: deque[bytes] = deque()
        """Messages of the last piece that were not returned yet; empty before anything is waited for."""
        self._gate_epoch: int | None = None
        self.gate_counters: Mapping[str, int] = MappingProxyType({})
        """What the gate told last: its figures since it started; a value, replaced as a whole."""
        self.unsent = 0
        self.unreadable = 0

    @property
    def gate_epoch(self) -> int | None:
        """The gate that was heard last, None before the first: it speaks once it listens."""
        return self._gate_epoch

    def receive(self, *, within_s: float, limit: int) -> Sequence[FromGate]:
        """Return what arrived, at most ``limit``, waiting up to ``within_s`` for the first; empty after a wake."""
        arrived: list[FromGate] = []
        self._drain(arrived, limit)
        if arrived or within_s <= 0:
            return arrived
        for source, _ in self._poller.poll(int(within_s * 1000)):
            if source == self._wake_fd:
                with self._wake_lock:
                    os.eventfd_read(self._wake_fd)
                    self._woken = False
        self._drain(arrived, limit)
        return arrived

    def _drain(self, arrived: list[FromGate], limit: int) -> None:
        while len(arrived) < limit:
            if not self._fetched:
                if not self._fetch():
                    return
                continue
            try:
                message = unpack_from_gate(self._fetched.popleft())
            except InsideError as error:
                self._note_unreadable(error)
                continue
            if isinstance(message, GateRefusals):
                for peer, code, count in message.refused:
                    self._note_refusal(Refused(self._gate.value, peer or UNKNOWN_PEER, code, count))
                continue
            if isinstance(message, GateBeat):
                self.gate_counters = message.counters
            if isinstance(message, GateStarted):
                self._gate_epoch = message.gate_epoch
            elif isinstance(message, GateBeat) and message.gate_epoch != self._gate_epoch:
                self._gate_epoch = message.gate_epoch  # its announcement went to a core before this one
                arrived.append(GateStarted(message.gate_epoch))
            arrived.append(message)

    def _fetch(self) -> bool:
        """Fetch the next piece and take it apart; False when there is none."""
        try:
            identity, packed = self._router.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return False
        except ValueError:  # not two frames: nobody but our gate should be here
            self.unreadable += 1
            return True
        try:
            if identity != self._identity:
                raise InsideError(f"identity {identity[:40]!r}, expected {self._identity!r}")
            self._fetched.extend(take_apart(packed))
        except InsideError as error:
            self._note_unreadable(error)
        return True

    def _note_unreadable(self, error: InsideError) -> None:
        self.unreadable += 1
        if self.unreadable == 1:
            _LOG.error("inside_unreadable", gate=self._gate, fault=str(error))

    def send(self, session: bytes, frame: bytes) -> bool:
        """Hand a frame to the gate; False when the gate is away or full."""
        return self._tell(pack_to_sessions(((session, frame),)))

    def send_all(self, frames: Sequence[tuple[bytes, bytes]]) -> bool:
        """Hand frames to the gate, each with its session; False when the gate is away or full: none was taken."""
        return self._tell(pack_to_sessions(frames))

    def cut(self, session: bytes) -> bool:
        """Ask the gate to drop this session's messages from now on."""
        return self._tell(pack_cut(session))

    def _tell(self, packed: bytes) -> bool:
        try:
            self._router.send_multipart((self._identity, packed), zmq.NOBLOCK)
        except zmq.Again:
            self.unsent += 1
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self.unsent += 1
            return False
        return True

    def wake(self) -> None:
        """Make a waiting ``receive`` return; from any thread, also after ``close``."""
        with self._wake_lock:
            if not self._closed and not self._woken:
                self._woken = True
                os.eventfd_write(self._wake_fd, 1)

    def close(self) -> None:
        """Release the sockets; a second call does nothing."""
        with self._wake_lock:  # a descriptor that was closed may be somebody else's by the next wake
            if self._closed:
                return
            self._closed = True
            os.close(self._wake_fd)
        self._router.close(linger=0)
