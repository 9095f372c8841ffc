"""Rules between the values of a room's configuration: unique names, existing zones, usable polygons, a known clock.

Pure functions over the parsed settings; the shape and range of single values are the business of ``model.py``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge_agent.settings.model import AgentSettings, CameraSettings, LineCrossingSettings, Point
from edge_agent.settings.toml_lines import KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at one key, in words that end with what to do."""

    path: KeyPath
    text: str


def problems(settings: AgentSettings) -> Iterator[Problem]:
    """Yield everything that makes the configuration unusable although each single value is fine."""
    yield from _time_zone(settings.room.time_zone)
    yield from _repeated("camera", (camera.name for camera in settings.cameras), ())
    for number, camera in enumerate(settings.cameras):
        yield from _camera(camera, ("camera", number))


def _time_zone(name: str) -> Iterator[Problem]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(
            path=("room", "time_zone"), text=f'"{name}" is no known time zone; write one like "Asia/Shanghai"'
        )


def _camera(camera: CameraSettings, path: KeyPath) -> Iterator[Problem]:
    for kind, names in (
        ("zone", [zone.name for zone in camera.zones]),
        ("line", [line.name for line in camera.lines]),
        ("rule", [rule.name for rule in camera.rules]),
    ):
        yield from _repeated(kind, names, path)
    for number, zone in enumerate(camera.zones):
        yield from _polygon(zone.polygon, (*path, "zone", number, "polygon"))
    for number, mask in enumerate(camera.masks):
        yield from _polygon(mask.polygon, (*path, "mask", number, "polygon"))
    for number, line in enumerate(camera.lines):
        if line.points[0] == line.points[1]:
            yield Problem(path=(*path, "line", number, "points"), text="has two equal points; give it a length")
    yield from _references(camera, path)


def _references(camera: CameraSettings, path: KeyPath) -> Iterator[Problem]:
    zones = {zone.name for zone in camera.zones}
    lines = {line.name for line in camera.lines}
    for number, rule in enumerate(camera.rules):
        if isinstance(rule, LineCrossingSettings):
            kind, name, known = "line", rule.line, lines
        else:
            kind, name, known = "zone", rule.zone, zones
        if name not in known:
            there = f"it has {', '.join(sorted(known))}" if known else f"it has no [[camera.{kind}]]"
            text = (
                f'names the {kind} "{name}", which camera {camera.name} does not have ({there}); add it or name another'
            )
            yield Problem(path=(*path, "rule", number, kind), text=text)


def _repeated(kind: str, names: Iterable[str], path: KeyPath) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield Problem(
                path=(*path, kind, number, "name"), text=f'"{name}" is given twice; each {kind} needs its own'
            )
        seen.add(name)


def _polygon(points: tuple[Point, ...], path: KeyPath) -> Iterator[Problem]:
    """Refuse what encloses nothing or crosses itself: no one can say what is inside."""
    corners = points[:-1] if points[0] == points[-1] else points
    if len(set(corners)) < 3:
        yield Problem(path=path, text="has fewer than three different corners; draw an area")
        return
    if len(set(corners)) != len(corners):
        yield Problem(path=path, text="visits a corner twice; write each corner once, in order round the area")
        return
    if _on_one_line(corners):
        yield Problem(path=path, text="encloses nothing; its corners lie on one line")
    elif _crosses_itself(corners):
        yield Problem(path=path, text="crosses itself; write the corners in order round the area")


def _on_one_line(corners: tuple[Point, ...]) -> bool:
    first, second = corners[0], corners[1]
    return all(abs(_turn(first, second, point)) < 1e-9 for point in corners[2:])


def _crosses_itself(corners: tuple[Point, ...]) -> bool:
    edges = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    for first in range(len(edges)):
        for second in range(first + 2, len(edges)):
            neighbours = first == 0 and second == len(edges) - 1
            if not neighbours and _segments_meet(edges[first], edges[second]):
                return True
    return False


def _segments_meet(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    (a, b), (c, d) = one, other
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    return any(
        turn == 0 and _within(point, segment)
        for turn, point, segment in zip(turns, (c, d, a, b), (one, one, other, other), strict=True)
    )


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(point: Point, segment: tuple[Point, Point]) -> bool:
    (x1, y1), (x2, y2) = segment
    return min(x1, x2) <= point[0] <= max(x1, x2) and min(y1, y2) <= point[1] <= max(y1, y2)
