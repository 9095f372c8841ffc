"""Areas of a month over HTTP: counts with exposure, completeness, and an index that is never green unseen."""

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Measure, Stream, UnitId
from patrol_wire.records import Attestation, Place
from relay.core.commands import PublishMonth, UnitSeen
from relay.core.completeness import CompletenessRule
from relay.core.field import CommitProgress
from relay.core.levels import LevelRule
from relay.core.policy import MICROS, DeskPolicy
from relay.publish.index_board import IndexBoard
from relay.store.city_files import IndexRule
from relay.web.app import make_desk
from relay.web.parts import DeskParts, RelayHealth
from tests.support.cases import next_id
from tests.support.desk_site import DeskSite
from tests.support.records import some_alert, some_report
from tests.support.room_sender import RoomSender
from tests.support.small_city import centre_of
from tests.support.writer_site import WriterSite

MONTH = "2026-10"
BEGIN_US = 1_790_784_000_000_000
"""Midnight of the first of October 2026 in Shanghai."""
RULE = IndexRule(
    measure=Measure.REPORTED, weight={"brawl": 2.0}, rule=LevelRule(blue_from=2.0, orange_from=4.0, red_from=6.0)
)
DAYS = ("2026-10-01", "2026-10-02")


class Town:
    """Four areas with a room each on the third of October; what each room did is the test's."""

    def __init__(self, place: str) -> None:
        # One report each hour is enough here, or a month would be 45,000 records.
        self.site = WriterSite(place, policy=DeskPolicy(watch_gap_s=3_700.0, past_tolerance_s=90 * 86_400.0))
        self.site.clock.advance((BEGIN_US - self.site.clock.now_us()) / MICROS + 2 * 86_400 + 12 * 3_600)
        self.senders = [RoomSender(f"room-{area}", epoch=area + 1, session=f"s{area}".encode()) for area in range(4)]
        for sender in self.senders:
            self.site.connect(sender)
        self.seen = 0
        completeness = CompletenessRule()
        self.board = IndexBoard(
            reader=self.site.reader, cities=self.site.writer.cities, index=RULE, completeness=completeness
        )
        self._desk = make_desk(
            DeskParts(
                reader=self.site.reader,
                submit=_nobody,
                cities=self.site.writer.cities,
                clock=self.site.clock,
                progress=lambda: CommitProgress(commits=0, last_commit_us=0),
                health=lambda: RelayHealth(parts={}, gates_running={}),
                name="centre",
                language="en",
                completeness=completeness,
                index=self.board.look,
                token=None,
            )
        )

    def watch(self, area: int, *, hours: range = range(61), cameras: int = 3) -> None:
        """Let the room report each full hour since the month began."""
        sender = self.senders[area]
        first = len(sender.records[Stream.REPORTS]) + 1
        for hour in hours:
            body = replace(some_report(0), at=BEGIN_US + hour * 3_600 * MICROS, cameras_streaming=cameras)
            sender.put(body, Stream.REPORTS)
        self.site.writer.apply([sender.batch(first, stream=Stream.REPORTS)])

    def attest(self, area: int, day: str, *, first: int = 1, last: int = 0, **alerts: int) -> None:
        sender = self.senders[area]
        body = Attestation(day=day, first_seq=first, last_seq=last, alerts=alerts)
        number = sender.put(body, Stream.REPORTS)
        self.site.writer.apply([sender.batch(number, stream=Stream.REPORTS)])

    def alert(self, area: int, *, category: str = "intrusion", at_us: int = BEGIN_US + 3_600 * MICROS) -> None:
        self.seen += 1
        lon, lat = centre_of(area)
        sender = self.senders[area]
        body = replace(
            some_alert(0, category=category),
            alert_id=next_id(),
            camera=f"gate-{self.seen}",
            forward=Forward.DIRECT,
            started_at=at_us,
            raised_at=at_us,
            place=Place(lon=lon + 0.003 * self.seen, lat=lat),
        )
        self.site.writer.apply([sender.batch(sender.put(body))])

    def ask(self, path: str, **params: Any) -> httpx.Response:
        """Ask the desk without a socket: the clock is the test's."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._desk)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.get(f"/api/v1{path}", params=params)

        return asyncio.run(ask())

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def index(self, **params: Any) -> dict[str, dict[str, Any]]:
        return {each["area"]: each for each in self.get("/index", **params)["areas"]}


def _nobody(_command: object) -> Any:
    raise AssertionError("nothing is asked of the writer here")


@pytest.fixture
def town(store_url: str) -> Iterator[Town]:
    made = Town(store_url)
    with made.site:
        yield made
        assert made.site.differences() == []


def test_an_area_is_green_only_when_it_was_watched_and_everything_is_here(town: Town) -> None:
    """Nobody alerted anywhere but in a3: only a0 may say that it is calm."""
    for area in (0, 2, 3):
        town.watch(area)
        for day in DAYS:
            town.attest(area, day)
    town.watch(1, hours=range(30))  # gone on the second day
    town.attest(1, DAYS[0])
    town.attest(2, "2026-10-03", first=4, last=3)  # records 1 to 3 are attested by nobody
    for _ in range(7):
        town.alert(3)  # and no attestation covers them yet
    town.attest(3, "2026-10-03", first=2, last=7, intrusion=6)
    found = town.index()
    assert {area: (each["standing"], each["level"], each["complete"]) for area, each in found.items()} == {
        "a0": ("green", "green", True),
        "a1": ("incomplete", "green", False),
        "a2": ("incomplete", "green", False),
        "a3": ("red", "red", False),  # at least that
    }
    assert {area: each["doubts"] for area, each in found.items()} == {
        "a0": [],
        "a1": ["dark", "not_attested"],
        "a2": ["hole"],
        "a3": ["hole"],
    }
    by_day = {
        each["area"]: {one["day"]: one["doubts"] for one in each["incomplete"]}
        for each in town.get("/counts/completeness")["areas"]
    }
    assert by_day == {
        "a0": {},
        "a1": {"2026-10-02": ["dark", "not_attested"], "2026-10-03": ["dark"]},
        "a2": {"2026-10-03": ["hole"]},
        "a3": {"2026-10-03": ["hole"]},
    }
    (only,) = town.get("/counts/completeness", area="a1")["areas"]
    assert (only["complete"], only["days"]) == (False, 3)


def test_a_relay_that_heard_of_no_room_shows_no_green(town: Town) -> None:
    assert {each["standing"] for each in town.index().values()} == {"incomplete"}
    assert {each["standing"] for each in town.index(month="2026-09").values()} == {"incomplete"}
    assert {each["standing"] for each in town.index(month="2027-01").values()} == {"incomplete"}


def test_a_room_that_falls_silent_today_turns_its_area_incomplete_today(town: Town) -> None:
    town.watch(0)
    for day in DAYS:
        town.attest(0, day)
    assert town.index()["a0"]["standing"] == "green"
    town.site.clock.advance(71 * 60)
    assert town.index()["a0"]["standing"] == "green"
    town.site.clock.advance(2 * 60)
    assert town.index()["a0"]["standing"] == "incomplete"


def test_the_index_follows_the_counts_and_says_what_it_was_computed_from(town: Town) -> None:
    before = town.get("/index")
    assert (before["month"], before["cursor"], before["blue_from"]) == (MONTH, 0, 2.0)
    town.alert(0, category="brawl")
    after = town.index()
    assert (after["a0"]["value"], after["a0"]["level"]) == (2.0, "blue")
    town.alert(0, category="brawl")
    assert town.index()["a0"]["level"] == "orange"
    changed = {area for area, each in town.index().items() if each["inputs"] != _inputs(before)[area]}
    assert changed == {"a0"}
    assert town.get("/index")["rule_hash"] == before["rule_hash"]


def _inputs(index: dict[str, Any]) -> dict[str, str]:
    return {each["area"]: each["inputs"] for each in index["areas"]}


def test_the_index_of_a_release_stays(town: Town) -> None:
    for _ in range(2):
        town.alert(0)
    town.site.clock.advance(40 * 86_400)
    command = PublishMonth(command_id=CommandId(next_id()), actor="wang", month=MONTH)
    town.site.writer.apply([], [command])
    for _ in range(4):
        town.alert(0)
    assert town.index(month=MONTH)["a0"]["level"] == "red"
    assert [town.index(month=MONTH, release=number)["a0"]["level"] for number in (1, 2, 5)] == ["blue", "blue", "red"]
    counts = [town.get("/counts/areas", month=MONTH, release=number)["areas"][0]["reported"] for number in (1, 5)]
    assert counts == [2, 6]
    for path in ("/index", "/counts/areas", "/counts/areas.csv"):
        answer = town.ask(path, month=MONTH, release=6)
        assert (answer.status_code, "has no release 6" in answer.json()["error"]) == (404, True)


def test_counts_stand_beside_the_hours_that_were_watched_and_patrolled(town: Town) -> None:
    town.watch(0, cameras=3)
    town.alert(0)
    unit = UnitId("unit-0-near")
    for _ in range(7):
        town.site.writer.apply([], [UnitSeen(unit_id=unit, at_us=town.site.clock.now_us())])
        town.site.clock.advance(300)
    a0, a1, *_ = town.get("/counts/areas")["areas"]
    assert (a0["reported"], a0["confirmed"], a0["camera_hours"], a0["patrol_hours"]) == (1, 0, 180.0, 0.5)
    assert (a1["reported"], a1["camera_hours"], a1["patrol_hours"], a1["complete"]) == (0, 0.0, 0.0, False)
    assert a1["doubts"] == ["dark", "not_attested"]

    answer = town.ask("/counts/areas.csv", month=MONTH)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["area"] for row in rows] == ["a0", "a1", "a2", "a3"]
    assert rows[0] == {
        "area": "a0",
        "title_zh": "Area 0",
        "title_en": "Area 0",
        "month": MONTH,
        "release": "",
        "reported": "1",
        "confirmed": "0",
        "camera_hours": "180.000",
        "patrol_hours": "0.500",
        "complete": "false",
        "incomplete_days": "2",
        "doubts": "not_attested",
    }


def test_what_lies_in_no_area_is_listed_and_never_complete(town: Town) -> None:
    sender = RoomSender("room-of-nobody", session=b"x")
    town.site.connect(sender)
    first = sender.put(replace(some_report(0), at=BEGIN_US, cameras_streaming=2), Stream.REPORTS)
    sender.put(replace(some_report(0), at=BEGIN_US + 3_600 * MICROS, cameras_streaming=2), Stream.REPORTS)
    town.site.writer.apply([sender.batch(first, stream=Stream.REPORTS)])
    last = town.get("/counts/areas")["areas"][-1]
    assert (last["area"], last["camera_hours"], last["complete"], last["doubts"]) == (
        "unmapped",
        2.0,
        False,
        ["no_room"],
    )


def test_a_city_without_levels_has_no_index(tmp_path: Path) -> None:
    with DeskSite(tmp_path) as site:
        answer = site.client.get("/api/v1/index")
        assert (answer.status_code, "levels.toml" in answer.json()["error"]) == (404, True)
