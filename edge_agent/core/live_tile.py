"""What a live picture may be called: live, delayed, stalled, reconnecting or off. Old video is never called live.

Owns the judgement of one tile; whoever shows it (``console.live_room``) measures and brings the facts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from edge_agent.core.camera_link import LinkState

DELAYED_AFTER_S: Final = 1.0
"""A picture older than this is not live (interface research §9: the page shows the age beyond one second)."""
SLOW_CAMERA: Final = 2.5
"""A camera that sends one picture a second is not delayed between two of them: so many of its intervals are."""


class TileState(StrEnum):
    """How a live picture stands; each is a word that people read."""

    LIVE = "live"  # the newest picture is as old as the way it takes
    DELAYED = "delayed"  # the camera sends, but the newest picture shown is older than it should be
    STALLED = "stalled"  # connected, and nothing new comes: silence, or always the same picture
    RECONNECTING = "reconnecting"  # no connection; the next try is known
    OFF = "off"  # nobody tries


@dataclass(frozen=True, slots=True, kw_only=True)
class TileFacts:
    """What was measured of the stream that a tile shows."""

    link: LinkState
    link_reason: str
    age_s: float | None
    """Seconds since the newest picture in the tile was taken; None before the first."""
    fps: float
    """Pictures per second lately; 0 when unknown."""
    attempt: int
    """Attempts of this outage that failed."""
    next_try_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What is told of it."""

    state: TileState
    reason: str
    """One sentence; empty while live."""
    age_ms: int | None
    attempt: int = 0
    next_try_ms: int | None = None


def judge_tile(facts: TileFacts) -> Tile:
    """Return how the tile stands."""
    age_ms = None if facts.age_s is None else max(0, round(facts.age_s * 1_000))
    match facts.link:
        case LinkState.DISABLED:
            return Tile(state=TileState.OFF, reason=facts.link_reason, age_ms=age_ms)
        case LinkState.CONNECTING | LinkState.BACKING_OFF:
            next_try_ms = None if facts.next_try_s is None else max(0, round(facts.next_try_s * 1_000))
            return Tile(
                state=TileState.RECONNECTING,
                reason=facts.link_reason,
                age_ms=age_ms,
                attempt=facts.attempt,
                next_try_ms=next_try_ms,
            )
        case LinkState.STALLED | LinkState.FROZEN:
            return Tile(state=TileState.STALLED, reason=facts.link_reason, age_ms=age_ms)
        case LinkState.STREAMING:
            return _judge_streaming(facts, age_ms)
        case _:
            assert_never(facts.link)


def _judge_streaming(facts: TileFacts, age_ms: int | None) -> Tile:
    if facts.age_s is None:
        return Tile(state=TileState.DELAYED, reason="waiting for the first keyframe", age_ms=None)
    allowed_s = max(DELAYED_AFTER_S, SLOW_CAMERA / facts.fps) if facts.fps > 0.0 else DELAYED_AFTER_S
    if facts.age_s <= allowed_s:
        return Tile(state=TileState.LIVE, reason="", age_ms=age_ms)
    return Tile(state=TileState.DELAYED, reason=f"the newest picture is {facts.age_s:.1f} s old", age_ms=age_ms)
