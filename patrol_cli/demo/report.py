"""The demo's report: a SiteView in, the documented JSON out, and whether everything reconciles."""

from typing import Any

from patrol_cli.demo.view import STEPS, SiteView


def differences(view: SiteView) -> tuple[str, ...]:
    """Return every figure of the site that disagrees with another; none means reconciled.

    Compared are: each room's stored with its acknowledged alerts and its empty outbox, the rooms' sum with the
    relay's alerts, the relay's own check of log, incidents and ledger, and the consumer's totals with the ledger.
    """
    found: list[str] = list(view.relay_differences)
    if not view.relay_reached:
        found.append("the relay does not answer")
    for room in view.rooms:
        if not room.reached:
            found.append(f"{room.name} does not answer")
        if room.outbox_pending:
            found.append(f"{room.name}: {room.outbox_pending} records still wait in the outbox")
        if not room.raised == room.stored == room.acknowledged:
            found.append(
                f"{room.name}: {room.raised} alerts raised, {room.stored} stored, {room.acknowledged} acknowledged"
            )
    acknowledged = sum(room.acknowledged for room in view.rooms)
    if acknowledged != view.relay_alerts:
        found.append(f"rooms had {acknowledged} alerts acknowledged, the relay holds {view.relay_alerts}")
    ledger = {(c.measure, c.area, c.category, c.month): c.count for c in view.counts if c.count}
    consumer = {(c.measure, c.area, c.category, c.month): c.count for c in view.consumer if c.count}
    if ledger != consumer:
        found.append(f"the ledger's sums {ledger} differ from the consumer's {consumer}")
    return tuple(found)


def report(view: SiteView) -> dict[str, Any]:
    """Return the report as plain values; its keys are a promise to whoever reads it by machine."""
    found = differences(view)
    return {
        "alerts": {
            "raised": sum(room.raised for room in view.rooms),
            "stored": sum(room.stored for room in view.rooms),
            "acknowledged": sum(room.acknowledged for room in view.rooms),
        },
        "incidents": len(view.incidents),
        "dispatches": [
            {
                "incident_id": dispatch.incident_id,
                "unit_id": dispatch.unit_id,
                "steps_ms": {step: dispatch.steps_ms[step] for step in STEPS if step in dispatch.steps_ms},
            }
            for dispatch in view.dispatches
        ],
        "ledger": [
            {
                "measure": count.measure,
                "area": count.area,
                "category": count.category,
                "month": count.month,
                "count": count.count,
            }
            for count in view.counts
        ],
        "reconciled": not found,
        "differences": list(found),
    }
