"""Cursor-on-Target events (the CoT 2.0 event of TAK clients): one incident as a point on the map. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from patrol_wire.ids import Severity
from relay.core.incidents import Incident
from relay.core.notices import WORDS

ALARM_TYPE: Final = "b-l-l-l"
"""Bits, alarm, other: an incident that is no unit and no shape, in the type tree of CoT."""
DELETE_TYPE: Final = "t-x-d-d"
"""Tasking: take the linked point off the map (what TAK clients send themselves)."""
_HOW: Final = "m-g"
"""Made by a machine."""
_UNKNOWN: Final = "9999999.0"
_COLOURS: Final = {
    Severity.CRITICAL: "-65536",
    Severity.HIGH: "-35072",
    Severity.NORMAL: "-256",
    Severity.LOW: "-16776961",
}
"""Signed ARGB: red, orange, yellow, blue."""
_NEAR_M: Final = "50.0"
"""How far from the camera's point it may be."""


def uid_of(incident_id: str) -> str:
    """Return the event's uid: the same for ever, so that an update moves the same point."""
    return f"video-patrol.{incident_id}"


def event(
    incident: Incident, titles: Mapping[str, tuple[str, str]], *, relay: str, now_us: int, stale_s: float
) -> bytes:
    """Return the event of an incident as it is now."""
    root = _root(uid_of(incident.incident_id), ALARM_TYPE, now_us=now_us, start_us=incident.first_alert_us)
    root.set("stale", _time(now_us + int(stale_s * 1e6)))
    point = {"lat": f"{incident.lat:.7f}", "lon": f"{incident.lon:.7f}", "hae": _UNKNOWN, "ce": _NEAR_M, "le": _UNKNOWN}
    ET.SubElement(root, "point", point)
    detail = ET.SubElement(root, "detail")
    words = WORDS["zh-CN"], WORDS["en"]
    names = [f"{titles['category'][side]} {titles['area'][side]}" for side in (0, 1)]
    ET.SubElement(detail, "contact", {"callsign": _printable(f"{words[0][_severity(incident)]} {names[0]}")})
    states = [each[f"state_{incident.state.value}"] for each in words]
    remarks = ET.SubElement(detail, "remarks", {"source": relay})
    remarks.text = _printable(f"{names[0]} / {names[1]} · {states[0]} / {states[1]} · {incident.incident_id}")
    ET.SubElement(detail, "color", {"argb": _COLOURS[incident.severity]})
    return _text(root)


def removal(incident: Incident, *, now_us: int) -> bytes:
    """Return the event that takes the incident off every map: it is over."""
    uid = uid_of(incident.incident_id)
    root = _root(f"{uid}.removed", DELETE_TYPE, now_us=now_us, start_us=now_us)
    root.set("stale", _time(now_us + 60_000_000))
    point = {"lat": f"{incident.lat:.7f}", "lon": f"{incident.lon:.7f}", "hae": _UNKNOWN, "ce": _NEAR_M, "le": _UNKNOWN}
    ET.SubElement(root, "point", point)
    detail = ET.SubElement(root, "detail")
    ET.SubElement(detail, "link", {"uid": uid, "type": ALARM_TYPE, "relation": "p-p"})
    ET.SubElement(detail, "__forcedelete")
    return _text(root)


def _severity(incident: Incident) -> str:
    return f"severity_{incident.severity.value}"


def _root(uid: str, kind: str, *, now_us: int, start_us: int) -> ET.Element:
    return ET.Element(
        "event",
        {"version": "2.0", "uid": uid, "type": kind, "how": _HOW, "time": _time(now_us), "start": _time(start_us)},
    )


def _time(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _text(root: ET.Element) -> bytes:
    """Return the event with its own XML declaration, in one line."""
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
