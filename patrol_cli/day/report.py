"""The day's report: the demo's keys, ``without_owner``, and what the day adds. Values in, JSON values out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from patrol_cli.day.plan import DayPlan
from patrol_cli.day.rooms import RoomsTally
from patrol_cli.day.run import DayLog
from patrol_cli.day.store_view import Ended, StoreView
from relay.core.policy import MICROS

GOAL_NORMAL_MS: Final = 100.0
GOAL_STORM_MS: Final = 1_000.0
_FINISHED: Final = frozenset({"resolved", "closed", "cancelled"})
_STEPS: Final = ("offered", "accepted", "en_route", "on_scene", "cleared")
_SHARES: Final = (0.5, 0.9, 0.99)


def without_owner(incidents: Iterable[Ended]) -> list[str]:
    """Return the incidents that nobody ever had: no unit took them, no officer or operator decided about them.

    One that is still open counts too when neither a unit nor an officer has it.
    """
    return [
        each.incident_id
        for each in incidents
        if not (each.units or each.people or each.owner) or (each.state not in _FINISHED and not _held(each))
    ]


def _held(each: Ended) -> bool:
    return bool(each.owner) or each.state in ("dispatched", "on_scene")


def percentiles(values: Sequence[float]) -> dict[str, float | int]:
    """Return count, p50, p90, p99 and the worst; counts alone when there is none."""
    ranked = sorted(values)
    found: dict[str, float | int] = {"count": len(ranked)}
    if ranked:
        for share in _SHARES:
            found[f"p{round(share * 100)}"] = round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 1)
        found["worst"] = round(ranked[-1], 1)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What a day left behind."""

    log: DayLog
    plan: DayPlan
    tally: RoomsTally
    store: StoreView
    midnight_us: int
    terminals: int
    rooms: int
    deeds: dict[str, int]
    differences: Sequence[str]
    ledger: Sequence[dict[str, Any]]


def day_report(facts: DayFacts) -> dict[str, Any]:
    """Return the report of a day that was played."""
    log, midnight_us = facts.log, facts.midnight_us
    incidents = facts.store.incidents()
    by_id = {each.incident_id: each for each in incidents}
    dispatches = facts.store.rows("SELECT * FROM dispatch ORDER BY offered_us, dispatch_id")
    orphans = without_owner(incidents)
    found = [*facts.differences, *log.faults, *_own_differences(log, facts.tally)]
    return {
        "alerts": {"raised": log.raises, "stored": facts.tally.stored, "acknowledged": facts.tally.acknowledged},
        "incidents": len(incidents),
        "dispatches": [_dispatch(row, by_id) for row in dispatches],
        "ledger": list(facts.ledger),
        "reconciled": not found,
        "differences": found,
        "without_owner": len(orphans),
        "day": _day(facts) | {"incidents_without_owner": orphans},
        "offer_ms": {
            **{load: percentiles(each) for load, each in _latencies(facts, incidents, dispatches).items()},
            "goal_normal_p99": GOAL_NORMAL_MS,
            "goal_storm_p99": GOAL_STORM_MS,
            "reached_late_for_lost_signal": len(log.late_by_signal),
        },
        "step_answer_ms": percentiles([each * 1_000 for each in log.step_s]),
        "steps_s": _steps(dispatches, by_id),
        "units": {
            "habits": dict(sorted(log.habits.items())),
            "answers": dict(sorted(log.answers.items())),
            "signal_losses": log.losses,
            "vanished": log.vanished,
        },
        "officer": facts.deeds,
        "ended": dict(Counter(each.state for each in incidents)),
        "told": _told(facts.store, midnight_us),
        "escalated": [_escalated(each, midnight_us) for each in incidents if each.escalations],
        "by_minute": _by_minute(log, incidents, dispatches, midnight_us),
    }


def _day(facts: DayFacts) -> dict[str, Any]:
    plan, log = facts.plan, facts.log
    return {
        "from_h": round(plan.begin_s / 3_600, 2),
        "to_h": round(plan.end_s / 3_600, 2),
        "rooms": facts.rooms,
        "terminals": facts.terminals,
        "alerts_per_s": round(plan.mean_per_s, 4),
        "storms": [
            {"name": each.name, "at_h": round(each.at_s / 3_600, 2), "seconds": each.seconds, "times": each.times}
            for each in plan.storms
        ],
        "cut_out_s": round(log.cut_s),
        "jumps": log.jumps,
        "most_severe_open_without_guard": log.unguarded,
        "officer_looks_unanswered": log.missed_looks,
    }


def _escalated(incident: Ended, midnight_us: int) -> dict[str, Any]:
    return {
        "incident_id": incident.incident_id,
        "severity": incident.severity,
        "level": incident.level,
        "why": [
            {"at": clock_text(line["at_us"], midnight_us), "change": line["change"], "reason": line["reason"]}
            for line in incident.escalations
        ],
    }


def clock_text(at_us: int, midnight_us: int) -> str:
    """Return a moment as the day's clock shows it."""
    seconds = (at_us - midnight_us) // MICROS
    return f"{seconds // 3_600:02d}:{seconds % 3_600 // 60:02d}:{seconds % 60:02d}"


def _dispatch(row: dict[str, Any], incidents: dict[str, Ended]) -> dict[str, Any]:
    first_us = incidents[row["incident_id"]].first_alert_us
    return {
        "incident_id": row["incident_id"],
        "unit_id": row["unit_id"],
        "level": row["level"],
        "why": row["reason"],
        "state": row["state"],
        "note": row["note"],
        "steps_ms": {
            name: round((row[f"{name}_us"] - first_us) / 1_000) for name in _STEPS if row[f"{name}_us"] is not None
        },
    }


def _latencies(facts: DayFacts, incidents: list[Ended], dispatches: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Return milliseconds from durable in the room to the offer on a terminal, for the first offers of each incident.

    An incident's clock starts with the first of its alerts that a unit may be told of. Offers of later levels, and
    those to units without signal, are not in it: they wait for people, not for us.
    """
    log, plan = facts.log, facts.plan
    first_us: dict[str, int] = {}
    for row in dispatches:
        first_us.setdefault(row["incident_id"], row["offered_us"])
    told_s = {
        each.incident_id: [log.durable_s[alert_id] for alert_id in each.alert_ids if alert_id in log.durable_s]
        for each in incidents
    }
    found: dict[str, list[float]] = {"normal": [], **{each.name: [] for each in plan.storms}}
    for row in dispatches:
        read_s, began_s = log.read_s.get(row["dispatch_id"]), told_s[row["incident_id"]]
        if read_s is None or not began_s or row["dispatch_id"] in log.late_by_signal:
            continue
        if row["offered_us"] == first_us[row["incident_id"]]:
            storm = plan.storm_at((row["offered_us"] - facts.midnight_us) / MICROS)
            found[storm.name if storm is not None else "normal"].append((read_s - min(began_s)) * 1_000)
    return found


def _steps(dispatches: list[dict[str, Any]], incidents: dict[str, Ended]) -> dict[str, dict[str, float | int]]:
    """Return seconds of the day from an incident's first alert to each step of its units."""
    return {
        name: percentiles(
            [
                (row[f"{name}_us"] - incidents[row["incident_id"]].first_alert_us) / MICROS
                for row in dispatches
                if row[f"{name}_us"] is not None
            ]
        )
        for name in _STEPS
    }


def _told(store: StoreView, midnight_us: int) -> list[dict[str, Any]]:
    rows = store.rows(
        "SELECT n.incident_id, n.recipient, n.channel, n.state, n.reason, n.planned_us, d.reason AS why "
        "FROM notification n LEFT JOIN dispatch d ON d.dispatch_id = n.dispatch_id ORDER BY n.notification_id"
    )
    return [
        {
            "at": clock_text(row["planned_us"], midnight_us),
            "incident_id": row["incident_id"],
            "who": row["recipient"],
            "over": row["channel"],
            "state": row["state"],
            "why": row["why"] or row["reason"],
        }
        for row in rows
    ]


def _own_differences(log: DayLog, tally: RoomsTally) -> list[str]:
    found = []
    if not log.raises == tally.stored == tally.acknowledged:
        found.append(f"{log.raises} alerts raised, {tally.stored} stored, {tally.acknowledged} acknowledged")
    if tally.pending:
        found.append(f"{tally.pending} records still wait in the rooms' outboxes")
    return found


def _by_minute(
    log: DayLog, incidents: list[Ended], dispatches: list[dict[str, Any]], midnight_us: int
) -> dict[str, dict[str, int]]:
    """Return how many there were in each minute of the day: for plots."""

    def counted(moments: Iterable[int]) -> dict[str, int]:
        return dict(sorted(Counter(clock_text(each, midnight_us)[:5] for each in moments).items()))

    return {
        "alerts": counted(log.raised_us.values()),
        "incidents": counted(each.opened_us for each in incidents),
        "offers": counted(row["offered_us"] for row in dispatches),
        "escalations": counted(line["at_us"] for each in incidents for line in each.escalations),
    }
