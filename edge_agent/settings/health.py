"""``[health.…]``: when a room tells that something is wrong with a camera or with itself, and how urgent it is.

One table per condition; the defaults hold for most rooms. What cannot hold for one camera is switched off there
(``health_off``). The conditions themselves are ``core.camera_health``'s.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from edge_agent.core.camera_health import HealthCondition
from edge_agent.settings.values import Decimal, Flag, Seconds, Settings, Whole
from patrol_wire.ids import Severity


class HealthRule(Settings):
    """What every condition has."""

    enabled: Flag = True
    after_s: Seconds
    clear_after_s: Seconds
    severity: Severity


class LostRule(HealthRule):
    """``[health.lost]``: no connection."""

    after_s: Seconds = 30.0
    clear_after_s: Seconds = 60.0
    severity: Severity = Severity.HIGH


class StalledRule(LostRule):
    """``[health.stalled]``: a connection, and no pictures."""


class FrozenRule(LostRule):
    """``[health.frozen]``: always the same picture."""


class BlackRule(HealthRule):
    """``[health.black]``: no light."""

    after_s: Seconds = 60.0
    clear_after_s: Seconds = 60.0
    severity: Severity = Severity.HIGH


class CoveredRule(HealthRule):
    """``[health.covered]``: something before the lens."""

    after_s: Seconds = 90.0
    clear_after_s: Seconds = 60.0
    severity: Severity = Severity.HIGH


class DefocusedRule(HealthRule):
    """``[health.defocused]``: out of focus, or wet."""

    after_s: Seconds = 300.0
    clear_after_s: Seconds = 300.0
    severity: Severity = Severity.NORMAL


class MovedRule(HealthRule):
    """``[health.moved]``: turned away."""

    after_s: Seconds = 60.0
    clear_after_s: Seconds = 60.0
    severity: Severity = Severity.HIGH


class ClockDriftRule(HealthRule):
    """``[health.clock_drift]``: a clock that runs wrong, a camera's or the room's."""

    after_s: Seconds = 30.0
    clear_after_s: Seconds = 600.0
    severity: Severity = Severity.NORMAL
    most_offset_s: Annotated[Decimal, Field(gt=0.0, le=3_600.0)] = 2.0


class GopTooLongRule(HealthRule):
    """``[health.gop_too_long]``: keyframes too far apart for the blind time."""

    after_s: Seconds = 60.0
    clear_after_s: Seconds = 60.0
    severity: Severity = Severity.LOW


class EvidenceDiskLowRule(HealthRule):
    """``[health.evidence_disk_low]``: no room for evidence."""

    after_s: Seconds = 10.0
    clear_after_s: Seconds = 300.0
    severity: Severity = Severity.HIGH
    least_free_mib: Annotated[Whole, Field(ge=1, le=1_048_576)] = 256


class HealthSettings(Settings):
    """``[health]``: one table per condition, under the condition's word."""

    lost: LostRule = LostRule()
    stalled: StalledRule = StalledRule()
    frozen: FrozenRule = FrozenRule()
    black: BlackRule = BlackRule()
    covered: CoveredRule = CoveredRule()
    defocused: DefocusedRule = DefocusedRule()
    moved: MovedRule = MovedRule()
    clock_drift: ClockDriftRule = ClockDriftRule()
    gop_too_long: GopTooLongRule = GopTooLongRule()
    evidence_disk_low: EvidenceDiskLowRule = EvidenceDiskLowRule()

    @property
    def rules(self) -> Mapping[HealthCondition, HealthRule]:
        """The table of every condition."""
        return {condition: getattr(self, condition.value) for condition in HealthCondition}
