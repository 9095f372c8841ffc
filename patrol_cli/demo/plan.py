"""Which rooms, cameras and units the demo has: values, decided before anything is started."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

COMMUNITY_UNIT: Final = "unit-t01-c01"
NEIGHBOUR_UNIT: Final = "unit-t01-c02"
UNITS: Final = (COMMUNITY_UNIT, NEIGHBOUR_UNIT)
"""The two units with a terminal: the community patrols of two neighbouring communities."""
CONSUMER: Final = "index-demo"
_LABELS: Final = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "moving_object")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCamera:
    """One camera of the demo with its one rule; ``place`` is longitude and latitude."""

    name: str
    title: str
    url: str
    place: tuple[float, float]
    category: str = "intrusion"
    severity: str = "high"
    forward: str = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRoom:
    """One room of the demo; its name is one of the demo city's rooms."""

    name: str
    tier: str
    cameras: tuple[DemoCamera, ...]


_PLACES: Final = ((121.35132, 31.26727), (121.35143, 31.26347), (121.3606, 31.26054), (121.35941, 31.25985))
"""Positions of four cameras of the demo city, two in each of two communities."""
_TITLES: Final = ("东门 East gate", "菜市场 Market", "路口 Crossing", "广场 Square")
_RULES: Final = (
    ("intrusion", "high", "direct"),
    ("disorder", "normal", "suggest"),
    ("traffic", "normal", "direct"),
    ("crowd", "normal", "suggest"),
)
"""Category, severity and who is asked first, in turn: both ways of an alert are seen."""


def slug(text: str) -> str:
    """Return a name of the wire's alphabet for any text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "camera"


def plan_rooms(urls: Sequence[tuple[str, str]]) -> tuple[DemoRoom, ...]:
    """Spread cameras over one room of each tier: (name, url) pairs in, rooms out.

    The community room gets the first two of every four, the station room the third, the centre the fourth, so that
    each room has work with four cameras and a room without a camera gets the last one a second time under a new name.
    """
    cameras = [_camera(number, name, url) for number, (name, url) in enumerate(urls)]
    community = tuple(camera for number, camera in enumerate(cameras) if number % 4 < 2)
    station = tuple(camera for number, camera in enumerate(cameras) if number % 4 == 2)
    centre = tuple(camera for number, camera in enumerate(cameras) if number % 4 == 3)
    return (
        DemoRoom(name="room-t01-c01", tier="community", cameras=community),
        DemoRoom(name="room-t01", tier="station", cameras=station or community[-1:]),
        DemoRoom(name="room-centre", tier="centre", cameras=centre or community[-1:]),
    )


def _camera(number: int, name: str, url: str) -> DemoCamera:
    category, severity, forward = _RULES[number % len(_RULES)]
    place = _PLACES[number % len(_PLACES)]
    return DemoCamera(
        name=slug(name),
        title=_TITLES[number] if number < len(_TITLES) else name,
        url=url,
        place=place,
        category=category,
        severity=severity,
        forward=forward,
    )


def camera_toml(camera: DemoCamera) -> str:
    """Return the camera's tables of a room's configuration: the whole picture is one zone with one rule."""
    labels = ", ".join(f'"{label}"' for label in _LABELS)
    return f"""
[[camera]]
name = "{camera.name}"
title = "{camera.title}"
url = "{_escaped(camera.url)}"
place = [{camera.place[0]}, {camera.place[1]}]

  [[camera.zone]]
  name = "view"
  polygon = [[0.01, 0.01], [0.99, 0.01], [0.99, 0.99], [0.01, 0.99]]

  [[camera.rule]]
  name = "in-view"
  kind = "intrusion"
  zone = "view"
  labels = [{labels}]
  category = "{camera.category}"
  severity = "{camera.severity}"
  forward = "{camera.forward}"
"""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
