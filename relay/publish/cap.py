"""CAP 1.2 messages (OASIS Common Alerting Protocol, July 2010): what an incident is to other alerting systems.

The first message about an incident is an Alert, later ones are Updates that refer to all before them, and one about an
incident that was taken back is a Cancel. A message that was issued never changes. Pure: values in, XML out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from patrol_wire.ids import Severity
from relay.core.incidents import OPEN_STATES, Incident, IncidentState
from relay.core.notices import LANGUAGES, WORDS

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_FORBIDDEN: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
RADIUS_KM: Final = 0.2
"""Around the incident's point; a camera's view and the way to it."""
_SEVERITY: Final = {
    Severity.CRITICAL: ("Immediate", "Extreme"),
    Severity.HIGH: ("Immediate", "Severe"),
    Severity.NORMAL: ("Expected", "Moderate"),
    Severity.LOW: ("Future", "Minor"),
}
"""Urgency and severity in the words of the standard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A message that was issued: what a later one refers to."""

    number: int
    kind: str
    sent_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapVoice:
    """Who speaks, and how."""

    sender: str
    sender_names: tuple[str, str]
    """In Chinese and English."""
    expires_s: float = 3_600.0
    status: str = "Actual"
    """Actual, Exercise or Test."""


def kind_of(incident: Incident, before: Sequence[Issued]) -> str:
    """Return the message's type; what was never alerted is not cancelled but simply not said (see ``speaks``)."""
    if incident.state is IncidentState.CANCELLED:
        return "Cancel"
    return "Update" if before else "Alert"


def speaks(incident: Incident, before: Sequence[Issued]) -> bool:
    """Tell whether there is anything to say: not of an incident that ended before anybody was told."""
    if before and before[-1].kind == "Cancel" and incident.state is IncidentState.CANCELLED:
        return False
    return bool(before) or incident.state in OPEN_STATES


def identifier(incident_id: str, number: int) -> str:
    """Return a message's identifier: unique for ever, without the characters the standard forbids."""
    return f"{incident_id}.{number}"


def message(
    incident: Incident,
    *,
    number: int,
    sent_us: int,
    before: Sequence[Issued],
    voice: CapVoice,
    titles: dict[str, tuple[str, str]],
) -> str:
    """Return one message as XML text; element order is the schema's."""
    kind = kind_of(incident, before)
    alert = ET.Element("alert", {"xmlns": NAMESPACE})
    _say(alert, "identifier", identifier(incident.incident_id, number))
    _say(alert, "sender", voice.sender)
    _say(alert, "sent", cap_time(sent_us))
    _say(alert, "status", voice.status)
    _say(alert, "msgType", kind)
    _say(alert, "scope", "Restricted")
    _say(alert, "restriction", "Public safety partners of the city")
    _say(alert, "code", f"incident:{incident.incident_id}")
    if before:
        _say(alert, "references", " ".join(_reference(incident.incident_id, one, voice) for one in before))
    _say(alert, "incidents", incident.incident_id)
    for position, language in enumerate(LANGUAGES):
        _info(alert, incident, position=position, language=language, sent_us=sent_us, voice=voice, titles=titles)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(alert, encoding="unicode")


def _info(
    alert: ET.Element,
    incident: Incident,
    *,
    position: int,
    language: str,
    sent_us: int,
    voice: CapVoice,
    titles: dict[str, tuple[str, str]],
) -> None:
    words = WORDS[language]
    category, area = titles["category"][position], titles["area"][position]
    urgency, severity = _SEVERITY[incident.severity]
    over = incident.state not in OPEN_STATES
    info = ET.SubElement(alert, "info")
    _say(info, "language", language)
    _say(info, "category", "Security")
    _say(info, "event", _printable(category).strip() or incident.category)
    _say(info, "responseType", "AllClear" if over else "Monitor")
    _say(info, "urgency", "Past" if over else urgency)
    _say(info, "severity", severity)
    _say(info, "certainty", "Observed" if incident.verified else "Possible")
    _code(info, "eventCode", "category", incident.category)
    _say(info, "effective", cap_time(sent_us))
    _say(info, "onset", cap_time(incident.first_alert_us))
    _say(info, "expires", cap_time(sent_us + int(voice.expires_s * 1e6)))
    _say(info, "senderName", voice.sender_names[position])
    what = words["join"].join((category, area))
    head = words["head"].format(severity=words[f"severity_{incident.severity.value}"], what=what)
    _say(info, "headline", (words["test"] + head if voice.status == "Test" else head)[:160])
    state = words["state"].format(state=words[f"state_{incident.state.value}"])
    _say(info, "description", f"{head}\n{state}")
    _code(info, "parameter", "state", incident.state.value)
    if incident.outcome is not None:
        _code(info, "parameter", "outcome", incident.outcome.value)
    place = ET.SubElement(info, "area")
    _say(place, "areaDesc", _printable(area).strip() or incident.area_id)
    _say(place, "circle", f"{incident.lat:.6f},{incident.lon:.6f} {RADIUS_KM:g}")
    _code(place, "geocode", "area_id", incident.area_id)


def _reference(incident_id: str, issued: Issued, voice: CapVoice) -> str:
    return f"{voice.sender},{identifier(incident_id, issued.number)},{cap_time(issued.sent_us)}"


def cap_time(at_us: int) -> str:
    """Return a time as the standard writes it: to the second, with an offset, never ``Z`` (§3.3.2)."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _say(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _printable(text)


def _code(parent: ET.Element, name: str, key: str, value: str) -> None:
    pair = ET.SubElement(parent, name)
    _say(pair, "valueName", key)
    _say(pair, "value", value)


def _printable(text: str) -> str:
    """Return the text without what XML 1.0 cannot hold, whatever a camera or a file is named."""
    return _FORBIDDEN.sub("", text)
