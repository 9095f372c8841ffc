"""Silences and maintenance windows: machine alerts that page nobody for a while, by whom and why.

They never touch what people say (flags, accepted suggestions) and never the counts: a silenced alert is stored, shown
and counted as ever. A silence never covers what is critical; a maintenance window does, for its camera is worked on.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from patrol_wire.ids import Severity
from relay.core.alerts import Alert, AlertSource
from relay.core.policy import MICROS

_DAY_US: Final = 86_400 * MICROS


class SilenceKind(StrEnum):
    """Why alerts page nobody."""

    SILENCE = "silence"
    """A person had enough of them."""
    MAINTENANCE = "maintenance"
    """Somebody works there, at a time that was planned."""


LONGEST_US: Final = {SilenceKind.SILENCE: _DAY_US, SilenceKind.MAINTENANCE: 30 * _DAY_US}
"""A silence ends by itself: what is meant for ever belongs into the room's rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is silenced: every field that is not empty must fit."""

    node: str = ""
    camera: str = ""
    area_id: str = ""
    category: str = ""
    rule: str = ""

    @property
    def is_empty(self) -> bool:
        """It would cover the whole city."""
        return not (self.node or self.camera or self.area_id or self.category or self.rule)

    def covers(self, alert: Alert) -> bool:
        """Tell whether an alert is meant."""
        return (
            self.node in ("", alert.node)
            and self.camera in ("", alert.camera)
            and self.area_id in ("", alert.area_id)
            and self.category in ("", alert.category)
            and self.rule in ("", alert.rule)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silence as the store holds it; only its end is ever changed."""

    silence_id: str
    kind: SilenceKind
    author: str
    reason: str
    scope: Scope
    from_us: int
    until_us: int
    set_us: int
    ended_us: int | None = None
    """When somebody ended it before its time."""
    ended_by: str = ""

    def is_active(self, now_us: int) -> bool:
        """Tell whether it holds at a moment."""
        return self.from_us <= now_us < self.until_us and (self.ended_us is None or now_us < self.ended_us)


def unfit(silence: Silence, now_us: int) -> str | None:
    """Return why a silence cannot be set, or None."""
    longest_us = LONGEST_US[silence.kind]
    if not silence.reason.strip():
        return "a silence needs a reason: others must know why nothing is heard"
    if silence.scope.is_empty:
        return "name at least a room, a camera, an area, a category or a rule: nobody silences the whole city"
    if silence.until_us <= max(silence.from_us, now_us):
        return "it would be over before it begins"
    if silence.until_us - silence.from_us > longest_us:
        days = longest_us // _DAY_US
        return f"a {silence.kind.value} lasts {days} day{'s' if days > 1 else ''} at most; set it again when it ends"
    return None


def covering(silences: tuple[Silence, ...], alert: Alert, now_us: int) -> Silence | None:
    """Return the silence that keeps an alert from paging anybody: the one that ends last, or None."""
    if not silences or alert.source is not AlertSource.MACHINE or alert.verified:
        return None
    fitting = [
        each
        for each in silences
        if each.is_active(now_us)
        and each.scope.covers(alert)
        and not (each.kind is SilenceKind.SILENCE and alert.severity is Severity.CRITICAL)
    ]
    return max(fitting, key=lambda each: (each.until_us, each.silence_id), default=None)
