"""A relay over the end of a month: alerts of chosen moments, publication, and what the releases say."""

from datetime import UTC, datetime

from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Measure
from patrol_wire.records import Alert, Place
from relay.core.commands import CommandResult, PublishMonth
from relay.core.policy import MICROS
from relay.core.releases import MonthRelease
from relay.store import releases
from tests.support.cases import next_id
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of
from tests.support.writer_site import WriterSite


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * MICROS


class Calendar:
    """A relay whose clock begins on the last evening of September in the city, with one room at work."""

    def __init__(self, site: WriterSite) -> None:
        self.site = site
        self.room = RoomSender()
        self._number = 0
        self.at("2026-09-30T20:00:00+08:00")
        site.connect(self.room)

    def at(self, text: str) -> None:
        self.site.clock.advance((us(text) - self.site.clock.now_us()) / MICROS)

    def alert(self, text: str, *, area: int = 0) -> None:
        """Deliver an alert of that moment now; each is an incident of its own, and direct, so that it counts."""
        self._number += 1
        lon, lat = centre_of(area)
        body: Alert = replace(
            some_alert(0),
            alert_id=next_id(),
            camera=f"gate-{self._number}",
            forward=Forward.DIRECT,
            started_at=us(text),
            raised_at=us(text),
            place=Place(lon=lon + 0.003 * self._number, lat=lat),
        )
        self.room.put(body)
        self.site.deliver(self.room)

    def publish(self, month: str, actor: str = "wang") -> CommandResult:
        command = PublishMonth(command_id=CommandId(next_id()), actor=actor, month=month, reason="the report is due")
        (result,) = self.site.writer.apply([], [command]).results
        return result

    def releases(self) -> list[MonthRelease]:
        with self.site.reader.connect() as connection:
            return releases.listed(connection)

    def figure(self, month: str, release: int, measure: Measure = Measure.REPORTED) -> int:
        with self.site.reader.connect() as connection:
            found = releases.figures(connection, month, release)
        return sum(each.total for each in found if each.place.measure is measure)

    def difference(self, month: str, release: int) -> list[tuple[str, str, int]]:
        with self.site.reader.connect() as connection:
            found = releases.difference(connection, month, release)
        return [(each.place.measure.value, each.place.area_id, each.total) for each in found]
