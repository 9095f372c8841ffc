"""What capture needs to know about one camera; a plain value, so that capture does not depend on the settings file."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSource:
    """One camera: where it is and how it is to be read.

    ``app.camera_worker`` makes it from the room's settings. ``repr`` never shows the password.
    """

    name: str
    url: str
    """``rtsp://``, a path of a file, or any other URL that FFmpeg opens."""
    username: str = ""
    password: str = field(default="", repr=False)
    analyse_fps: float = 5.0
    """Frames per second offered to the sink, counted on the stream's timeline; 0 offers every frame."""
    pre_roll_s: float = 5.0
    post_roll_s: float = 5.0
    loop: bool = False
    """Files only: start again at the end; the timeline goes on."""
    stall_after_s: float = 5.0
    frozen_after_s: float = 10.0
    """0 switches the test off: for films and drawn scenes that rightly stand still."""
    blind_time_s: float = 2.0
    """While nothing moves only keyframes are decoded, if they come at least this often; 0 decodes everything.
    Takes effect only when the CameraThread was given a motion gate."""
    decode: bool = True
    """False keeps packets for clips only: the main stream of a camera whose substream is analysed."""
    ring_s: float = 30.0
    """Compressed seconds kept, at least pre_roll_s plus one keyframe interval and the longest look-back of a flag;
    ``core.clips.seconds_to_keep`` says how much that is."""
    ring_bytes: int = 64 * 1024 * 1024
    """Upper bound of the ring whatever the bit rate; 90 s of 4 Mb/s take 45 MB."""

    @property
    def is_file(self) -> bool:
        """Whether the URL names a file of this machine rather than something on the network."""
        scheme = urlsplit(self.url).scheme
        return scheme in ("", "file") or len(scheme) == 1
