"""A picture to try a model on, and what it saw drawn upon it.

Owns where the picture comes from: a file, a moment of a video, or a drawn scene, which proves only that it runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.file_reader import FileReader
from edge_agent.core.detections import Detection
from edge_agent.core.link_failures import Failure
from edge_agent.detect.errors import ModelError
from edge_agent.detect.picture import Picture
from edge_agent.ops.clock import SystemClock

_SIZE: Final = (640, 480)
_COLOURS: Final = ((80, 220, 80), (60, 160, 250), (250, 160, 60), (220, 90, 220), (80, 220, 220))
"""BGR; by label, and the label is written beside the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPicture:
    """A picture and where it is from."""

    picture: Picture
    said: str
    drawn: bool
    """Made up: nothing on it is a person or a car."""


def proof_picture(picture: Path | None, video: Path | None, at_s: float) -> ProofPicture:
    """Return the picture of a file, of a video at a second, or a drawn one; raises ModelError."""
    if picture is not None:
        array = cv2.imread(str(picture), cv2.IMREAD_COLOR) if picture.is_file() else None
        if array is None:
            raise ModelError(f"{picture}: is no picture that can be read; give a JPEG or PNG")
        return ProofPicture(picture=Picture.from_bgr(np.asarray(array, np.uint8)), said=str(picture), drawn=False)
    if video is None:
        return ProofPicture(picture=_drawn(), said="a drawn picture with nobody in it", drawn=True)
    source = CameraSource(name=video.stem, url=str(video), analyse_fps=0.0, blind_time_s=0.0)
    reader = FileReader.open(source, clock=SystemClock())
    if isinstance(reader, Failure):
        raise ModelError(f"{video}: {reader.sentence}")
    with reader:
        for frame in reader:
            if frame.media_s >= at_s:
                taken = Picture.from_bgr(Picture.of(frame.video_frame).crop())
                return ProofPicture(picture=taken, said=f"{video} at {frame.media_s:.1f} s", drawn=False)
    raise ModelError(f"{video}: ends before {at_s:g} s; give another --at")


def draw(proof: ProofPicture, found: Sequence[Detection], to: Path) -> None:
    """Write the picture with boxes and labels as JPEG; raises ModelError."""
    canvas = proof.picture.crop()
    high, wide = canvas.shape[:2]
    for seen in found:
        colour = _COLOURS[sum(seen.label.encode()) % len(_COLOURS)]
        corner = (round(seen.box.left * wide), round(seen.box.top * high))
        cv2.rectangle(canvas, corner, (round(seen.box.right * wide), round(seen.box.bottom * high)), colour, 2)
        text = (corner[0], max(12, corner[1] - 4))
        cv2.putText(canvas, f"{seen.label} {seen.score:.2f}", text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1)
    done, jpeg = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, 90])
    try:
        if not done:
            raise ModelError(f"{to}: the picture cannot be encoded")
        to.write_bytes(jpeg.tobytes())
    except OSError as error:
        raise ModelError(f"{to}: cannot be written ({error.strerror}); choose another file for --show") from error


def _drawn() -> Picture:
    """Return a street without anybody: sky, wall, road."""
    wide, high = _SIZE
    scene = np.full((high, wide, 3), (110, 105, 100), dtype=np.uint8)
    scene[: high // 3] = (200, 170, 140)
    scene[high // 3 : high // 2, wide // 8 : wide // 2] = (90, 110, 150)
    noise = np.random.default_rng(5).integers(-12, 13, scene.shape)
    return Picture.from_bgr(np.clip(scene + noise, 0, 255).astype(np.uint8))
