"""The room's cameras as viewers see them: implements ``console.live_parts.LiveCamera``, and makes the live view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.clip_writer import MEDIA_TYPE, ClipRefused, write_clip
from edge_agent.capture.live_encoder import LiveEncoder
from edge_agent.capture.ring import PacketTaker, RingPacket
from edge_agent.capture.still import picture_at
from edge_agent.console.live_parts import LiveFigures, LookBack, NoLookBack, Still
from edge_agent.console.live_room import LiveRoom
from edge_agent.core.camera_link import LinkState
from edge_agent.core.live_choice import PLAYABLE, LiveChoice, LiveSource, Quality, StreamFacts
from edge_agent.core.live_tile import TileFacts
from edge_agent.evidence.masks import MaskBurner
from edge_agent.evidence.snapshot import encode_snapshot
from edge_agent.evidence.store import MediaStore
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics

TILE_SIDE: Final = 704
"""A tile's picture is encoded no larger than this; the wall shows nine of them beside each other."""
_FLOWING: Final = frozenset({LinkState.STREAMING, LinkState.FROZEN})


@dataclass(slots=True)
class _Copied:
    """Packets as the camera sent them."""

    thread: CameraThread
    take: PacketTaker
    first: list[RingPacket]

    def close(self) -> None:
        self.thread.ring.unfollow(self.take)


@dataclass(slots=True)
class _Encoded:
    """Packets of an encoder of our own, which begins with a keyframe."""

    encoder: LiveEncoder
    first: list[RingPacket]

    def close(self) -> None:
        self.encoder.stop()


class WatchedCamera:
    """See ``LiveCamera``."""

    def __init__(self, worker: CameraWorker, *, media: MediaStore, clock: Clock) -> None:
        self._worker = worker
        self._media = media
        self._clock = clock
        self._masks = worker.masks

    @property
    def name(self) -> str:
        """The camera's name."""
        return self._worker.name

    @property
    def is_masked(self) -> bool:
        """Whether parts of its picture may not be shown."""
        return bool(self._masks.live())

    @property
    def masks_version(self) -> int:
        """Which masks are in force."""
        return self._masks.version

    def streams(self) -> Mapping[LiveSource, StreamFacts]:
        """Return how its streams are."""
        return {source: _facts_of(thread) for source, thread in self._threads().items()}

    def feed(
        self, choice: LiveChoice, quality: Quality, take: PacketTaker, lost: Callable[[int], None]
    ) -> _Copied | _Encoded:
        """Begin to give the chosen stream's packets to ``take``."""
        thread = self._threads()[choice.stream]
        if not choice.encode:
            return self._copied(thread, take)
        encoder = LiveEncoder(
            thread.ring,
            take,
            burn=MaskBurner(self._masks.live),  # its own: one burner serves one thread
            longest_side=TILE_SIDE if quality is Quality.TILE else None,
            lost=lost,
            name=f"{self.name}-{choice.stream}",
        )
        encoder.start()
        return _Encoded(encoder, [])

    def facts(self, stream: LiveSource, newest_media_s: float | None) -> TileFacts:
        """Return how the stream stands."""
        thread = self._threads().get(stream, self._worker.main)
        figures = thread.figures
        state, reason = figures.state, figures.reason
        analysed = self._worker.thread.figures
        if state is LinkState.STREAMING and thread is not self._worker.thread and analysed.state is LinkState.FROZEN:
            state, reason = analysed.state, analysed.reason  # only the analysed stream is looked at for sameness
        taken_s = None if newest_media_s is None else thread.instant_of(newest_media_s)
        return TileFacts(
            link=state,
            link_reason=reason,
            age_s=None if taken_s is None else max(0.0, self._clock.instant() - taken_s),
            fps=figures.fps,
            attempt=figures.failures_in_row,
            next_try_s=figures.next_try_s,
        )

    def wall_us(self, stream: LiveSource, media_s: float) -> int:
        """Return the UTC microseconds of a place on a stream's timeline."""
        return self._threads()[stream].wall_us(media_s)

    def still(self) -> Still | None:
        """Return the newest picture of the analysed stream, masks burnt in."""
        thread = self._worker.thread
        newest = thread.ring.newest
        if newest is None:
            return None
        found = picture_at(thread.ring.cut(newest.media_s, newest.media_s), newest.media_s)
        if found is None:
            return None
        picture, media_s = found
        return Still(
            jpeg=encode_snapshot(picture, burner=MaskBurner(self._masks.live)),
            captured_us=thread.wall_us(media_s),
            stream=LiveSource.MAIN if thread is self._worker.main else LiveSource.SUB,
            media_s=media_s,
        )

    def look_back(self, seconds: int) -> LookBack | NoLookBack:
        """Cut the last seconds of the sharp stream; where they must be encoded, of the small one, which is quicker."""
        encode = bool(self._masks.evidence()) or _facts_of(self._worker.evidence_stream()).codec_name != PLAYABLE
        thread = self._worker.thread if encode else self._worker.evidence_stream()
        newest = thread.ring.newest
        if newest is None:
            sentence = f"camera {self.name} has sent nothing that is still kept; its state says why"
            return NoLookBack(is_passing=False, sentence=sentence)
        path = self._media.incoming_path(MEDIA_TYPE)
        packets = thread.ring.cut(newest.media_s - seconds, newest.media_s)
        written = write_clip(packets, path, burn=MaskBurner(self._masks.evidence) if encode else None)
        if isinstance(written, ClipRefused):
            path.unlink(missing_ok=True)
            return NoLookBack(
                is_passing=written.reason != "undecodable", sentence=f"camera {self.name}: {written.sentence}"
            )
        return LookBack(path=path, from_us=thread.wall_us(written.start_s), until_us=thread.wall_us(written.end_s))

    def _copied(self, thread: CameraThread, take: PacketTaker) -> _Copied:
        """Hand packets on as they come, until a mask is drawn: from then on none is copied, whoever still asks."""

        def take_unmasked(packet: RingPacket) -> None:
            if not self.is_masked:
                take(packet)

        first = thread.ring.follow(take_unmasked)
        return _Copied(thread, take_unmasked, [] if self.is_masked else first)

    def _threads(self) -> dict[LiveSource, CameraThread]:
        worker = self._worker
        if worker.main is worker.thread:
            return {LiveSource.MAIN: worker.main}
        return {LiveSource.MAIN: worker.main, LiveSource.SUB: worker.thread}


def make_live_room(
    cameras: Mapping[str, CameraWorker], *, media: MediaStore, clock: Clock, metrics: RoomMetrics
) -> LiveRoom:
    """Return the live view of these cameras, and register its gauges."""
    live = LiveRoom(
        {name: WatchedCamera(worker, media=media, clock=clock) for name, worker in cameras.items()},
        figures=LiveFigures(lost=metrics.live_lost, sent=metrics.live_bytes),
        instant=clock.instant,
    )
    metrics.watch("patrol_room_live_viewers", "Live pictures watched now", lambda: float(live.viewers))
    metrics.watch(
        "patrol_room_live_encoders",
        "Streams encoded anew for their viewers now (masks, or a codec no browser plays)",
        lambda: float(live.encoders),
    )
    return live


def _facts_of(thread: CameraThread) -> StreamFacts:
    newest = thread.ring.newest
    return StreamFacts(
        codec_name=None if newest is None else newest.shape.codec_name,
        is_streaming=thread.figures.state in _FLOWING,
    )
