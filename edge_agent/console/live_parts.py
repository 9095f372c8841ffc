"""What the live view needs of a camera, and what it says to a page; ``app.live_cameras`` implements the camera's part.

Owns the protocol's texts (docs/design/live-view.md): fields are added, never renamed or removed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prometheus_client import Counter

from edge_agent.capture.live_muxer import LiveStart
from edge_agent.capture.ring import PacketTaker, RingPacket
from edge_agent.core.live_choice import LiveChoice, LiveSource, Quality, StreamFacts
from edge_agent.core.live_tile import Tile, TileFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One picture by itself."""

    jpeg: bytes
    captured_us: int
    """UTC microseconds."""
    stream: LiveSource
    media_s: float
    """When it was taken on that stream's timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """The last seconds of a camera as a film, in a file that nobody else knows."""

    path: Path
    from_us: int
    """UTC microseconds of the first and the last picture."""
    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLookBack:
    """There is no such film; nothing is left behind."""

    is_passing: bool
    """Whether asking again later may help without anybody doing something."""
    sentence: str


class Feed(Protocol):
    """A running flow of packets, from ``LiveCamera.feed`` until ``close``."""

    first: list[RingPacket]
    """Packets since the newest keyframe, which come before those that are given to the taker."""

    def close(self) -> None:
        """End it; returns at once."""
        ...


class LiveCamera(Protocol):
    """One camera as its viewers see it. Any thread may call; every method but the last two returns at once."""

    @property
    def name(self) -> str:
        """The camera's name."""
        ...

    @property
    def is_masked(self) -> bool:
        """Whether parts of its picture may not be shown."""
        ...

    @property
    def masks_version(self) -> int:
        """Grows whenever the masks change; a picture made under an older one is not shown any more."""
        ...

    def streams(self) -> Mapping[LiveSource, StreamFacts]:
        """Return how its streams are: ``main`` and, where there is one, ``sub``."""
        ...

    def feed(self, choice: LiveChoice, quality: Quality, take: PacketTaker, lost: Callable[[int], None]) -> Feed:
        """Begin to give the chosen stream's packets to ``take``, in some thread; ``lost`` counts what was not made."""
        ...

    def facts(self, stream: LiveSource, newest_media_s: float | None) -> TileFacts:
        """Return how the stream stands, whose newest picture shown was taken at a place on its timeline."""
        ...

    def wall_us(self, stream: LiveSource, media_s: float) -> int:
        """Return the UTC microseconds of a place on a stream's timeline."""
        ...

    def still(self) -> Still | None:
        """Return the newest picture, masks burnt in; None when there is none.

        Takes as long as decoding up to it: 10 to 200 ms, so never on an event loop.
        """
        ...

    def look_back(self, seconds: int) -> LookBack | NoLookBack:
        """Cut the last seconds; takes milliseconds to copy and seconds to encode (masks, H.265)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFigures:
    """What is counted of the live view."""

    lost: Counter
    """Pictures that viewers did not get, by reason."""
    sent: Counter
    """Bytes sent to viewers."""


def start_text(start: LiveStart, choice: LiveChoice) -> str:
    """Return the message that a stream begins, or begins anew; the init segment follows it."""
    return _text(
        type="start",
        codec=start.codec,
        width=start.width,
        height=start.height,
        source=choice.source.value,
        reason=choice.reason,
    )


def stills_text(reason: str) -> str:
    """Return the message that JPEG pictures follow, one in each binary message."""
    return _text(type="start", codec="jpeg", width=0, height=0, source=LiveSource.STILLS.value, reason=reason)


def at_text(captured_us: int, live_us: int) -> str:
    """Return the message that ties the player's time to the hour: of the picture that follows."""
    return _text(type="at", captured_us=captured_us, media_us=live_us)


def lost_text(frames: int) -> str:
    """Return the message that pictures were dropped because the page reads too slowly."""
    return _text(type="lost", frames=frames)


def state_text(tile: Tile) -> str:
    """Return the message how the picture stands."""
    return _text(
        type="state",
        state=tile.state.value,
        age_ms=tile.age_ms,
        attempt=tile.attempt,
        next_try_ms=tile.next_try_ms,
        reason=tile.reason,
    )


def _text(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
