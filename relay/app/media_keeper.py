"""The media keeper: says which content is wanted, makes room for it, and has it noted when it lies in the folder.

The thread behind the media gate. A room hears ``stored`` only after the writer's commit; a store that fails means that
the room keeps its own and offers again. Files are deleted after the commit that says so, never before.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import NodeName
from patrol_wire.media import MediaReason
from patrol_wire.messages import Bye, Error, MediaDone, MediaOffer, MediaWant, Message, Ping, Pong
from relay.core.commands import CommandResult, DeskBusyError, MediaDropped, MediaKept, MediaPlaced, Submit
from relay.core.field import CommitProgress, FieldMessage, FieldPort, GateBeat
from relay.core.media import (
    ContentState,
    Found,
    MediaLimits,
    Noted,
    Space,
    choose_victims,
    excess,
    judge_found,
    judge_offer,
)
from relay.ops.clock import Clock
from relay.store import media
from relay.store.media_folder import MediaFolder, reason_of

POLL_S: Final = 0.25
BURST: Final = 200
NOTED_WITHIN_S: Final = 5.0
"""How long a deletion waits for its commit before the offer is refused as ``busy``."""
RECOUNT_EVERY_S: Final = 30.0
"""How often the store is asked how much lies in the folder: another relay may store and delete there too."""
DELETED_AT_ONCE: Final = 1_000
"""Contents looked at to make room for one; more small ones than that, and the next offer goes on."""
_LOG: Final = structlog.get_logger("relay.media")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noting:
    """Content that waits for the commit of its note."""

    session: bytes
    sha256: str
    size_bytes: int
    noted: "Future[CommandResult]"


class MediaKeeper:
    """See the module. ``stop`` may be called from any thread."""

    def __init__(
        self,
        *,
        port: FieldPort,
        folder: MediaFolder,
        limits: MediaLimits,
        reader: Engine,
        submit: Submit,
        clock: Clock,
        progress: Callable[[], CommitProgress],
    ) -> None:
        self._port = port
        self._folder = folder
        self._limits = limits
        self._reader = reader
        self._submit = submit
        self._clock = clock
        self._progress = progress
        self._noting: list[_Noting] = []
        self._kept_bytes = 0
        self._recount_at_s = 0.0
        self._full = False
        self._hops = itertools.count(1)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="media-keeper", daemon=True)
        self.counters: Counter[str] = Counter()
        self.gate: GateBeat | None = None
        """The gate's last sign of life, with its counters."""

    def tell_place(self, web_url: str) -> None:
        """Say where the other relays on the store reach this folder; empty: they cannot."""
        self._submit(MediaPlaced(folder=self._folder.name, web_url=web_url))

    def start(self) -> None:
        """Begin serving."""
        self._thread.start()

    def stop(self) -> None:
        """End and release the port; returns within two seconds."""
        self._stopping.set()
        self._port.wake()
        if self._thread.ident is None:  # never started: nobody else releases the port
            self._port.close()
            return
        self._thread.join(2.0)

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs; the watchdog asks."""
        return self._thread.is_alive()

    @property
    def kept_bytes(self) -> int:
        """Bytes of all content in the folder."""
        return self._kept_bytes

    # --- the thread

    def _run(self) -> None:
        in_order = False
        while not self._stopping.is_set():
            try:
                if not in_order:
                    self._put_in_order()
                    in_order = True
                self._round()
            except Exception:  # noqa: BLE001  # supervisor loop: one bad moment must not end the lane
                self.counters["rounds_failed"] += 1
                _LOG.exception("media_keeper_failed")
                self._stopping.wait(POLL_S)
        self._port.close()

    def _round(self) -> None:
        for item in self._port.receive(within_s=POLL_S, limit=BURST):
            if isinstance(item, FieldMessage):
                self._hear(item)
            elif isinstance(item, GateBeat):
                self.gate = item
        self._answer_noted()
        if self._clock.monotonic_s() >= self._recount_at_s:
            self._recount()

    def _recount(self) -> None:
        self._recount_at_s = self._clock.monotonic_s() + RECOUNT_EVERY_S
        with self._reader.connect() as connection:
            self._kept_bytes = media.stored_bytes(connection, self._folder.name)

    def _hear(self, heard: FieldMessage) -> None:
        try:
            message = codec.decode(heard.frame).message
        except WireError as error:
            self.counters[f"refused_{error.reason}"] += 1
            self._say(heard.session, Error(code=error.reason, text=error.found[:500]))
            return
        match message:
            case MediaOffer():
                refusal = self._take_offer(heard, message)
                if refusal is not None:
                    self.counters[f"refused_{refusal}"] += 1
                    self._say(heard.session, MediaDone(sha256=message.sha256, stored=False, reason=refusal))
            case Ping():
                commits, last_commit_us = self._progress()
                clock_us = self._clock.now_us()
                self._say(
                    heard.session,
                    Pong(ping_sent_at=message.sent_at, commits=commits, last_commit_at=last_commit_us, clock=clock_us),
                )
            case Bye():
                pass  # the gate has closed its transfer
            case _:  # the gate lets no other kind through
                text = f"a room does not send {type(message).__name__} here"
                self._say(heard.session, Error(code="wrong_role", text=text))

    def _take_offer(self, heard: FieldMessage, offer: MediaOffer) -> MediaReason | None:
        """Answer that it is wanted, or stored; return why it is neither."""
        try:
            with self._reader.connect() as connection:
                announced = media.announced(connection, heard.node, offer.sha256)
                known = media.content(connection, offer.sha256)
            judged = judge_offer(
                size_bytes=offer.size_bytes, media_type=offer.media_type, announced=announced, limits=self._limits
            )
            if judged is not None:
                return judged
            is_stored = known is not None and known.state is ContentState.STORED
            if is_stored and known is not None and known.folder != self._folder.name:
                self._say(heard.session, MediaDone(sha256=offer.sha256, stored=True))  # another relay has it
                return None
            if self._folder.size_of(offer.sha256) == offer.size_bytes:
                if is_stored:
                    self._say(heard.session, MediaDone(sha256=offer.sha256, stored=True))
                else:
                    self._note(heard, offer)
                return None
            refusal = self._make_room(offer.size_bytes)
        except (SQLAlchemyError, DeskBusyError, FutureTimeoutError) as error:
            _LOG.warning("media_offer_put_off", node=heard.node, fault=str(error)[:200])
            return MediaReason.BUSY
        except OSError as error:
            _LOG.error("media_folder_failed", folder=str(self._folder.root), fault=str(error))
            return reason_of(error)
        if refusal is None:
            self.counters["wanted"] += 1
            self._say(heard.session, MediaWant(sha256=offer.sha256, offset=0, credit=0))  # the gate says from where
        return refusal

    def _note(self, heard: FieldMessage, offer: MediaOffer) -> None:
        """Have the writer note what lies in the folder; the room is answered after the commit."""
        kept = MediaKept(
            sha256=offer.sha256,
            media_type=offer.media_type,
            size_bytes=offer.size_bytes,
            folder=self._folder.name,
            node=heard.node,
        )
        noted = self._submit(kept)
        self._noting.append(
            _Noting(session=heard.session, sha256=offer.sha256, size_bytes=offer.size_bytes, noted=noted)
        )
        noted.add_done_callback(lambda _done: self._port.wake())

    def _answer_noted(self) -> None:
        waiting, self._noting = self._noting, []
        for noting in waiting:
            if not noting.noted.done():
                self._noting.append(noting)
            elif noting.noted.exception() is None:
                self._count_kept(noting.noted.result(), noting.size_bytes)
                self._say(noting.session, MediaDone(sha256=noting.sha256, stored=True))
            else:
                refusal = MediaDone(sha256=noting.sha256, stored=False, reason=MediaReason.BUSY)
                self._say(noting.session, refusal)

    def _count_kept(self, result: CommandResult, size_bytes: int) -> None:
        if result.answer == "done":  # not when it was noted twice
            self._kept_bytes += size_bytes
            self.counters["stored"] += 1
            self.counters["stored_bytes"] += size_bytes

    def _make_room(self, size_bytes: int) -> MediaReason | None:
        """Delete what was stored first and nobody needs until the content fits; return why it cannot."""
        space = Space(kept_bytes=self._kept_bytes + self._folder.part_bytes(), free_bytes=self._folder.free_bytes())
        wanted = excess(size_bytes, space, self._limits)
        if wanted <= 0:
            self._full = False
            return None
        with self._reader.connect() as connection:
            victims = choose_victims(media.deletable(connection, self._folder.name, limit=DELETED_AT_ONCE), wanted)
        if victims is None:
            if not self._full:
                self._full = True  # once per outage; repeats are counted
                _LOG.error("media_folder_full", kept_bytes=space.kept_bytes, free_bytes=space.free_bytes)
            return MediaReason.NO_SPACE
        self._full = False
        self._drop(victims, reason="space")
        return None

    def _drop(self, sha256s: tuple[str, ...], *, reason: str) -> None:
        """Note that contents go, then delete their files; a kill in between is mended at the next start."""
        self._submit(MediaDropped(sha256s=sha256s, reason=reason)).result(NOTED_WITHIN_S)
        for sha256 in sha256s:
            self._kept_bytes -= self._folder.size_of(sha256) or 0
            self._folder.delete(sha256)
        self.counters[f"deleted_{reason}"] += len(sha256s)
        _LOG.info("media_deleted", contents=len(sha256s), reason=reason)

    # --- at the start

    def _put_in_order(self) -> None:
        """Bring folder and store together after whatever ended the last run."""
        with self._reader.connect() as connection:
            noted = media.stored(connection, self._folder.name)
        self._kept_bytes = sum(noted.values())
        self._recount_at_s = self._clock.monotonic_s() + RECOUNT_EVERY_S
        here = {sha256: (size, at_s) for sha256, size, at_s in self._folder.contents()}
        lost = tuple(sha256 for sha256, size in noted.items() if here.get(sha256, (-1, 0.0))[0] != size)
        for some in _pages(lost):
            self._drop_lost(some, noted)
        for sha256, (size, at_s) in here.items():
            if sha256 not in noted:
                self._settle_found(sha256, size, at_s)

    def _drop_lost(self, sha256s: tuple[str, ...], noted: dict[str, int]) -> None:
        """Note what is gone; another relay on this folder may have deleted or stored it since it was listed."""
        with self._reader.connect() as connection:
            still = media.stored(connection, self._folder.name)
        gone = tuple(one for one in sha256s if one in still and self._folder.size_of(one) != noted[one])
        if gone:
            _LOG.error("media_missing", contents=len(gone), first=gone[0], folder=str(self._folder.root))
            self._submit(MediaDropped(sha256s=gone, reason="missing")).result(NOTED_WITHIN_S)
            self.counters["deleted_missing"] += len(gone)
        for sha256 in gone:
            self._folder.delete(sha256)
        self._kept_bytes -= sum(noted[one] for one in sha256s if one in gone or one not in still)

    def _settle_found(self, sha256: str, size_bytes: int, at_s: float) -> None:
        """Note content that the gate finished while nobody noted it; delete what was to be deleted, or is nobody's."""
        with self._reader.connect() as connection:
            known = media.content(connection, sha256)
            claim = media.claim(connection, sha256)
        found = judge_found(
            size_bytes=size_bytes,
            written_us=int(at_s * 1e6),
            noted=self._noted(known),
            announced_bytes=claim.size_bytes if claim is not None else None,
            now_us=self._clock.now_us(),
        )
        if found is Found.ADOPT and claim is not None:
            kept = MediaKept(
                sha256=sha256,
                media_type=claim.media_type,
                size_bytes=size_bytes,
                folder=self._folder.name,
                node=NodeName(claim.node),
            )
            self._count_kept(self._submit(kept).result(NOTED_WITHIN_S), size_bytes)
        elif found is Found.DELETE:
            self._folder.delete(sha256)
            self.counters["deleted_orphans"] += 1

    def _noted(self, known: media.Content | None) -> Noted | None:
        if known is None:
            return None
        return Noted(state=known.state, here=known.folder == self._folder.name, deleted_us=known.deleted_us)

    def _say(self, session: bytes, message: Message) -> None:
        if not self._port.send(session, codec.encode(message, hop=next(self._hops))):
            self.counters["gate_away"] += 1  # its sessions are gone; the rooms offer again


def _pages(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(names), DELETED_AT_ONCE):
        yield names[start : start + DELETED_AT_ONCE]
