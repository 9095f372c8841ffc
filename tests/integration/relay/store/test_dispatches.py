"""A dispatch is read as it was stored, whichever of its columns a statement hands over."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from patrol_wire.ids import DispatchId, IncidentId, Outcome, UnitId
from relay.core.dispatches import Dispatch, DispatchState
from relay.store import dispatches, incidents, schema
from relay.store.engine import writer_engine
from tests.support.cases import opened, placed_alert
from tests.support.small_city import small_city

_OFFER = Dispatch(
    dispatch_id=DispatchId("dispatch-1"),
    incident_id=IncidentId("incident-1"),
    unit_id=UnitId("unit-1"),
    state=DispatchState.OFFERED,
    revision=1,
    level=1,
    reason="the town; 120 m",
    offered_us=10,
    answer_by_us=40,
)
_REACHED = replace(
    _OFFER,
    dispatch_id=DispatchId("dispatch-2"),
    state=DispatchState.ON_SCENE,
    revision=4,
    accepted_us=11,
    en_route_us=12,
    on_scene_us=13,
    handing_over=True,
    checked_us=14,
)
_CLEARED = replace(
    _REACHED, state=DispatchState.CLEARED, cleared_us=20, ended_us=20, outcome=Outcome.CONFIRMED, handing_over=False
)
_TAKEN_BACK = replace(
    _OFFER,
    dispatch_id=DispatchId("dispatch-3"),
    state=DispatchState.RECALLED,
    revision=2,
    ended_us=15,
    note="taken back by its room",
)


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    made = writer_engine(store_url)
    schema.prepare(made)
    with made.begin() as connection:
        city = small_city()
        incident = opened(city, placed_alert(city)).incident
        named = [replace(incident, incident_id=IncidentId(name)) for name in ("incident-1", "incident-2")]
        incidents.insert(connection, named)
    yield made
    made.dispose()


def _stored(engine: Engine, incident_id: str) -> list[Dispatch]:
    with engine.begin() as connection:
        return dispatches.of_incident(connection, incident_id)


def test_offers_and_what_was_answered_in_the_same_burst_are_read_as_they_were(engine: Engine) -> None:
    with engine.begin() as connection:
        dispatches.insert(connection, [_OFFER, _REACHED, _TAKEN_BACK])
    assert _stored(engine, "incident-1") == [_OFFER, _REACHED, _TAKEN_BACK]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_OFFER, replace(_OFFER, answer_by_us=30, revision=2)),  # urged
        (_OFFER, replace(_OFFER, state=DispatchState.TIMED_OUT, ended_us=40, revision=2, note="not answered in time")),
        (_OFFER, replace(_OFFER, state=DispatchState.ACCEPTED, accepted_us=11, revision=2)),
        (_REACHED, _CLEARED),
    ],
)
def test_a_change_is_read_as_it_was(engine: Engine, before: Dispatch, after: Dispatch) -> None:
    with engine.begin() as connection:
        dispatches.insert(connection, [before])
        dispatches.update(connection, [after])
    assert _stored(engine, "incident-1") == [after]


def test_a_dispatch_goes_to_another_incident(engine: Engine) -> None:
    moved = replace(_REACHED, incident_id=IncidentId("incident-2"), revision=5)
    with engine.begin() as connection:
        dispatches.insert(connection, [_REACHED])
        dispatches.update(connection, [moved])
        dispatches.give(connection, [moved])
    assert (_stored(engine, "incident-1"), _stored(engine, "incident-2")) == ([], [moved])
