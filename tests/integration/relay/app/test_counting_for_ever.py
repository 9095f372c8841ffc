"""The invariant of the counts on a real store, whatever happens in whatever order over the end of a month.

After every transaction the sum of the ledger is the number of incidents that qualify, for each measure, area, category
and month; a published figure never changes; and each late change is in exactly one release.
"""

import os
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from patrol_wire.ids import AreaId, CommandId, Forward, Measure, Outcome, Severity, Step, Verdict
from patrol_wire.records import Alert, Flag, FlagChange, Judgement, Place
from relay.core.commands import Act, PublishMonth
from relay.core.counting import CountPlace, qualifies
from relay.core.dispatches import Answer
from relay.core.policy import MICROS
from relay.core.releases import month_bounds
from relay.store import alerts, incidents, ledger, releases
from tests.support.cases import next_id
from tests.support.records import some_alert, some_flag
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of, small_city
from tests.support.writer_site import WriterSite

ZONES = {
    "Asia/Shanghai": "2026-09-30T14:00:00+00:00",
    "Europe/Berlin": "2026-03-29T00:30:00+00:00",  # half an hour before summer time, two days before the month's end
    "America/Sao_Paulo": "2026-10-31T22:00:00+00:00",
    "Africa/Cairo": "2026-04-30T18:00:00+00:00",  # its clocks have just leapt over midnight
}
CATEGORIES = ("intrusion", "loitering", "brawl", "drill")
pytestmark = pytest.mark.timeout(300)
_SHM = "/dev/shm"  # noqa: S108  # only a folder of its own below it
MEMORY = _SHM if os.access(_SHM, os.W_OK) else None
"""Thousands of transactions on a disk that others use would measure the disk."""
YEAR_S = 365 * 86_400
SEVEN_DAYS_S = 7 * 86_400


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * MICROS


class CountsForEver(RuleBasedStateMachine):
    """A city's counts over a few months; every rule is one transaction of the real writer."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.alerts: list[Alert | Flag] = []
        self.published: dict[tuple[str, int], dict[CountPlace, int]] = {}

    @initialize(zone=st.sampled_from(sorted(ZONES)))
    def begin(self, zone: str) -> None:
        self.site = WriterSite(Path(self.folder.name), city=small_city(zone=zone))
        self.site.clock.advance((us(ZONES[zone]) - self.site.clock.now_us()) / MICROS)
        self.room = RoomSender()
        self.site.connect(self.room)
        # Hypothesis leaves out some rules in each run: without these, most runs would have nothing to act on.
        for area, (flag, forward) in enumerate(
            [(True, Forward.DIRECT), (False, Forward.DIRECT), (False, Forward.SUGGEST)]
        ):
            self._arrives(area=area, category="brawl", flag=flag, forward=forward)

    def teardown(self) -> None:
        if hasattr(self, "site"):
            self.site.__exit__(None, None, None)
        self.folder.cleanup()

    def _send(self, body: Alert | Flag | Judgement | FlagChange) -> None:
        self.room.put(body)
        self.site.deliver(self.room)

    def _pick(self, number: int) -> str:
        found = self.site.incidents()
        return found[number % len(found)].incident_id if found else next_id()

    @rule(
        late_s=st.sampled_from([0, 60, 3_600, 86_400, 3 * 86_400, 20 * 86_400, 40 * 86_400, YEAR_S, -250, -YEAR_S]),
        area=st.integers(0, 2),
        category=st.sampled_from(CATEGORIES),
        forward=st.sampled_from(Forward),
        flag=st.booleans(),
        suspect=st.booleans(),
        camera=st.integers(0, 2),
    )
    def an_alert_arrives(
        self, late_s: int, area: int, category: str, forward: Forward, flag: bool, suspect: bool, camera: int
    ) -> None:
        """On time, late, from the future, from a clock a year off, or from one that doubts itself."""
        self._arrives(
            area=area, category=category, flag=flag, forward=forward, late_s=late_s, suspect=suspect, camera=camera
        )

    def _arrives(
        self,
        *,
        area: int,
        category: str,
        flag: bool,
        forward: Forward,
        late_s: int = 0,
        suspect: bool = False,
        camera: int = 0,
    ) -> None:
        at_us = self.site.clock.now_us() - late_s * MICROS
        lon, lat = centre_of(area)
        place = Place(lon=lon + 0.01 * camera, lat=lat)
        common = {"alert_id": next_id(), "category": category, "camera": f"cam-{camera}", "place": place}
        body: Alert | Flag
        if flag:
            body = replace(some_flag(0), flagged_at=at_us, **common)
        else:
            body = replace(
                some_alert(0), started_at=at_us, raised_at=at_us, clock_suspect=suspect, forward=forward, **common
            )
        self.alerts.append(body)
        self._send(body)

    @precondition(lambda self: self.alerts)
    @rule(number=st.integers(0, 50), verdict=st.sampled_from(Verdict))
    def the_room_judges(self, number: int, verdict: Verdict) -> None:
        alert = self.alerts[number % len(self.alerts)]
        self._send(
            Judgement(alert_id=alert.alert_id, verdict=verdict, operator="li.wei", judged_at=self.site.clock.now_us())
        )

    @precondition(lambda self: self.alerts)
    @rule(number=st.integers(0, 50), category=st.sampled_from([None, *CATEGORIES]), withdrawn=st.booleans())
    def the_operator_changes_a_flag(self, number: int, category: str | None, withdrawn: bool) -> None:
        alert = self.alerts[number % len(self.alerts)]
        at_us = self.site.clock.now_us()
        self._send(
            FlagChange(
                alert_id=alert.alert_id,
                operator="li.wei",
                changed_at=at_us,
                category=category,
                severity=Severity.LOW,
                withdrawn=withdrawn,
            )
        )

    @precondition(lambda self: self.alerts)
    @rule(
        number=st.integers(0, 50),
        act=st.sampled_from(sorted(set(Act) - {Act.RECALL})),
        outcome=st.sampled_from([None, *Outcome]),
        category=st.sampled_from([None, *CATEGORIES]),
        area=st.sampled_from([None, "a0", "a3"]),
    )
    def the_desk_acts(
        self, number: int, act: Act, outcome: Outcome | None, category: str | None, area: str | None
    ) -> None:
        """Verify, close, reopen, move, reclassify, merge, split and the rest, also of what was finished months ago."""
        self.site.act(
            self._pick(number),
            act,
            outcome=outcome,
            category=category,
            area_id=AreaId(area) if area is not None else None,
            into=self._pick(number + 1),
            alert_ids=(self.alerts[number % len(self.alerts)].alert_id, self.alerts[-1].alert_id),
        )

    @precondition(lambda self: self.alerts)
    @rule(number=st.integers(0, 50), step=st.sampled_from(Step), outcome=st.sampled_from(Outcome))
    def a_unit_presses(self, number: int, step: Step, outcome: Outcome) -> None:
        sent = self.site.dispatches()
        if sent:
            chosen = sent[number % len(sent)]
            self.site.press(chosen.unit_id, chosen.dispatch_id, step, outcome)

    @rule(seconds=st.sampled_from([30, 600, 3_600, 86_400, SEVEN_DAYS_S]))
    def time_passes(self, seconds: int) -> None:
        self.site.tick(seconds)

    @rule()
    def everything_is_sent_again(self) -> None:
        """After a lost acknowledgement."""
        self.site.writer.apply([self.room.batch(1)])

    @rule()
    def the_relay_begins_anew(self) -> None:
        """What is only in memory is gone."""
        now_us = self.site.clock.now_us()
        city = self.site.city
        self.site.__exit__(None, None, None)
        self.site = WriterSite(Path(self.folder.name), city=city)
        self.site.clock.advance((now_us - self.site.clock.now_us()) / MICROS)
        self.site.connect(self.room)

    @precondition(lambda self: self.alerts)
    @rule(number=st.integers(0, 50), wait=st.booleans())
    def a_month_is_published(self, number: int, wait: bool) -> None:
        """Of any incident; mostly once it has ended, so that what comes after finds it frozen."""
        found = self.site.incidents()
        if not found:
            return
        month = found[number % len(found)].month
        end_us = month_bounds(month, self.site.city.zone)[1]
        if wait and end_us > self.site.clock.now_us():
            self.site.tick((end_us - self.site.clock.now_us()) / MICROS)
        over = end_us <= self.site.clock.now_us()
        command = PublishMonth(command_id=CommandId(next_id()), actor="wang", month=month)
        (result,) = self.site.writer.apply([], [command]).results
        known = month in {key[0] for key in self.published}
        assert (result.answer is Answer.DONE) is (over and not known)

    @invariant()
    def the_ledger_equals_the_incidents_and_releases_stay(self) -> None:
        if not hasattr(self, "site"):
            return
        assert self.site.differences() == []
        expected: Counter[CountPlace] = Counter()
        for incident in self.site.incidents():
            for measure in Measure:
                if qualifies(incident, measure):
                    place = CountPlace(
                        measure=measure, area_id=incident.area_id, category=incident.category, month=incident.month
                    )
                    expected[place] += 1
        with self.site.reader.connect() as connection:
            head = ledger.head(connection)
            lines = releases.stamped(connection, ledger.page_after(connection, 0, limit=100_000))
            made = releases.listed(connection)
            figures = {
                (each.month, each.release): {
                    one.place: one.total for one in releases.figures(connection, each.month, each.release) if one.total
                }
                for each in made
            }
        assert len(lines) == head
        sums: Counter[CountPlace] = Counter()
        by_release: dict[tuple[str, int], Counter[CountPlace]] = {}
        for line in lines:
            place = CountPlace(
                measure=line.measure, area_id=AreaId(line.area), category=line.category, month=line.month
            )
            sums[place] += line.count
            by_release.setdefault((line.month, line.release), Counter())[place] += line.count
        assert {place: total for place, total in sums.items() if total} == dict(expected)
        for key, known in self.published.items():
            assert figures[key] == known, "a published figure has changed"
        for month, release in figures:
            added: Counter[CountPlace] = Counter()
            for number in range(1, release + 1):
                added.update(by_release.get((month, number), Counter()))
            assert {place: total for place, total in added.items() if total} == figures[month, release]
        self.published.update(figures)


TestCountsForEver = CountsForEver.TestCase
TestCountsForEver.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize("ahead_s", [YEAR_S, -YEAR_S, 301])
def test_an_alert_whose_clock_is_off_counts_when_it_arrived_and_says_so(tmp_path: Path, ahead_s: int) -> None:
    """The rule: a time that cannot be true is replaced by the time of receipt; alert and incident say so."""
    with WriterSite(tmp_path) as site:
        site.clock.advance((us("2026-10-31T15:59:59+00:00") - site.clock.now_us()) / MICROS)
        room = RoomSender()
        site.connect(room)
        claimed_us = site.clock.now_us() + ahead_s * MICROS
        room.put(replace(some_alert(1), forward=Forward.DIRECT, started_at=claimed_us, raised_at=claimed_us))
        site.deliver(room)
        incident = site.incident()
        assert (incident.month, incident.first_alert_us) == ("2026-10", site.clock.now_us())
        assert site.writer.figures.times_doubted == 1
        with site.reader.connect() as connection:
            history = incidents.history(connection, incident.incident_id)
            (only,) = alerts.of_incident(connection, incident.incident_id)
            (line,) = releases.stamped(connection, ledger.page_after(connection, 0))
        (doubted,) = [line for line in history if line.change == "time_doubted"]
        assert "time of receipt taken" in doubted.reason
        assert "time of receipt taken" in only.note
        assert only.raised_us == claimed_us, "what the room said is kept"
        assert line.reason != "time_doubted"


@pytest.mark.parametrize(
    ("before_end_ms", "error_ms", "doubted"), [(100, 99, False), (100, 101, True), (-100, 101, True), (100, 0, False)]
)
def test_an_alert_nearer_to_a_months_end_than_its_clock_is_exact_says_so(
    tmp_path: Path, before_end_ms: int, error_ms: int, doubted: bool
) -> None:
    """It counts in the likelier month; people see that it may be the other one."""
    end_us = us("2026-10-31T16:00:00+00:00")
    with WriterSite(tmp_path) as site:
        site.clock.advance((end_us - site.clock.now_us()) / MICROS + 60)
        room = RoomSender()
        site.connect(room)
        at_us = end_us - before_end_ms * 1_000
        room.put(replace(some_alert(1), started_at=at_us, raised_at=at_us, time_error_ms=error_ms))
        site.deliver(room)
        assert site.incident().month == ("2026-10" if before_end_ms > 0 else "2026-11")
        assert site.writer.figures.times_doubted == doubted
