"""An alert stands on the highest rung that is true now."""

import pytest

from edge_agent.core.ladder import Rung, rung_of
from patrol_wire.ids import Outcome
from patrol_wire.messages import Progress, UnitStep
from tests.support.records import BEGIN_US, some_id


def told(state: str, *steps: str, outcome: Outcome | None = None) -> Progress:
    units = tuple(UnitStep(unit=f"unit {number}", state=step, at=BEGIN_US) for number, step in enumerate(steps))
    return Progress(
        alert_id=some_id(1), incident_id=some_id(2), revision=3, incident_state=state, outcome=outcome, at=BEGIN_US,
        units=units,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("acknowledged", "progress", "rung"),
    [
        (False, None, Rung.STORED),
        (True, None, Rung.DELIVERED),
        (True, told("acknowledged"), Rung.DELIVERED),  # somebody at the desk has it, nobody on the street
        (True, told("dispatched", "accepted"), Rung.ACCEPTED),
        (True, told("dispatched", "recalled", "en_route"), Rung.ACCEPTED),
        (True, told("on_scene", "accepted", "on_scene"), Rung.ON_SCENE),
        (True, told("new", "recalled"), Rung.DELIVERED),  # the unit was let go: nobody is coming
        (True, told("resolved", "cleared", outcome=Outcome.CONFIRMED), Rung.OUTCOME),
        (True, told("cancelled"), Rung.OUTCOME),
        (False, told("closed", "cleared", outcome=Outcome.NOTHING_FOUND), Rung.OUTCOME),  # told before the ack came
        (True, told("a_state_of_tomorrow"), Rung.DELIVERED),  # a newer relay's word claims nothing
    ],
)
def test_the_rung_is_what_is_true_now(acknowledged: bool, progress: Progress | None, rung: Rung) -> None:
    assert rung_of(acknowledged=acknowledged, progress=progress) is rung
