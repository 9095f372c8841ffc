"""The day's report: who had an incident, which latency counts, and the picture of it."""

from xml.etree import ElementTree as ET

import pytest

from patrol_cli.day.picture import as_svg
from patrol_cli.day.report import clock_text, percentiles, without_owner
from patrol_cli.day.store_view import Ended


def _ended(**fields: object) -> Ended:
    known: dict[str, object] = {
        "incident_id": "i",
        "state": "closed",
        "severity": "high",
        "category": "intrusion",
        "area_id": "a",
        "first_alert_us": 0,
        "opened_us": 0,
        "level": 0,
        "owner": "",
    }
    return Ended(**(known | fields))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("ended", "orphan"),
    [
        (_ended(units=("unit-1",)), False),
        (_ended(people=("wang",), state="cancelled"), False),  # its room's operator dismissed it
        (_ended(), True),  # closed, and nobody ever had it
        (_ended(state="new"), True),
        (_ended(state="new", units=("unit-1",)), True),  # a unit had it and left; nobody has it now
        (_ended(state="acknowledged", owner="wang"), False),
        (_ended(state="on_scene", units=("unit-1",)), False),
    ],
)
def test_an_incident_without_an_owner_is_one_that_nobody_had_or_has(ended: Ended, orphan: bool) -> None:
    assert without_owner([ended]) == (["i"] if orphan else [])


def test_percentiles_name_the_worst_and_nothing_of_nothing() -> None:
    assert percentiles([]) == {"count": 0}
    assert percentiles([float(n) for n in range(1, 101)]) == {
        "count": 100,
        "p50": 51.0,
        "p90": 91.0,
        "p99": 100.0,
        "worst": 100.0,
    }


def test_the_clock_of_the_day_goes_on_after_midnight() -> None:
    assert clock_text(25 * 3_600_000_000 + 61_000_000, 0) == "25:01:01"


def test_the_picture_is_well_formed_and_says_what_colour_says() -> None:
    report = {
        "day": {
            "rooms": 2,
            "terminals": 3,
            "from_h": 0.0,
            "to_h": 24.0,
            "storms": [{"name": "x100", "at_h": 13.2, "seconds": 30.0, "times": 100}],
        },
        "alerts": {"raised": 5},
        "incidents": 4,
        "without_owner": 1,
        "reconciled": False,
        "differences": ["<one>"],
        "by_minute": {"alerts": {"00:01": 3, "23:59": 2}, "escalations": {}},
        "offer_ms": {
            "normal": {"count": 2, "p50": 20.0, "p90": 80.0, "p99": 120.0, "worst": 130.0},
            "x100": {"count": 0},
            "goal_normal_p99": 100.0,
            "goal_storm_p99": 1_000.0,
        },
        "ended": {"closed": 4},
        "units": {"habits": {"takes": 3}, "signal_losses": 1},
        "officer": {},
    }
    drawn = as_svg(report)
    texts = [element.text or "" for element in ET.fromstring(drawn).iter() if element.text]  # noqa: S314
    assert any("1 had no owner; 1 figures disagree" in text for text in texts)
    assert any("p99 120 of 100: missed" in text for text in texts)
    assert any("storm x100" in text for text in texts)
