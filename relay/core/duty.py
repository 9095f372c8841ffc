"""Who is on duty at a moment: the city's roster and what was said by hand, for the writer and for pages alike."""

from collections.abc import Mapping

from patrol_wire.ids import UnitId
from relay.core.candidates import UnitNow
from relay.core.city import City
from relay.core.rosters import Duty, duty_at, minute_of_week


class DutyNow:
    """Answers for one moment; cheap to make."""

    def __init__(self, city: City, now_us: int) -> None:
        self._city = city
        self._spans = city.spans_by_unit
        self._now_us = now_us
        self.minute = minute_of_week(now_us, city.zone)

    @property
    def by_roster(self) -> Mapping[UnitId, str]:
        """What the roster alone says of units: see ``City.off_by_roster``."""
        return self._city.off_by_roster(self.minute)

    def of(self, unit: UnitNow) -> Duty:
        """Return whether a unit is on duty, why, and until when."""
        return duty_at(
            self._spans.get(unit.unit_id, ()),
            said_on=unit.on_duty,
            said_us=unit.duty_us,
            now_us=self._now_us,
            minute=self.minute,
        )

    def off_duty(self, unit: UnitNow) -> str:
        """Return why a unit is not on duty, "" when it is."""
        if unit.unit_id not in self._spans:
            return "" if unit.on_duty else "off duty"
        duty = self.of(unit)
        return "" if duty.on_duty else duty.reason
