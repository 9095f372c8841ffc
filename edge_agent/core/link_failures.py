"""Why a camera gives no picture, and whether waiting may mend it.

Owns the closed set of failure kinds. ``capture.source`` turns FFmpeg's errors into them; ``core.camera_link`` decides
how long to wait after each class.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FailureClass(StrEnum):
    """How a failure is met."""

    RETRYABLE = "retryable"
    """May mend itself: tried again soon, then ever more slowly."""
    PERMANENT = "permanent"
    """Needs a person: tried again slowly all the same, because people mend things without telling us."""


class FailureKind(StrEnum):
    """Why there is no picture."""

    REFUSED = "refused"
    NO_SUCH_HOST = "no_such_host"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    SERVER_ERROR = "server_error"
    NOT_A_VIDEO = "not_a_video"
    NO_VIDEO_STREAM = "no_video_stream"
    UNDECODABLE = "undecodable"
    BAD_ADDRESS = "bad_address"
    ENDED = "ended"
    LOST = "lost"
    SILENT = "silent"
    SAME_PICTURE = "same_picture"
    FAULT = "fault"
    """A broken promise of our own code: logged with its trace, and tried again slowly."""


_PERMANENT: Final = frozenset(
    {
        FailureKind.UNAUTHORISED,
        FailureKind.NOT_FOUND,
        FailureKind.FORBIDDEN,
        FailureKind.NOT_A_VIDEO,
        FailureKind.NO_VIDEO_STREAM,
        FailureKind.BAD_ADDRESS,
        FailureKind.FAULT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a connection did not come about or ended; ``sentence`` is what a technician reads."""

    kind: FailureKind
    sentence: str

    @property
    def failure_class(self) -> FailureClass:
        """Whether waiting may mend it."""
        return FailureClass.PERMANENT if self.kind in _PERMANENT else FailureClass.RETRYABLE
