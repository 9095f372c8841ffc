"""The media gate's own work: chunks into parts, whole parts into the folder. Lives in the gate's thread.

Whether content is wanted, and that it is noted, is the core's say: offers are passed on, and passed on once more when
the content lies in the folder. Nothing here is needed after a kill: a room offers again and goes on at its part.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import NodeName
from patrol_wire.media import MediaReason, window_end
from patrol_wire.messages import Bye, Error, MediaChunk, MediaDone, MediaOffer, MediaWant, Message, Who
from relay.core.media_transfer import CREDIT_CHUNKS, Transfer, TransferChange, TransferState, judge_chunk, step
from relay.core.pace import Pace, refilled, spent
from relay.core.policy import MICROS
from relay.ops.clock import Clock
from relay.store.media_folder import PART_KEPT_S, MediaFolder, Part, reason_of

MAX_TRANSFERS: Final = 1_024
"""Rooms that send at once, each with an open file; when full an offer is refused as ``busy``."""
HASH_SLICE_BYTES: Final = 8 * 1024 * 1024
"""Hashed of one part before the sockets are looked at again: some 10 ms."""
IDLE_S: Final = 60.0
"""A transfer whose room says nothing for so long is closed; its part stays."""
TIDY_EVERY_S: Final = 3_600.0
PAUSED_WAIT_MS: Final = 10
UNKNOWN_TRANSFER: Final = "unknown_transfer"
_LOG: Final = structlog.get_logger("relay.gate")


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One room's transfer."""

    node: NodeName
    offer: bytes
    """The frame of the offer, as it came: it goes to the core a second time when the content is here."""
    transfer: Transfer
    part: Part | None = None
    granted: int = 0
    """How far the room's credit has reached."""
    heard_s: float = 0.0


class MediaDesk:
    """All transfers of one gate. ``send`` hands a frame to a peer, ``pass_on`` an offer to the core."""

    def __init__(
        self,
        folder: MediaFolder,
        *,
        clock: Clock,
        counters: Counter[str],
        send: Callable[[bytes, bytes], object],
        pass_on: Callable[[bytes, NodeName, bytes], bool],
        bytes_per_s: float = 0.0,
    ) -> None:
        """``bytes_per_s`` bounds all rooms together, 0: no bound."""
        self._folder = folder
        self._clock = clock
        self._counters = counters
        self._send = send
        self._pass_on = pass_on
        self._desks: dict[bytes, _Desk] = {}
        self._peer_of: dict[NodeName, bytes] = {}
        """A room has one connection that counts, the latest: two would write into one part."""
        self._catching_up: dict[bytes, None] = {}
        self._pace = Pace(per_s=bytes_per_s)
        self._paused: dict[bytes, None] = {}
        """Rooms whose next credit waits for the pace, in the order they asked."""
        self._tidy_at_s = 0.0
        self._failing = False
        self._hop = 0

    @property
    def wait_ms(self) -> int | None:
        """How long the sockets may be waited for: not at all while there is something to hash; None: as you like."""
        if self._catching_up:
            return 0
        return PAUSED_WAIT_MS if self._paused else None

    def take(self, peer: bytes, node: NodeName, frame: bytes, *, now_s: float) -> bytes | None:
        """Take a room's frame that the gate admitted; return what goes to the core, None when it ends here."""
        try:
            message = codec.decode(frame).message
        except WireError as error:
            self._counters[f"refused_{error.reason}"] += 1
            self._say(peer, Error(code=error.reason, text=error.found[:500]))
            return None
        match message:
            case MediaOffer():
                return self._offer(peer, node, frame, message, now_s)
            case MediaChunk():
                self._chunk(peer, message, now_s)
                return None
            case Bye():
                self.forget(peer)
        return frame  # pings are the core's to answer: a core that hangs must be seen

    def from_core(self, peer: bytes, frame: bytes) -> bytes | None:
        """Take the core's frame for a room; return what goes to the room, None when it ends here."""
        message = codec.decode(frame).message
        desk = self._desks.get(peer)
        if isinstance(message, MediaWant):
            if desk is not None and desk.transfer.sha256 == message.sha256:
                self._begin(peer, desk)
            return None
        if isinstance(message, MediaDone) and desk is not None and desk.transfer.sha256 == message.sha256:
            self.forget(peer)
            self._counters["media_stored" if message.stored else f"media_refused_{message.reason}"] += 1
        return frame

    def work(self, now_s: float) -> None:
        """Hash a slice of every part that is taken up again, give the next credits, let go of what is idle."""
        self._pace = refilled(self._pace, now_s)
        while self._paused and self._pace.allows:
            peer = next(iter(self._paused))
            del self._paused[peer]
            self._give_credit(peer, self._desks[peer])
        for peer in tuple(self._catching_up):
            self._catch_up(peer, self._desks[peer])
        if now_s >= self._tidy_at_s:
            self._tidy_at_s = now_s + TIDY_EVERY_S
            self._tidy()
        for peer in [peer for peer, desk in self._desks.items() if now_s - desk.heard_s > IDLE_S]:
            self._counters["media_idle"] += 1
            self.forget(peer)

    def forget(self, peer: bytes) -> None:
        """Close a room's transfer; its part stays for the next try."""
        self._catching_up.pop(peer, None)
        self._paused.pop(peer, None)
        desk = self._desks.pop(peer, None)
        if desk is None:
            return
        if self._peer_of.get(desk.node) == peer:
            del self._peer_of[desk.node]
        if desk.part is not None:
            with suppress(OSError):
                desk.part.close()

    def close(self) -> None:
        """Close every part."""
        for peer in tuple(self._desks):
            self.forget(peer)

    # --- inside

    def _offer(self, peer: bytes, node: NodeName, frame: bytes, offer: MediaOffer, now_s: float) -> bytes | None:
        self.forget(peer)
        before = self._peer_of.get(node)
        if before is not None:
            self.forget(before)
        if len(self._desks) >= MAX_TRANSFERS:
            self._counters[f"media_refused_{MediaReason.BUSY}"] += 1
            self._say(peer, MediaDone(sha256=offer.sha256, stored=False, reason=MediaReason.BUSY))
            return None
        self._counters["media_offers"] += 1
        transfer = Transfer(sha256=offer.sha256, size_bytes=offer.size_bytes, media_type=offer.media_type)
        self._peer_of[node] = peer
        self._desks[peer] = _Desk(node=node, offer=frame, transfer=transfer, heard_s=now_s)
        return frame

    def _begin(self, peer: bytes, desk: _Desk) -> None:
        """The core wants it: open its part and find out how far it had come."""
        if desk.transfer.state is not TransferState.ASKED:
            # It lies in the folder, and the core does not find it there: two folders, or a deletion in between.
            self._refuse(peer, desk, MediaReason.UNWRITABLE)
            return
        try:
            part = self._folder.open_part(desk.transfer.sha256, desk.node)
        except OSError as error:
            self._fail(peer, desk, error)
            return
        if part.written > desk.transfer.size_bytes:
            part.discard()  # the same name with another length: one of both lied, so it begins anew
            self._counters["media_parts_discarded"] += 1
            self._refuse(peer, desk, MediaReason.WRONG_HASH)
            return
        desk.part = part
        desk.granted = part.written
        if part.written:
            self._counters["media_resumed"] += 1
        desk.transfer = step(desk.transfer, TransferChange.WANT, offset=part.written)
        self._catching_up[peer] = None
        self._catch_up(peer, desk)

    def _catch_up(self, peer: bytes, desk: _Desk) -> None:
        part = desk.part
        assert part is not None  # noqa: S101 - it is catching up
        try:
            part.catch_up(HASH_SLICE_BYTES)
        except OSError as error:
            self._fail(peer, desk, error)
            return
        if part.caught_up:
            del self._catching_up[peer]
            self._advance(peer, desk, TransferChange.CATCH_UP)

    def _chunk(self, peer: bytes, chunk: MediaChunk, now_s: float) -> None:
        desk = self._desks.get(peer)
        if desk is None or desk.transfer.sha256 != chunk.sha256 or desk.transfer.state is TransferState.ENDED:
            self._counters["media_unknown_transfer"] += 1
            self._say(peer, Who(reason=UNKNOWN_TRANSFER))
            return
        desk.heard_s = now_s
        refusal = judge_chunk(desk.transfer, offset=chunk.offset, length=len(chunk.chunk))
        if refusal is not None:
            self._refuse(peer, desk, refusal)
            return
        part = desk.part
        assert part is not None  # noqa: S101 - it is receiving
        try:
            part.write(chunk.chunk)
        except OSError as error:
            self._fail(peer, desk, error)
            return
        self._failing = False
        self._counters["media_chunks"] += 1
        self._counters["media_bytes"] += len(chunk.chunk)
        self._advance(peer, desk, TransferChange.TAKE)

    def _advance(self, peer: bytes, desk: _Desk, change: TransferChange) -> None:
        """Ask for more, or finish what is whole."""
        part = desk.part
        assert part is not None  # noqa: S101 - the caller has just used it
        if part.written < desk.transfer.size_bytes:
            desk.transfer = step(desk.transfer, change, offset=part.written)
            if self._pace.allows:
                self._give_credit(peer, desk)
            else:
                self._counters["media_paused"] += 1
                self._paused[peer] = None
                # Until it is said, the credit reaches no further, whatever a room does.
                desk.transfer = replace(desk.transfer, window=desk.granted)
            return
        desk.transfer = step(desk.transfer, TransferChange.FILL, offset=part.written)
        if not part.has_hash(desk.transfer.sha256):
            part.discard()
            desk.part = None
            _LOG.warning("media_wrong_hash", node=desk.node, sha256=desk.transfer.sha256)
            self._refuse(peer, desk, MediaReason.WRONG_HASH)
            return
        try:
            part.move_to(self._folder.place(desk.transfer.sha256))
        except OSError as error:
            self._fail(peer, desk, error)
            return
        desk.part = None
        desk.transfer = step(desk.transfer, TransferChange.KEEP)
        if not self._pass_on(peer, desk.node, desk.offer):
            self._counters["media_notes_lost"] += 1  # the core is away: the room offers again and is answered at once

    def _give_credit(self, peer: bytes, desk: _Desk) -> None:
        """Ask for more, and count what may come now and could not before."""
        self._paused.pop(peer, None)
        reaches = window_end(desk.transfer.size_bytes, desk.transfer.offset, CREDIT_CHUNKS)
        self._pace = spent(self._pace, reaches - desk.granted)
        desk.granted = reaches
        desk.transfer = replace(desk.transfer, window=reaches)
        self._say(peer, MediaWant(sha256=desk.transfer.sha256, offset=desk.transfer.offset, credit=CREDIT_CHUNKS))

    def _refuse(self, peer: bytes, desk: _Desk, reason: MediaReason) -> None:
        """End the transfer with its reason; the part stays, unless its content was wrong."""
        desk.transfer = step(desk.transfer, TransferChange.REFUSE)
        sha256 = desk.transfer.sha256
        self.forget(peer)
        self._counters[f"media_refused_{reason}"] += 1
        self._say(peer, MediaDone(sha256=sha256, stored=False, reason=reason))

    def _fail(self, peer: bytes, desk: _Desk, error: OSError) -> None:
        reason = reason_of(error)
        if not self._failing:
            self._failing = True  # once per outage; repeats are counted
            _LOG.error("media_folder_failed", folder=str(self._folder.root), reason=reason, fault=str(error))
        self._refuse(peer, desk, reason)

    def _tidy(self) -> None:
        try:
            forgotten = self._folder.forget_parts(self._clock.now_us() / MICROS - PART_KEPT_S)
        except OSError as error:
            _LOG.error("media_folder_failed", folder=str(self._folder.root), fault=str(error))
            return
        self._counters["media_parts_forgotten"] += forgotten

    def _say(self, peer: bytes, message: Message) -> None:
        self._hop += 1
        self._send(peer, codec.encode(message, hop=self._hop))
