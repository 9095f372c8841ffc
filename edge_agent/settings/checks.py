"""Rules between the values of a room's configuration: unique names, existing zones, usable polygons, a known clock.

Pure functions over the parsed settings; the shape and range of single values are the business of ``model.py``.
"""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge_agent.core.camera_health import CAMERA_CONDITIONS
from edge_agent.core.zones import polygon_problem
from edge_agent.settings.model import AgentSettings, CameraSettings
from edge_agent.settings.rule_checks import Problem, rule_problems
from edge_agent.settings.rules import AbandonedObjectSettings, LineCrossingSettings, ZoneRuleSettings
from edge_agent.settings.toml_lines import KeyPath
from edge_agent.settings.values import Point


def problems(settings: AgentSettings) -> Iterator[Problem]:
    """Yield everything that makes the configuration unusable although each single value is fine."""
    yield from _time_zone(settings.room.time_zone)
    yield from _repeated("camera", (camera.name for camera in settings.cameras), ())
    for number, camera in enumerate(settings.cameras):
        yield from camera_problems(camera, ("camera", number))
    yield from _camera_sets(settings)


def _camera_sets(settings: AgentSettings) -> Iterator[Problem]:
    yield from _repeated("camera_set", (one.name for one in settings.camera_sets), ())
    known = {camera.name for camera in settings.cameras}
    for number, one in enumerate(settings.camera_sets):
        path: KeyPath = ("camera_set", number, "cameras")
        for name in sorted(set(one.cameras) - known):
            yield Problem(path=path, text=f'names the camera "{name}", which this room does not have; name another')
        if len(set(one.cameras)) < len(one.cameras):
            yield Problem(path=path, text="names a camera twice; each once, in the order of the round")


def _time_zone(name: str) -> Iterator[Problem]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(
            path=("room", "time_zone"), text=f'"{name}" is no known time zone; write one like "Asia/Shanghai"'
        )


def camera_problems(camera: CameraSettings, path: KeyPath) -> Iterator[Problem]:
    """Yield what makes a camera unusable although each single value is fine; ``path`` is the camera's."""
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
            where = (*path, "line", number, "points")
            yield Problem(path=where, text="has two equal points; give it a length", code="no_length")
    for condition in camera.health_off:
        if condition not in CAMERA_CONDITIONS:
            text = f'names "{condition.value}", which is the room\'s; switch it off in [health.{condition.value}]'
            yield Problem(path=(*path, "health_off"), text=text)
    yield from _references(camera, path)


def _references(camera: CameraSettings, path: KeyPath) -> Iterator[Problem]:
    zones = {zone.name for zone in camera.zones}
    lines = {line.name for line in camera.lines}
    for number, rule in enumerate(camera.rules):
        where = (*path, "rule", number)
        if isinstance(rule, LineCrossingSettings):
            yield from _known(camera, "line", (rule.line,), lines, (*where, "line"))
        else:
            yield from _zones_of(camera, rule, zones, where)
        yield from rule_problems(rule, where)


def _zones_of(camera: CameraSettings, rule: ZoneRuleSettings, zones: set[str], path: KeyPath) -> Iterator[Problem]:
    if rule.zone is not None and rule.zones:
        yield Problem(
            path=(*path, "zones"), text="stands beside zone; write all names into one of the two", code="no_zone"
        )
    if not rule.zone_names:
        text = 'is missing; add zone = "NAME", or zones = [ ] with several names'
        yield Problem(path=(*path, "zone"), text=text, code="no_zone")
    key = "zones" if rule.zone is None else "zone"
    yield from _known(camera, "zone", rule.zone_names, zones, (*path, key))
    if isinstance(rule, AbandonedObjectSettings):
        yield from _known(camera, "zone", rule.fixtures, zones, (*path, "fixtures"))


def _known(
    camera: CameraSettings, kind: str, names: Iterable[str], known: set[str], path: KeyPath
) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            there = f"it has {', '.join(sorted(known))}" if known else f"it has no [[camera.{kind}]]"
            text = (
                f'names the {kind} "{name}", which camera {camera.name} does not have ({there}); add it or name another'
            )
            yield Problem(path=path, text=text, code=f"unknown_{kind}")


def _repeated(kind: str, names: Iterable[str], path: KeyPath) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield Problem(
                path=(*path, kind, number, "name"),
                text=f'"{name}" is given twice; each {kind} needs its own',
                code="given_twice",
            )
        seen.add(name)


def _polygon(points: tuple[Point, ...], path: KeyPath) -> Iterator[Problem]:
    """Refuse what encloses nothing or crosses itself: no one can say what is inside."""
    found = polygon_problem(points)
    if found is not None:
        yield Problem(path=path, text=found, code="no_area")
