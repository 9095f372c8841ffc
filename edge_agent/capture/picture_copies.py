"""Copies of decoded pictures in memory that is used again. Owns PictureCopies."""

from collections import deque
from typing import Final

from av.video.frame import VideoFrame

from edge_agent.capture.frames import copied_into, detached

KEPT: Final = 2
"""Pictures that wait to be written over; 0.6 MB each at 704×576."""


class PictureCopies:
    """Copies for any number of threads: fresh memory for a picture costs five times what copying it does."""

    def __init__(self) -> None:
        # Bounded (policy: the oldest goes). A deque, because both its ends are safe between threads.
        self._free: deque[VideoFrame] = deque(maxlen=KEPT)

    def of(self, picture: VideoFrame) -> VideoFrame:
        """Return a copy that holds none of the decoder's buffers (``capture.frames.detached``)."""
        try:
            free = self._free.pop()
        except IndexError:
            return detached(picture)
        same = (free.width, free.height, free.format.name) == (picture.width, picture.height, picture.format.name)
        return copied_into(free, picture) if same else detached(picture)

    def give_back(self, copy: VideoFrame) -> None:
        """Let a copy that nobody looks at any more be written over."""
        self._free.append(copy)
