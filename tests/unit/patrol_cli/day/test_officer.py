"""What the duty officer of the day does with the queue."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patrol_cli.day.officer import deeds

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def _ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def _incident(*, age: float, owner: str = "", dispatches: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"incident_id": "i", "opened_at": _ago(age), "owner": owner, "dispatches": dispatches}


def _dispatch(state: str, *, since: float) -> dict[str, Any]:
    times = {"accepted_at": None, "en_route_at": None, "on_scene_at": None}
    return {"dispatch_id": "d", "unit_id": "unit-1", "state": state, "offered_at": _ago(since), **times}


@pytest.mark.parametrize(
    ("incident", "act"),
    [
        (_incident(age=1), None),  # units still have time
        (_incident(age=4), "acknowledge"),  # nobody answered
        (_incident(age=4, dispatches=(_dispatch("offered", since=0.2),)), None),  # the next level is asked
        (_incident(age=40, dispatches=(_dispatch("accepted", since=5),)), None),  # a unit is on it
        (_incident(age=40, dispatches=(_dispatch("on_scene", since=31),)), "recall"),  # it vanished
        (_incident(age=40, owner="wang", dispatches=(_dispatch("declined", since=31),)), None),
        (_incident(age=46, owner="wang", dispatches=(_dispatch("declined", since=31),)), "close"),
    ],
)
def test_the_officer_does_what_is_due(incident: dict[str, Any], act: str | None) -> None:
    assert [deed.act for deed in deeds([incident], NOW)] == ([act] if act else [])


def test_the_reason_of_a_recall_names_the_unit_and_what_it_last_said() -> None:
    (deed,) = deeds([_incident(age=40, dispatches=(_dispatch("on_scene", since=31),))], NOW)
    assert "unit-1" in deed.reason
    assert "on_scene" in deed.reason
    assert deed.extra == {"dispatch_id": "d"}
