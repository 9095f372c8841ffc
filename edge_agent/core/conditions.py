"""Which watch judges which kind of rule. Each watch lives in the file of its idea and keeps only what it needs.

What becomes an alert is decided in ``alerts.py``.
"""

from typing import assert_never

from edge_agent.core.abandonment import AbandonmentWatch
from edge_agent.core.claims import Watch
from edge_agent.core.crossing import CrossingWatch
from edge_agent.core.crowds import CrowdWatch
from edge_agent.core.rules import (
    AbandonedObject,
    AnyRule,
    Crowd,
    Intrusion,
    LineCrossing,
    Loitering,
    StoppedVehicle,
    WrongWay,
)
from edge_agent.core.stays import StayWatch
from edge_agent.core.stops import StopWatch
from edge_agent.core.wrong_way import WrongWayWatch


def watch_for(rule: AnyRule) -> Watch:
    """Return a fresh watch for the rule."""
    match rule:
        case Intrusion() | Loitering():
            return StayWatch(rule)
        case LineCrossing():
            return CrossingWatch(rule)
        case Crowd():
            return CrowdWatch(rule)
        case WrongWay():
            return WrongWayWatch(rule)
        case StoppedVehicle():
            return StopWatch(rule)
        case AbandonedObject():
            return AbandonmentWatch(rule)
        case _:
            assert_never(rule)
