"""The report says reconciled only when every figure of the site agrees with every other."""

from dataclasses import replace

import pytest

from patrol_cli.demo.report import differences, report
from patrol_cli.demo.view import CountView, DispatchView, IncidentView, RoomView, SiteView

COUNT = CountView(measure="reported", area="t01-c03", category="intrusion", month="2026-11", count=1)
ROOM = RoomView(name="room-a", tier="community", reached=True, link="open", raised=3, stored=3, acknowledged=3)
GOOD = SiteView(
    elapsed_s=60.0,
    rooms=(ROOM,),
    incidents=(
        IncidentView(
            incident_id="019aaf3c-5d80-7c33-9d44-abcdef012345",
            state="closed",
            category="intrusion",
            severity="high",
            area_id="t01-c03",
            alert_count=3,
            age_s=50.0,
        ),
    ),
    dispatches=(
        DispatchView(
            dispatch_id="019aaf3c-5dc0-7e55-af66-0f1e2d3c4b5a",
            incident_id="019aaf3c-5d80-7c33-9d44-abcdef012345",
            unit_id="unit-1",
            state="on_scene",
            steps_ms={"on_scene": 9_000, "offered": 40, "accepted": 2_000},
        ),
    ),
    counts=(COUNT,),
    relay_reached=True,
    relay_alerts=3,
    consumer=(COUNT,),
)


def test_a_site_in_agreement_is_reconciled() -> None:
    assert differences(GOOD) == ()
    assert report(GOOD)["reconciled"] is True


@pytest.mark.parametrize(
    ("site", "says"),
    [
        # an alert the room knows and the relay does not
        (replace(GOOD, relay_alerts=2), "the relay holds 2"),
        # one that was raised and never stored
        (replace(GOOD, rooms=(replace(ROOM, raised=4),)), "4 alerts raised, 3 stored"),
        # one that waits
        (replace(GOOD, rooms=(replace(ROOM, outbox_pending=1),)), "1 records still wait"),
        # an index service that counted twice
        (replace(GOOD, consumer=(replace(COUNT, count=2),)), "differ from the consumer's"),
        # the relay's own check of log, incidents and ledger
        (replace(GOOD, relay_differences=("reported t01-c03: ledger 2, incidents 1",)), "ledger 2, incidents 1"),
        # silence is not agreement
        (replace(GOOD, rooms=(replace(ROOM, reached=False),)), "room-a does not answer"),
        (replace(GOOD, relay_reached=False), "the relay does not answer"),
    ],
)
def test_any_disagreement_is_named(site: SiteView, says: str) -> None:
    assert says in "; ".join(differences(site))
    assert report(site)["reconciled"] is False


def test_corrections_that_cancel_out_are_no_difference() -> None:
    assert differences(replace(GOOD, counts=(COUNT, replace(COUNT, area="t01-c04", count=0)))) == ()


def test_the_report_holds_the_promised_keys_with_steps_in_order_of_work() -> None:
    written = report(GOOD)
    assert {"alerts", "incidents", "dispatches", "ledger", "reconciled"} <= set(written)
    assert written["alerts"] == {"raised": 3, "stored": 3, "acknowledged": 3}
    assert list(written["dispatches"][0]["steps_ms"]) == ["offered", "accepted", "on_scene"]
    assert written["ledger"] == [
        {"measure": "reported", "area": "t01-c03", "category": "intrusion", "month": "2026-11", "count": 1}
    ]
