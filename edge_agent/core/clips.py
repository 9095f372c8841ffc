"""Which seconds a clip needs, when they are all there, and how much of them a cut really holds.

Owns the arithmetic; ``capture.ring`` keeps the packets, ``capture.clip_writer`` writes the file. All times are seconds
on the camera's own timeline, so a clip is right whatever the wall clock did.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_S: Final = 120.0
"""A clip is evidence, not a recording: it shows the beginning and this much of what follows."""
PATIENCE_S: Final = 10.0
"""A camera that fell silent gets so long to deliver the rest of a clip; then what there is is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSpan:
    """The seconds a clip should hold: the event with its pre- and post-roll."""

    event_start_s: float
    event_end_s: float
    start_s: float
    end_s: float


class ClipReadiness(StrEnum):
    """Whether a clip can be cut."""

    WAIT = "wait"
    READY = "ready"
    CUT_SHORT = "cut_short"
    """The camera is silent; no more will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCover:
    """How a cut compares with what was wanted."""

    contains_event: bool
    missing_before_s: float
    missing_after_s: float


def clip_span(
    *, event_start_s: float, event_end_s: float, pre_roll_s: float, post_roll_s: float, longest_s: float = LONGEST_S
) -> ClipSpan:
    """Return the seconds for an event; ``event_end_s`` is the moment of the alert while the event still lasts.

    An event longer than ``longest_s`` keeps its beginning, because that is where one sees who came from where.
    Raises ValueError for an event that ends before it starts.
    """
    if event_end_s < event_start_s:
        raise ValueError(f"the event ends at {event_end_s:g} s before it starts at {event_start_s:g} s")
    start_s = event_start_s - max(0.0, pre_roll_s)
    end_s = min(event_end_s + max(0.0, post_roll_s), start_s + longest_s)
    return ClipSpan(
        event_start_s=event_start_s, event_end_s=min(event_end_s, end_s), start_s=start_s, end_s=max(end_s, start_s)
    )


def readiness(span: ClipSpan, *, newest_s: float, silent_s: float) -> ClipReadiness:
    """Return whether to cut, given the newest kept packet and how long ago it came."""
    if newest_s >= span.end_s:
        return ClipReadiness.READY
    return ClipReadiness.CUT_SHORT if silent_s >= PATIENCE_S else ClipReadiness.WAIT


def cover(span: ClipSpan, *, first_s: float, last_s: float) -> ClipCover:
    """Return how well a cut from ``first_s`` to ``last_s`` holds the span; a frame's time of slack is granted."""
    slack_s = 0.2
    return ClipCover(
        contains_event=first_s <= span.event_start_s + slack_s and last_s >= span.event_end_s - slack_s,
        missing_before_s=max(0.0, first_s - span.start_s),
        missing_after_s=max(0.0, span.end_s - last_s),
    )


def seconds_to_keep(*, pre_roll_s: float, longest_look_back_s: float, confirm_s: float, gop_s: float) -> float:
    """Return how much of the past a ring must hold so that every clip can begin where it should.

    An alert is raised up to ``confirm_s`` after its event began (hysteresis, dwell), an operator looks back up to
    ``longest_look_back_s``, and a cut begins up to one keyframe interval earlier; a tenth more for the queue.
    """
    return (max(pre_roll_s + confirm_s, longest_look_back_s) + gop_s) * 1.1
