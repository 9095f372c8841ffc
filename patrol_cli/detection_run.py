"""The agent's pipeline over one file, as fast as it goes: what ``patrol detect`` does between arguments and output.

Owns FoundAlert and DetectionRun. Everything that decides is the agent's own; nothing is printed here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from edge_agent.capture.clip_writer import ClipRefused, write_clip
from edge_agent.capture.file_reader import FileReader
from edge_agent.capture.frames import Frame
from edge_agent.core.alerts import AlertChange, AlertEnded, AlertRaised, AlertUpdated
from edge_agent.core.boxes import Box
from edge_agent.core.clips import clip_span
from edge_agent.core.schedules import local_time
from edge_agent.core.tracks import Track
from edge_agent.detect.analyser import Analyser
from edge_agent.detect.picture import Picture
from edge_agent.evidence.masks import Mask, MaskBurner
from edge_agent.evidence.snapshot import encode_snapshot
from edge_agent.settings.model import CameraSettings
from patrol_cli.picture_spans import PictureSpans


@dataclass(slots=True)
class FoundAlert:
    """One alert of the film; complete once ``end_s`` and the clip are there."""

    raised: AlertRaised
    box: Box
    score: float
    label: str
    end_s: float | None = None
    snapshot: Path | None = None
    clip: Path | None = None

    def line(self) -> dict[str, object]:
        """Return the alert as ``--jsonl`` prints it; this form is stable."""
        return {
            "rule": self.raised.rule,
            "label": self.label,
            "zone": self.raised.zone,
            "start_s": round(self.raised.start_s, 3),
            "end_s": None if self.end_s is None else round(self.end_s, 3),
            "box": [round(side, 4) for side in (self.box.left, self.box.top, self.box.right, self.box.bottom)],
            "score": round(self.score, 3),
            "snapshot": None if self.snapshot is None else str(self.snapshot),
            "clip": None if self.clip is None else str(self.clip),
        }


@dataclass(slots=True)
class TrackLines:
    """Boxes of believed tracks in MOT form; a track's boxes from before it was believed are added when it is."""

    _lines: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    _believed: set[int] = field(default_factory=set)

    def add(self, frame: Frame, tracks: tuple[Track, ...]) -> None:
        """Note the tracks seen in this picture, in pixels of the source."""
        for track in tracks:
            if track.confirmed:
                self._believed.add(track.track_id)
            if track.seen_now:
                box = track.box
                text = (
                    f"{frame.sequence},{track.track_id},{box.left * frame.width:.2f},{box.top * frame.height:.2f},"
                    f"{box.width * frame.width:.2f},{box.height * frame.height:.2f},{track.detection_score:.4f}"
                )
                self._lines.setdefault(track.track_id, []).append((frame.sequence, text))

    def text(self) -> str:
        """Return the file's content, by frame and then by track."""
        kept = [
            (number, track_id, text)
            for track_id, lines in self._lines.items()
            if track_id in self._believed
            for number, text in lines
        ]
        return "".join(f"{text}\n" for _, _, text in sorted(kept))


class DetectionRun:
    """One pass over one film."""

    def __init__(
        self,
        reader: FileReader,
        analyser: Analyser,
        camera: CameraSettings,
        *,
        evidence_dir: Path | None,
        time_zone: tzinfo | None = None,
    ) -> None:
        """With ``time_zone`` the film's time is known, and schedules are read on the clock there."""
        self._reader = reader
        self._analyser = analyser
        self._camera = camera
        self._evidence_dir = evidence_dir
        self._time_zone = time_zone
        self._burner = MaskBurner([Mask(polygon=mask.polygon) for mask in camera.masks])
        self._open: dict[int, FoundAlert] = {}
        self._waiting: list[FoundAlert] = []
        self.tracks = TrackLines()
        self.picture_spans = PictureSpans()
        self.analysed = 0
        self.media_s = 0.0
        self.minutes: Counter[datetime] = Counter()
        """Pictures in each minute of the clock, when it is known."""
        self.refused_clips: list[str] = []
        """Why a clip could not be written, one sentence each."""

    def alerts(self) -> Iterator[FoundAlert | None]:
        """Yield each alert when it is complete, and None after every analysed picture for whoever shows progress."""
        with self._reader:
            for frame in self._reader:
                local = self._local(frame)
                result = self._analyser.analyse(Picture.of(frame.video_frame), frame.media_s, local=local)
                self.analysed += 1
                self.media_s = frame.media_s
                self.tracks.add(frame, result.tracks)
                self.picture_spans.note(result.picture_conditions, frame.media_s)
                self._note(result.alert_changes, frame)
                yield from self._finished(frame.media_s)
                yield None
        self._note(self._analyser.close(), None)
        yield from self._finished(float("inf"))

    def _local(self, frame: Frame) -> datetime | None:
        if self._time_zone is None:
            return None
        local = local_time(frame.captured_at, self._time_zone)
        self.minutes[local.replace(second=0, microsecond=0)] += 1
        return local

    def _note(self, changes: tuple[AlertChange, ...], frame: Frame | None) -> None:
        for change in changes:
            match change:
                case AlertRaised():
                    found = FoundAlert(raised=change, box=change.box, score=change.score, label=change.label)
                    self._open[change.key] = found
                    self._snapshot(found, frame)
                case AlertUpdated():
                    found = self._open[change.key]
                    found.box, found.score, found.label = change.box, change.score, change.label
                    self._snapshot(found, frame)
                case AlertEnded():
                    found = self._open.pop(change.key)
                    found.end_s, found.label = change.end_s, change.label
                    self._waiting.append(found)

    def _snapshot(self, found: FoundAlert, frame: Frame | None) -> None:
        if self._evidence_dir is None or frame is None:
            return
        path = self._evidence_dir / f"alert-{found.raised.key:05d}.jpg"
        path.write_bytes(encode_snapshot(frame.video_frame, burner=self._burner, box=found.box))
        found.snapshot = path

    def _finished(self, media_s: float) -> Iterator[FoundAlert]:
        """Yield the ended alerts whose clip can be cut by now: the film has passed the end of their post-roll."""
        still: list[FoundAlert] = []
        for found in self._waiting:
            if self._evidence_dir is not None and not self._cut(found, media_s):
                still.append(found)
                continue
            yield found
        self._waiting = still

    def _cut(self, found: FoundAlert, media_s: float) -> bool:
        assert found.end_s is not None  # noqa: S101 - only ended alerts wait
        assert self._evidence_dir is not None  # noqa: S101 - the caller asked
        span = clip_span(
            event_start_s=min(found.raised.clip_from_s, found.end_s),
            event_end_s=found.end_s,
            pre_roll_s=self._camera.pre_roll_s,
            post_roll_s=self._camera.post_roll_s,
        )
        if media_s < span.end_s:
            return False
        path = self._evidence_dir / f"alert-{found.raised.key:05d}.mp4"
        packets = self._reader.ring.cut(span.start_s, span.end_s)
        written = write_clip(packets, path, burn=self._burner if self._burner else None)
        if isinstance(written, ClipRefused):
            path.unlink(missing_ok=True)
            self.refused_clips.append(f"{path.name}: {written.sentence}")
        else:
            found.clip = path
        return True
