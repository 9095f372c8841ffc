"""Acts: what happens in a scene on order, so that a rule has something to find and something to leave alone. Pure.

``staging`` turns an act into actors and the truth about it. ``x`` and ``y`` say where its feet are, in shares of the
picture; ``at_s`` is when the first figure sets out from beyond the picture's edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Literal

from patrol_sim.errors import SourceError
from patrol_sim.scene.figure import HORIZON

Point = tuple[float, float]
LOWEST_FOOT: Final = HORIZON + 0.08
"""Nobody stands on the facades."""
LONGEST_S: Final = 600.0
"""No loop is longer."""
_MOST_PEOPLE: Final = 40


class _Strict:
    """Tells pydantic, which reads acts from a file, to refuse keys that the act does not have."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


class Side(StrEnum):
    """An edge of the picture."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def opposite(self) -> "Side":
        """The other edge."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Loiter(_Strict):
    """Someone walks in, stays about a spot for ``for_s`` and goes on."""

    kind: Literal["loiter"] = "loiter"
    at_s: float
    x: float = 0.5
    y: float = 0.9
    for_s: float = 20.0
    roam: float = 0.0
    """How far they wander about the spot meanwhile, in shares of the width; 0: they stand."""
    enters: Side = Side.LEFT
    leaves: Side = Side.RIGHT

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, self.x, self.y)
        _check(self.kind, "for_s", self.for_s, above=0.0, high=LONGEST_S)
        _check(self.kind, "roam", self.roam, low=0.0, high=0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather(_Strict):
    """``count`` people come from both sides and stand about a spot until all were there for ``for_s``."""

    kind: Literal["gather"] = "gather"
    at_s: float
    x: float = 0.5
    y: float = 0.85
    for_s: float = 20.0
    count: int = 6
    spacing: float = 1.2
    """From one to the next, in widths of a person: 0.6 is a dense crowd, 2.5 a loose one."""

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, self.x, self.y)
        _check(self.kind, "for_s", self.for_s, above=0.0, high=LONGEST_S)
        _check(self.kind, "count", self.count, low=1, high=_MOST_PEOPLE)
        _check(self.kind, "spacing", self.spacing, low=0.3, high=6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(_Strict):
    """A car drives in, brakes, stands at the spot for ``for_s`` and drives on; y 0.64 is the kerb, 0.75 mid-road."""

    kind: Literal["stop"] = "stop"
    at_s: float
    x: float = 0.5
    y: float = 0.8
    for_s: float = 20.0
    enters: Side = Side.LEFT
    leaves: Side = Side.RIGHT

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, self.x, self.y)
        _check(self.kind, "for_s", self.for_s, above=0.0, high=LONGEST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(_Strict):
    """One figure passes from an edge to the other: with the others, or against them (wrong way)."""

    kind: Literal["pass"] = "pass"
    at_s: float
    figure: Literal["person", "bicycle", "car"] = "car"
    y: float = 0.75
    enters: Side = Side.LEFT
    crossing_s: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, 0.5, self.y)
        _check(self.kind, "crossing_s", self.crossing_s, low=0.5, high=120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveBag(_Strict):
    """Someone brings a suitcase, puts it down and walks out of the picture; after ``back_after_s`` they fetch it."""

    kind: Literal["leave_bag"] = "leave_bag"
    at_s: float
    x: float = 0.5
    y: float = 0.9
    linger_s: float = 2.0
    """How long they stay beside it before they walk off."""
    back_after_s: float | None = None
    """Time out of the picture; None: nobody comes, and it lies there until the loop's end."""
    enters: Side = Side.LEFT
    leaves: Side = Side.RIGHT

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, self.x, self.y)
        _check(self.kind, "linger_s", self.linger_s, low=0.0, high=LONGEST_S)
        if self.back_after_s is not None:
            _check(self.kind, "back_after_s", self.back_after_s, low=0.0, high=LONGEST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepBag(_Strict):
    """Someone puts a suitcase down, stands beside it for ``for_s``, takes it up and goes on: nothing is abandoned."""

    kind: Literal["keep_bag"] = "keep_bag"
    at_s: float
    x: float = 0.5
    y: float = 0.9
    for_s: float = 30.0
    enters: Side = Side.LEFT
    leaves: Side = Side.RIGHT

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, self.x, self.y)
        _check(self.kind, "for_s", self.for_s, above=0.0, high=LONGEST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnish(_Strict):
    """Someone puts up a potted plant, which belongs to the street from then on (until the loop begins anew)."""

    kind: Literal["furnish"] = "furnish"
    at_s: float
    x: float = 0.5
    y: float = 0.62
    linger_s: float = 5.0
    """How long they busy themselves beside it."""
    enters: Side = Side.LEFT
    leaves: Side = Side.RIGHT

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        _check_spot(self.kind, self.at_s, self.x, self.y)
        _check(self.kind, "linger_s", self.linger_s, low=0.0, high=LONGEST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAndFro(_Strict):
    """Someone goes over the middle of a line and back, ``times`` times in all, each time ``reach`` beyond it."""

    kind: Literal["to_and_fro"] = "to_and_fro"
    at_s: float
    line: tuple[Point, Point]
    times: int = 4
    reach: float = 0.06
    """In shares of the picture, measured with the feet."""
    every_s: float = 1.5
    """From one crossing to the next."""

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        middle = tuple((one + other) / 2 for one, other in zip(*self.line, strict=True))
        _check_spot(self.kind, self.at_s, middle[0], middle[1])
        _check(self.kind, "times", self.times, low=1, high=100)
        _check(self.kind, "reach", self.reach, low=0.002, high=0.3)
        _check(self.kind, "every_s", self.every_s, low=0.2, high=120.0)
        if self.line[0] == self.line[1]:
            raise SourceError(f"scene act {self.kind}: line has no length; give two points")


Act = Loiter | Gather | Stop | Pass | LeaveBag | KeepBag | Furnish | ToAndFro


def _check_spot(kind: str, at_s: float, x: float, y: float) -> None:
    _check(kind, "at_s", at_s, low=0.0, high=LONGEST_S)
    _check(kind, "x", x, low=0.0, high=1.0)
    _check(kind, "y", y, low=LOWEST_FOOT, high=1.0)


def _check(
    kind: str,
    key: str,
    value: float,
    *,
    low: float = float("-inf"),
    high: float = float("inf"),
    above: float = float("-inf"),
) -> None:
    """Raise SourceError unless ``low <= value <= high`` and ``above < value``; also for what is no number."""
    if low <= value <= high and value > above:
        return
    least = f"above {above:g}" if above > low else f"from {low:g}"
    most = "" if high == float("inf") else f" to {high:g}"
    raise SourceError(f"scene act {kind}: {key} {value}: give a number {least}{most}")
