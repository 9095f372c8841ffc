"""Who watches the video rooms, over real sockets on a real store: the board, the shifts of a month, their CSV."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace as with_fields
from typing import Any

import pytest

from edge_agent.core.watch import ROUND, SIGN_ON, ShiftAct
from patrol_wire.ids import NodeName
from patrol_wire.records import ShiftEntry
from relay.core.clocking import month_of
from relay.core.policy import MICROS
from relay.core.rosters import Shift
from relay.web.watch_routes import COLUMNS
from tests.support.desk_site import DeskSite
from tests.support.small_city import small_city
from tests.support.waiting import wait_until

WEEK = tuple(range(7))
ALWAYS = Shift(
    shift_id="video", unit_ids=(), days=WEEK, from_min=0, to_min=1440, nodes=(NodeName("room-0"), NodeName("room-1"))
)


@pytest.fixture
def site(store_url: str) -> Iterator[DeskSite]:
    with DeskSite(store_url, city=with_fields(small_city(), shifts=(ALWAYS,))) as made:
        yield made


def get(site: DeskSite, path: str) -> Any:
    answer = site.client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


class Operator:
    """Somebody in a room, with a shift of their own."""

    def __init__(self, site: DeskSite, name: str, *, area: int = 0) -> None:
        self.site, self.name, self.area, self.shift_id = site, name, area, site.new_id()

    def say(self, entry: str, *, subject: str = "", **figures: int) -> None:
        line = ShiftEntry(
            operator=self.name,
            entry=entry,
            at=self.site.clock.now_us(),
            shift_id=self.shift_id,
            subject=subject,
            figures=figures,
        )
        self.site.put(line, area=self.area)


def rooms(site: DeskSite) -> dict[str, Any]:
    return {room["node"]: room for room in get(site, "/watch")["rooms"]}


def test_the_board_says_who_watches_and_where_nobody_does(site: DeskSite) -> None:
    li, wang = Operator(site, "li"), Operator(site, "wang")
    Operator(site, "zhao", area=1).say("camera_added")  # any line of a shift tells that the room is there
    li.say(SIGN_ON)
    li.say(ROUND, subject="night", cameras=9, seen=8)
    wang.say(SIGN_ON)
    wait_until(lambda: rooms(site)["room-1"]["presence"] == "online", within_s=10.0, what="the rooms are online")
    found = rooms(site)
    assert found["room-0"]["watch"] == "watched"
    assert [each["operator"] for each in found["room-0"]["operators"]] == ["li", "wang"]
    assert {**found["room-0"]["last_round"], "at": ""} == {"at": "", "camera_set": "night", "cameras": 9, "seen": 8}
    assert (found["room-2"]["watch"], found["room-2"]["planned"]) == ("unknown", None)

    li.say(ShiftAct.RELIEVE.value, subject="wang", seconds=60, flags=3)
    assert rooms(site)["room-0"]["watch"] == "watched", "wang goes on"
    wang.say(ShiftAct.SIGN_OFF.value, seconds=50, flags=0)
    board = get(site, "/watch")
    assert board["rooms"][0]["node"] == "room-0", "what nobody watches stands first"
    assert (board["rooms"][0]["watch"], board["rooms"][0]["planned"]) == ("unwatched", True)
    assert (board["planned_now"], board["rooms_planned"]) == (2, 2)
    assert board["unwatched_now"] == sum(room["watch"] == "unwatched" for room in board["rooms"]) == 1


def test_the_shifts_of_a_month_are_there_for_the_citys_assessment(site: DeskSite) -> None:
    li = Operator(site, "li")
    li.say(SIGN_ON)
    li.say(ROUND, subject="night", cameras=9, seen=8)
    li.say(ROUND, subject="gates", cameras=3, seen=3)
    li.say(ShiftAct.SIGN_OFF.value, seconds=3_600, flags=4, judged=2, judged_after_ms_median=1_900)
    Operator(site, "wang", area=1).say(SIGN_ON)
    found = get(site, "/watch/shifts")
    assert found["left_out"] == 0
    first, second = found["shifts"]
    assert (first["operator"], first["end"], first["coverage"]) == ("li", "sign_off", 0.9167)
    assert first["figures"] == {"seconds": 3_600, "flags": 4, "judged": 2, "judged_after_ms_median": 1_900}
    assert (second["ended_at"], second["coverage"], second["figures"]) == (None, None, {})

    limited = get(site, "/watch/shifts?limit=1")
    assert (len(limited["shifts"]), limited["left_out"]) == (1, 1)
    assert [shift["node"] for shift in get(site, "/watch/shifts?room=room-1")["shifts"]] == ["room-1"]
    assert get(site, "/watch/shifts?month=2020-01")["shifts"] == []
    month = month_of(site.clock.now_us(), site.city.zone)
    answer = site.client.get(f"/api/v1/watch/shifts.csv?month={month}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["operator"], row["round_seen"], row["flags"], row["dismissed"]) for row in rows] == [
        ("li", "11", "4", ""),
        ("wang", "0", "", ""),
    ]


def test_what_a_room_sends_twice_or_cannot_be_true_counts_once_and_hurts_nobody(site: DeskSite) -> None:
    li = Operator(site, "li")
    li.say(SIGN_ON)
    li.say(ROUND, subject="night", cameras=2**53, seen=2**53)
    same = Operator(site, "zhao", area=1)
    same.shift_id = li.shift_id  # another room's number
    same.say(SIGN_ON)
    late = ShiftEntry(
        operator="li",
        entry=ShiftAct.SIGN_OFF.value,
        at=site.clock.now_us() + 400 * 86_400 * MICROS,
        shift_id=li.shift_id,
    )
    site.put(late)
    first, second = sorted(get(site, "/watch/shifts")["shifts"], key=lambda shift: shift["node"])
    assert (first["node"], first["operator"], first["end"]) == ("room-0", "li", "sign_off")
    assert first["ended_at"][:4] == first["began_at"][:4], "a clock a year ahead is not believed"
    assert (second["node"], second["operator"], second["end"]) == ("room-1", "zhao", None)
