"""Correlation: which open incident an alert belongs to, or none.

Same area and category family, within the category's radius and window. An alert of the very camera and category
that opened the incident belongs to it whatever the distance (the camera moves, or its position was corrected).
A flapping source, more than ``flap_alerts`` alerts, keeps its incident for the longer window.
"""

import math
from collections.abc import Iterable
from typing import Final, TypeAlias

from msgspec import Struct

from relay.core.alerts import Alert, AlertSource
from relay.core.city import Category
from relay.core.geo import METRES_PER_DEGREE, metres_between
from relay.core.incidents import OPEN_STATES, Incident
from relay.core.policy import MICROS, DeskPolicy

_ROUNDED_UP: Final = 1.0001
"""A box must not be narrower than the circle in it by a rounding."""


Box: TypeAlias = tuple[float, float, float, float]
"""South, north, west and east in degrees."""


class Surroundings(Struct, gc=False):
    """What of a grid cell alerts may belong to: incidents in a box around them (degrees), or of their cameras."""

    south: float
    north: float
    west: float
    east: float
    cameras: set[str]

    def may_concern(self, lon: float, lat: float, camera: str) -> bool:
        """Tell whether ``belongs`` may hold for an incident here; most of a cell in a storm are too far."""
        return (self.south <= lat <= self.north and self.west <= lon <= self.east) or camera in self.cameras


def box_around(lon: float, lat: float, radius_m: float) -> Box:
    """Return a box that holds the circle."""
    reach = radius_m / METRES_PER_DEGREE * _ROUNDED_UP
    # Degrees of longitude are shortest on the parallel that is nearest to a pole.
    reach_lon = reach / max(math.cos(math.radians(min(abs(lat) + reach, 89.0))), 0.01)
    return (lat - reach, lat + reach, lon - reach_lon, lon + reach_lon)


def widen(cells: dict[int, Surroundings], touched: Iterable[int], box: Box, camera: str) -> None:
    """Take one more alert into what is known of the cells that its circle touches."""
    south, north, west, east = box
    for cell in touched:
        known = cells.get(cell)
        if known is None:
            cells[cell] = Surroundings(south=south, north=north, west=west, east=east, cameras={camera})
            continue
        known.south, known.north = min(south, known.south), max(north, known.north)
        known.west, known.east = min(west, known.west), max(east, known.east)
        known.cameras.add(camera)


def window_us(incident: Incident, category: Category, policy: DeskPolicy) -> int:
    """Return how far in time an alert may lie from the incident's alerts and still belong to it."""
    seconds = category.window_s
    if incident.alert_count > policy.flap_alerts:
        seconds = max(seconds, policy.flap_window_s)
    return int(seconds * MICROS)


def belongs(alert: Alert, incident: Incident, category: Category, policy: DeskPolicy) -> bool:
    """Tell whether the alert is part of this incident."""
    if incident.state not in OPEN_STATES or incident.family != category.family or incident.area_id != alert.area_id:
        return False
    reach = window_us(incident, category, policy)
    if not incident.first_alert_us - reach <= alert.started_us <= incident.last_alert_us + reach:
        return False
    if incident.node == alert.node and incident.camera == alert.camera and incident.category == alert.category:
        return True
    return metres_between(alert.lon, alert.lat, incident.lon, incident.lat) <= category.radius_m


def choose(alert: Alert, near: Iterable[Incident], category: Category, policy: DeskPolicy) -> Incident | None:
    """Return the incident the alert is folded into: the most recently alarmed one it belongs to, or None."""
    chosen: Incident | None = None
    reach = category.radius_m / METRES_PER_DEGREE
    lat, camera = alert.lat, alert.camera
    south, north = lat - reach, lat + reach
    for incident in near:
        # Most of those in the cells around are too far by their latitude alone, and none of that very camera.
        if not south <= incident.lat <= north and incident.camera != camera:
            continue
        if belongs(alert, incident, category, policy) and (
            chosen is None
            or (incident.last_alert_us, incident.incident_id) > (chosen.last_alert_us, chosen.incident_id)
        ):
            chosen = incident
    return chosen


def twin_among(alert: Alert, others: Iterable[Alert], policy: DeskPolicy) -> Alert | None:
    """Return the alert of another room that tells of the very same thing: both agents watch the same camera.

    Same camera by name and place, same rule and category, at the same moment. Each alert has at most one twin per
    room, so two intruders seen by two agents stay two alerts.
    """
    if alert.source is not AlertSource.MACHINE or not alert.camera:
        return None
    reach_us = int(policy.twin_window_s * MICROS)
    known = list(others)
    taken = {other.twin_of for other in known if other.node == alert.node and other.twin_of is not None}
    fitting = [
        other
        for other in known
        if other.source is AlertSource.MACHINE
        and other.node != alert.node
        and other.twin_of is None
        and other.alert_id not in taken
        and (other.camera, other.rule, other.category) == (alert.camera, alert.rule, alert.category)
        and abs(other.started_us - alert.started_us) <= reach_us
        and metres_between(other.lon, other.lat, alert.lon, alert.lat) <= policy.twin_radius_m
    ]
    return min(fitting, key=lambda other: (abs(other.started_us - alert.started_us), other.alert_id), default=None)
