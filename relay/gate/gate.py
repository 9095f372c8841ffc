"""One gate: a single thread that moves frames between the field and the core, and refuses what must not pass.

Owns its sockets and the sessions; decodes no body and stores nothing, so killing it costs one hello per peer.
The media gate alone decodes what it takes and writes it down (``media_desk.py``); nothing of that is lost with it.
Policy for every queue: field to core full: stop reading the field (TCP pushes back), after CORE_PATIENCE_S refuse as
``unavailable``; one peer sending too much: its messages wait in its own lane, then are refused, then it is cut
(``guard.py``); core to one peer full: that peer is slow, is told Bye{resync} when it reads again, and nobody waits.
"""

import os
import struct
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Final

import structlog
import zmq

from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyPair
from relay.gate.admission import SILENT, Refusal, judge_frame, judge_peer
from relay.gate.gate_settings import GateSettings, handshake_ms_for
from relay.gate.guard import CONNECTION_LOST, Guard
from relay.gate.inside import (
    InsideError,
    ToGate,
    ToSession,
    pack_beat,
    pack_gone,
    pack_message,
    pack_refusals,
    unpack_to_gate,
)
from relay.gate.inward import Inward
from relay.gate.lanes import ALLOWANCES, Admitted, PeerLanes, cost_of
from relay.gate.media_desk import MediaDesk
from relay.gate.memory import MemoryCap
from relay.gate.monitor import ENDED, FieldMonitor
from relay.gate.peers import PeersFile
from relay.gate.relay_key import KeyWatch
from relay.gate.replies import BYE_FLOODING, BYE_REVOKED, BYE_SLOW, ERROR_FRAMES
from relay.gate.sessions import GateSession, SessionTable
from relay.gate.sockets import Context, open_field_socket, open_gate_end, scatter_routing_ids
from relay.gate.zap import KEY_PROPERTY, Answer, Verdict, ZapSocket
from relay.ops.clock import MachineClock
from relay.store.media_folder import MediaFolder

BURST: Final = 500
"""Messages taken from one socket before the others are looked at."""
TICK_S: Final = 0.1
PEERS_EVERY_S: Final = 0.25
"""How often the peer list is looked at; a revoked key is refused well within a second."""
BEAT_EVERY_S: Final = 1.0
_EPOCH: Final = struct.Struct(">Q")
_NOBLOCK: Final = int(zmq.NOBLOCK)
_MORE: Final = int(zmq.NOBLOCK | zmq.SNDMORE)
"""As numbers: pyzmq puts its flags together for each message, which costs as much as sending."""
_NOBODY: Final = b""
"""In place of a routing id: whose message waited in its lane is not told when it is given up."""
_MAX_REMEMBERED: Final = 1_000
"""Keys and refusals that were logged already; beyond that they are only counted."""

_LOG: Final = structlog.get_logger("relay.gate")


class Gate:
    """The loop. Construct it in the thread that runs it; ``run`` returns after ``stop`` or when the parent is gone."""

    def __init__(self, settings: GateSettings, *, keys: KeyPair, parent_pid: int | None = None) -> None:
        self._settings = settings
        self._parent_pid = parent_pid
        self._key = KeyWatch(settings.key_file, keys)
        self.key_turned = False
        """The relay's own key file holds another key now: the process is to be started anew with it."""
        self._peers = PeersFile(settings.peers_file)
        self._sessions = SessionTable()
        self._guard = Guard(PeerLanes(ALLOWANCES.get(settings.role) if settings.paced else None))
        self._slow: dict[bytes, GateSession] = {}
        self._counters: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()
        self._refused: Counter[tuple[str, str]] = Counter()
        """By peer and code, since the core was told last; no more than admitted peers times reasons."""
        self._stopping = False
        self.memory: MemoryCap | None = None
        self.gate_epoch = int.from_bytes(os.urandom(8), "big")
        self._tag = _EPOCH.pack(self.gate_epoch)
        scatter_routing_ids()
        self._context: Context = zmq.Context(2)
        self._zap = ZapSocket(self._context, domain=settings.role)
        patience_ms = handshake_ms_for(settings.handshake_ms, len(self._peers.table))
        self._field = open_field_socket(self._context, gate=settings.role, keys=keys, handshake_ms=patience_ms)
        self._monitor = FieldMonitor(self._field)
        self._field.bind(settings.bind)
        self._inside = open_gate_end(self._context, gate=settings.role, endpoint=settings.inside)
        self._core = Inward(self._inside, gate=settings.role, gate_epoch=self.gate_epoch, counters=self._counters)
        self._media = self._open_media(settings.media_dir) if settings.media_dir is not None else None

    def stop(self) -> None:
        """End within a tick; safe to call from a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Serve until stopped."""
        _LOG.info(
            "gate_listening", gate=self._settings.role, endpoint=self._settings.bind, peers=len(self._peers.table)
        )
        reading, holding = self._pollers()
        next_look = next_beat = monotonic()
        while not self._stopping:
            poller = holding if self._core.held else reading
            poller.poll(self._patience_ms())
            self._zap.answer_waiting(self._peers.table, self._note_handshake, limit=BURST, may_enter=self._may_enter)
            self._drain_core()
            self._drain_monitor()  # before the field: a descriptor that ended may speak for another peer by then
            self._drain_field()
            now = monotonic()
            if self._media is not None:
                self._media.work(now)
            if now >= next_look:
                next_look = now + PEERS_EVERY_S
                self._look_around()
            if now >= next_beat:
                next_beat = now + BEAT_EVERY_S
                self._beat()
        _LOG.info("gate_ended", gate=self._settings.role, counters=dict(self._counters))

    def _patience_ms(self) -> int:
        tick_ms = int(TICK_S * 1000)
        if self._media is not None and self._media.wait_ms is not None:
            tick_ms = min(tick_ms, self._media.wait_ms)
        due_s = self._guard.lanes.next_due_s(monotonic()) if not self._core.held else None
        return tick_ms if due_s is None else min(tick_ms, int(due_s * 1000) + 1)

    def _may_enter(self, public_key: str) -> bool:
        return self._guard.lanes.may_enter(public_key, monotonic())

    def close(self) -> None:
        """Close every socket without lingering."""
        if self._media is not None:
            self._media.close()
        self._field.disable_monitor()
        self._context.destroy(linger=0)

    def _pollers(self) -> tuple[zmq.Poller, zmq.Poller]:
        reading, holding = zmq.Poller(), zmq.Poller()
        for poller in (reading, holding):
            poller.register(self._zap.socket, zmq.POLLIN)
            poller.register(self._monitor.socket, zmq.POLLIN)
        reading.register(self._field, zmq.POLLIN)
        reading.register(self._inside, zmq.POLLIN)
        holding.register(self._inside, zmq.POLLIN | zmq.POLLOUT)
        return reading, holding

    # --- field → core

    def _drain_field(self) -> None:
        if not self._pass_on():
            return
        for packed in self._guard.lanes.due(monotonic()):
            if not self._core.add(_NOBODY, packed) and not self._pass_on():
                return
        for _ in range(BURST):
            try:
                routing_id = self._field.recv(_NOBLOCK)
            except zmq.Again:
                break
            body = self._field.recv(_NOBLOCK, copy=False)
            frames = 1
            more = body.more
            while more:  # thrown away part by part: a message of many frames must not be collected
                more = self._field.recv(zmq.NOBLOCK, copy=False).more
                frames += 1
            self._counters["received"] += 1
            examined = self._examine(routing_id, body, frames)
            if examined is not None and not self._core.add(routing_id, examined) and not self._pass_on():
                return
        self._pass_on()

    def _pass_on(self) -> bool:
        """Hand on what waits for the core; False while the core takes nothing and has not done so for long."""
        was_held = self._core.held
        if self._core.hand_over():
            return True
        if not self._core.is_away():
            return False
        for routing_id in self._core.give_up():
            if was_held or routing_id == _NOBODY:
                self._counters["given_up"] += 1  # its sender repeats it
            else:
                self._refuse(routing_id, Refusal.UNAVAILABLE, who="")
        return True

    def _examine(self, routing_id: bytes, body: zmq.Frame, frames: int) -> bytes | None:
        """Return what goes to the core now, or None after refusing it or putting it into its peer's lane."""
        try:
            user_id, public_key = str(body.get("User-Id")), str(body.get(KEY_PROPERTY))
        except zmq.ZMQError:  # libzmq knows no such property: the connection never passed our ZAP handler
            self._refuse(routing_id, Refusal.REVOKED, who="")
            return None
        now_s = monotonic()
        lanes = self._guard.lanes
        self._guard.meet(routing_id, public_key, body)
        if lanes.banned_for_s(public_key, now_s):  # a connection that was there before the ban
            self._too_much(routing_id, public_key, user_id, Admitted.CUT)
            return None
        frame = body.bytes
        gate = self._settings.role
        refusal = judge_peer(self._peers.table.get(public_key), user_id=user_id, gate=gate) or judge_frame(
            routing_id, frame, frames=frames, gate=gate
        )
        if refusal is None:
            session, forgotten = self._sessions.hear(routing_id, public_key)
            if forgotten is not None:
                self._core.say(pack_gone(self._tag + forgotten.routing_id, "evicted"))
            session.barred = False
            if not session.cut:
                if self._media is not None:  # its credit and pace bound the bytes; chunks never wait in a lane
                    admitted = lanes.charge(public_key, cost=1.0, now_s=now_s)
                    if admitted is Admitted.PASSES:
                        return self._inward(self._media, routing_id, user_id, frame)
                    self._too_much(routing_id, public_key, user_id, admitted)
                    return None
                packed = pack_message(self._tag + routing_id, user_id.encode(), frame)
                admitted = lanes.admit(public_key, packed, cost=cost_of(frame[3], len(frame)), now_s=now_s)
                if admitted is Admitted.PASSES:
                    return packed
                if admitted is Admitted.WAITS:
                    self._counters["paced"] += 1
                else:
                    self._too_much(routing_id, public_key, user_id, admitted)
                return None
            refusal = Refusal.CUT
        admitted = lanes.charge(public_key, cost=cost_of(0, len(frame)) + frames - 1, now_s=now_s)
        if admitted is Admitted.PASSES:
            self._refuse(routing_id, refusal, who=user_id)
        else:
            self._too_much(routing_id, public_key, user_id, admitted)
        return None

    def _inward(self, media: MediaDesk, routing_id: bytes, user_id: str, frame: bytes) -> bytes | None:
        """Return an admitted frame as it goes to the core; None when the media desk keeps it."""
        passed = media.take(routing_id, NodeName(user_id.partition(":")[2]), frame, now_s=monotonic())
        return None if passed is None else pack_message(self._tag + routing_id, user_id.encode(), passed)

    def _open_media(self, folder: Path) -> MediaDesk:
        def note(peer: bytes, node: NodeName, offer: bytes) -> bool:
            return self._core.say(pack_message(self._tag + peer, f"{Role.ROOM}:{node}".encode(), offer))

        return MediaDesk(
            MediaFolder(folder),
            clock=MachineClock(),
            counters=self._counters,
            send=self._send,
            pass_on=note,
            bytes_per_s=self._settings.media_bytes_per_s,
        )

    def _too_much(self, routing_id: bytes, public_key: str, user_id: str, admitted: Admitted) -> None:
        """Refuse a peer that floods, with few words; cut it when it goes on."""
        now_s = monotonic()
        if admitted is not Admitted.CUT:
            self._refuse(
                routing_id, Refusal.FLOODING, who=user_id, answer=self._guard.lanes.may_tell(public_key, now_s)
            )
            return
        self._refuse(routing_id, Refusal.FLOODING, who=user_id, answer=False)
        for session in self._guard.cut(public_key):
            self._send(session, BYE_FLOODING)
            self._sessions.forget(session)
            self._core.say(pack_gone(self._tag + session, "flooding"))
            self._counters["flooders_cut"] += 1
            _LOG.warning(
                "flooder_cut",
                gate=self._settings.role,
                peer=user_id,
                kept_out_s=round(self._guard.lanes.banned_for_s(public_key, now_s), 1),
            )

    def _refuse(self, routing_id: bytes, refusal: Refusal, *, who: str, answer: bool = True) -> None:
        self._counters[f"refused_{refusal}"] += 1
        self._refused[who, refusal.value] += 1
        if answer and refusal not in SILENT:
            self._send(routing_id, ERROR_FRAMES[refusal])

    # --- core → field

    def _drain_core(self) -> None:
        left = BURST
        while left > 0:
            try:
                packed = self._inside.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                orders = unpack_to_gate(packed)
            except InsideError as error:
                self._counters["inside_unreadable"] += 1
                _LOG.error("inside_unreadable", gate=self._settings.role, fault=str(error))
                continue
            left -= len(orders)
            for order in orders:
                self._obey(order)

    def _obey(self, order: ToGate) -> None:
        if not order.session.startswith(self._tag):
            self._counters["stale_session"] += 1  # meant for a gate before this one
            return
        routing_id = order.session[_EPOCH.size :]
        if isinstance(order, ToSession):
            self._deliver(routing_id, order.frame)
        elif (session := self._sessions.get(routing_id)) is not None:
            session.cut = True

    def _deliver(self, routing_id: bytes, frame: bytes) -> None:
        session = self._sessions.get(routing_id)
        if session is None:
            self._counters["unreachable"] += 1
            self._core.say(pack_gone(self._tag + routing_id, "unreachable"))
        elif session.slow or session.barred:
            self._counters["withheld"] += 1
        elif self._media is not None:
            outward = self._media.from_core(routing_id, frame)
            if outward is not None and self._send(routing_id, outward):
                self._counters["sent"] += 1
        elif self._send(routing_id, frame):
            self._counters["sent"] += 1

    def _send(self, routing_id: bytes, frame: bytes) -> bool:
        """Send without waiting; a peer that is away is forgotten, one that does not read is marked slow."""
        try:
            self._field.send(routing_id, _MORE)
            self._field.send(frame, _NOBLOCK)
        except zmq.Again:
            session = self._sessions.get(routing_id)
            if session is not None and not session.slow:
                session.slow = True
                self._slow[routing_id] = session
                self._counters["slow"] += 1
                _LOG.warning("peer_slow", gate=self._settings.role, peer=self._name_of(session))
                self._core.say(pack_gone(self._tag + routing_id, "slow_reader"))
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._counters["unreachable"] += 1
            if self._sessions.get(routing_id) is not None:
                self._sessions.forget(routing_id)
                self._core.say(pack_gone(self._tag + routing_id, "unreachable"))
            return False
        return True

    def _name_of(self, session: GateSession) -> str:
        peer = self._peers.table.get(session.public_key)
        return peer.user_id if peer is not None else session.public_key

    # --- beside the traffic

    def _look_around(self) -> None:
        if self._parent_pid is not None and os.getppid() != self._parent_pid:
            _LOG.warning("parent_gone", gate=self._settings.role)
            self._stopping = True
        if self._key.turned():  # libzmq keeps the old one for every connection of an open socket
            self.key_turned = self._stopping = True
        if self._peers.refresh():
            self._bar_revoked()
        if self.memory is not None:
            self.memory.fit(len(self._peers.table))
        self._counters["connections_shut"] += self._guard.shut_doomed()  # their Bye is on its way since the last look
        self._guard.lanes.forget_idle(monotonic())
        for routing_id, session in tuple(self._slow.items()):
            try:
                self._field.send_multipart((routing_id, BYE_SLOW), zmq.NOBLOCK)
            except zmq.Again:
                continue  # still not reading
            except zmq.ZMQError as error:
                if error.errno != zmq.EHOSTUNREACH:
                    raise
                self._sessions.forget(routing_id)
            session.slow = False
            del self._slow[routing_id]

    def _bar_revoked(self) -> None:
        for session in self._sessions:
            peer = self._peers.table.get(session.public_key)
            known = peer is not None and judge_peer(peer, user_id=peer.user_id, gate=self._settings.role) is None
            if known or session.barred:
                continue
            session.barred = True
            self._counters["barred"] += 1
            self._guard.lanes.drop(session.public_key)
            _LOG.warning("session_barred", gate=self._settings.role, peer=self._name_of(session))
            self._send(session.routing_id, BYE_REVOKED)
            self._core.say(pack_gone(self._tag + session.routing_id, "revoked"))

    def _beat(self) -> None:
        figures = {**self._counters, "sessions": len(self._sessions), "bad_peer_edits": self._peers.bad_edits}
        if not self._core.say(pack_beat(self.gate_epoch, figures)):
            self._counters["beats_lost"] += 1
        refused = [(who, code, count) for (who, code), count in self._refused.items()]
        if refused and self._core.say(pack_refusals(self.gate_epoch, refused)):
            self._refused.clear()

    def _drain_monitor(self) -> None:
        for name, fd in self._monitor.drain(limit=BURST):
            self._counters[name] += 1
            if name == ENDED:
                self._note_lost(self._guard.ended(fd))

    def _note_lost(self, public_key: str | None) -> None:
        peer = self._peers.table.get(public_key) if public_key is not None else None
        if peer is not None and public_key is not None and self._guard.lanes.lost_too_often(public_key, monotonic()):
            self._refused[peer.user_id, CONNECTION_LOST] += 1

    def _note_handshake(self, verdict: Verdict) -> None:
        self._counters[verdict.answer] += 1
        if verdict.answer in (Answer.PENDING, Answer.REVOKED) and self._first_time(verdict.public_key, verdict.answer):
            _LOG.warning(
                "key_not_admitted", gate=self._settings.role, public_key=verdict.public_key, answer=verdict.answer
            )

    def _first_time(self, who: str, what: str) -> bool:
        """Tell whether this is worth a log line; repeats are counted only."""
        if (who, what) in self._told or len(self._told) >= _MAX_REMEMBERED:
            return False
        self._told.add((who, what))
        return True
