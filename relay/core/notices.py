"""The notice: what one attempt tells, with everything a channel needs to say it. Pure; wording is here too."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from patrol_wire.ids import DispatchId, Outcome, Severity
from relay.core.channels import Occasion
from relay.core.city import City
from relay.core.incidents import Incident, IncidentState

LANGUAGES: Final = ("zh-CN", "en")


class Notice(Struct, frozen=True, kw_only=True):
    """One thing to tell one receiver. ``key`` is the same for every attempt: what arrives twice is known by it."""

    key: str
    number: int
    attempt: int
    occasion: Occasion
    receiver: str
    recipient: str
    """The unit, where a unit is told; else the receiver's name."""
    reason: str
    planned_us: int
    incident: Incident
    titles: Mapping[str, tuple[str, str]]
    """Names in Chinese and English of ``category``, ``area``, ``town`` and ``unit``."""
    target: str = ""
    dispatch_id: DispatchId | None = None
    answer_by_us: int | None = None
    test: bool = False
    """Sent by a technician; nobody is to act on it."""


def key_of(incident: Incident, number: int) -> str:
    """Return a notification's idempotency key: unique over stores, equal over attempts."""
    return f"{incident.incident_id}.{number}"


def titles_of(incident: Incident, city: City, *, unit_id: str = "") -> dict[str, tuple[str, str]]:
    """Return the names of what an incident is about; an id stands for a name that the city's files lack."""
    category = city.category(incident.category)
    area = city.area_by_id.get(incident.area_id)
    town = next((each for each in city.towns if area is not None and each.town_id == area.town_id), None)
    unit = next((each for each in city.units if each.unit_id == unit_id), None) if unit_id else None
    return {
        "category": _both(category.title_zh, category.title_en, incident.category),
        "area": _both(area.name, area.name_en, incident.area_id) if area else _both("", "", incident.area_id),
        "town": _both(town.name, town.name_en, town.town_id) if town else ("", ""),
        "unit": _both(unit.name, unit.name_en, unit_id) if unit else (unit_id, unit_id),
    }


def headline(notice: Notice, language: str) -> str:
    """Return one line: what, how grave, where."""
    words = WORDS[language]
    incident = notice.incident
    parts = [_title(notice, "category", language), _title(notice, "area", language)]
    if incident.camera:
        parts.append(incident.camera)
    line = words["head"].format(severity=words[f"severity_{incident.severity.value}"], what=words["join"].join(parts))
    return words["test"] + line if notice.test else line


def text(notice: Notice, language: str) -> str:
    """Return a few lines: the headline, why it is told, how it stands, where to look."""
    words = WORDS[language]
    incident = notice.incident
    lines = [headline(notice, language)]
    town = _title(notice, "town", language)
    if town:
        lines.append(words["town"].format(town=town))
    if notice.occasion is Occasion.OFFER:
        lines.append(words["offer"].format(unit=_title(notice, "unit", language)))
    lines.append(words["state"].format(state=words[f"state_{incident.state.value}"]))
    if incident.outcome is not None:
        lines.append(words["outcome"].format(outcome=words[f"outcome_{incident.outcome.value}"]))
    lines.append(words["place"].format(lat=f"{incident.lat:.6f}", lon=f"{incident.lon:.6f}"))
    lines.append(words["incident"].format(incident_id=incident.incident_id))
    if notice.reason:
        lines.append(words["reason"].format(reason=notice.reason))
    return "\n".join(lines)


def _both(zh: str, en: str, key: str) -> tuple[str, str]:
    return zh or en or key, en or zh or key


def _title(notice: Notice, what: str, language: str) -> str:
    return notice.titles[what][LANGUAGES.index(language)]


WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh-CN": {
        "test": "【测试，请勿处置】",
        "head": "【{severity}】{what}",
        "join": "，",
        "town": "所属：{town}",
        "offer": "{unit}：有派单待接，请打开终端",
        "state": "状态：{state}",
        "outcome": "处置结果：{outcome}",
        "place": "位置：{lat}, {lon}",
        "incident": "事件编号：{incident_id}",
        "reason": "原因：{reason}",
        f"severity_{Severity.CRITICAL.value}": "特急",
        f"severity_{Severity.HIGH.value}": "紧急",
        f"severity_{Severity.NORMAL.value}": "一般",
        f"severity_{Severity.LOW.value}": "低",
        f"state_{IncidentState.NEW.value}": "无人接手",
        f"state_{IncidentState.ACKNOWLEDGED.value}": "已确认",
        f"state_{IncidentState.DISPATCHED.value}": "已派单",
        f"state_{IncidentState.ON_SCENE.value}": "已到场",
        f"state_{IncidentState.RESOLVED.value}": "已处置",
        f"state_{IncidentState.CLOSED.value}": "已结案",
        f"state_{IncidentState.CANCELLED.value}": "已撤销",
        f"outcome_{Outcome.CONFIRMED.value}": "属实",
        f"outcome_{Outcome.NOTHING_FOUND.value}": "未发现异常",
        f"outcome_{Outcome.FALSE_ALARM.value}": "误报",
    },
    "en": {
        "test": "[TEST, do not act] ",
        "head": "[{severity}] {what}",
        "join": ", ",
        "town": "Town: {town}",
        "offer": "{unit}: a dispatch waits for your answer; open your terminal",
        "state": "State: {state}",
        "outcome": "Outcome: {outcome}",
        "place": "Place: {lat}, {lon}",
        "incident": "Incident: {incident_id}",
        "reason": "Reason: {reason}",
        f"severity_{Severity.CRITICAL.value}": "CRITICAL",
        f"severity_{Severity.HIGH.value}": "HIGH",
        f"severity_{Severity.NORMAL.value}": "NORMAL",
        f"severity_{Severity.LOW.value}": "LOW",
        f"state_{IncidentState.NEW.value}": "nobody has it",
        f"state_{IncidentState.ACKNOWLEDGED.value}": "acknowledged",
        f"state_{IncidentState.DISPATCHED.value}": "dispatched",
        f"state_{IncidentState.ON_SCENE.value}": "on scene",
        f"state_{IncidentState.RESOLVED.value}": "resolved",
        f"state_{IncidentState.CLOSED.value}": "closed",
        f"state_{IncidentState.CANCELLED.value}": "cancelled",
        f"outcome_{Outcome.CONFIRMED.value}": "confirmed",
        f"outcome_{Outcome.NOTHING_FOUND.value}": "nothing found",
        f"outcome_{Outcome.FALSE_ALARM.value}": "false alarm",
    },
}
