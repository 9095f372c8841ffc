"""A video as fast as it can be read: what ``patrol detect`` runs the pipeline over.

Owns the iteration; the way of a packet is ``capture.packet_path``'s, the same as in the agent. Time is the media's own:
``media_s`` is exact from the timestamps, ``captured_at`` pretends that the film began at a given moment.
"""

from collections.abc import Iterator
from dataclasses import replace

import av.error

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.frames import Frame
from edge_agent.capture.packet_path import PacketPath, PathCounters
from edge_agent.capture.ring import PacketRing
from edge_agent.capture.source import OpenSource, open_source
from edge_agent.capture.stream_reader import BAD_READS
from edge_agent.core.link_failures import Failure
from edge_agent.core.media_clock import MediaClock
from edge_agent.ops.clock import Clock

TIMEOUT_S = 10.0


class FileReader:
    """Iterates over the frames of one file or URL; use as a context manager, iterate once.

    ``ring`` keeps the packets of the last ``camera.ring_s`` seconds: cut a clip once the frames passed its end.
    """

    def __init__(self, camera: CameraSource, source: OpenSource, *, began_us: int) -> None:
        self._source = source
        self._began_us = began_us
        self.ring = PacketRing(keep_s=camera.ring_s, keep_bytes=camera.ring_bytes)
        self._path = PacketPath(replace(camera, frozen_after_s=0.0), ring=self.ring, media_clock=MediaClock())
        self.failure: Failure | None = None
        """Why the reading ended before the end, if it did."""

    @classmethod
    def open(cls, camera: CameraSource, *, clock: Clock, began_us: int = 0) -> "FileReader | Failure":
        """Open the camera's address; ``began_us`` is the wall time of media second 0 (default: now)."""
        source = open_source(camera, timeout_s=TIMEOUT_S, instant=clock.instant)
        if isinstance(source, Failure):
            return source
        return cls(camera, source, began_us=began_us or clock.now_us())

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the ring stays readable."""
        self._source.close()

    @property
    def duration_s(self) -> float | None:
        """Length of the file as it declares it, for a progress bar."""
        return self._source.duration_s

    @property
    def counters(self) -> PathCounters:
        """What happened so far: packets, decoded pictures, damaged ones."""
        return self._path.counters

    def __iter__(self) -> Iterator[Frame]:
        self._path.begin(self._source, at_s=0.0)
        bad_reads = 0
        while True:
            try:
                for packet in self._source.packets():
                    bad_reads = 0
                    arrived_s = self._own_time_s(packet.dts if packet.dts is not None else packet.pts)
                    wall_us = self._began_us + round(arrived_s * 1_000_000)
                    yield from self._path.take(packet, arrived_s=arrived_s, wall_us=wall_us)
            except av.error.InvalidDataError:
                bad_reads += 1
                self._path.counters.bad_reads += 1
                if bad_reads > BAD_READS:
                    break
            else:
                break
        yield from self._path.drain()

    def _own_time_s(self, stamp: int | None) -> float:
        """Return when the packet would arrive if the film were live: no network, no delay."""
        if stamp is None:
            return self._path.counters.last_packet_s or 0.0
        return float((stamp - (self._source.start_ticks or 0)) * self._source.shape.time_base)
