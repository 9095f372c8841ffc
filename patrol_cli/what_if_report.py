"""What ``patrol detect --what-if`` prints: a table and lists for people, or one JSON object. Owns the words only."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from edge_agent.core.what_if import DAY_S

if TYPE_CHECKING:
    from rich.console import Console

    from edge_agent.core.what_if import Side, ToldAlert
    from patrol_cli.what_if_run import Told


def as_json(told: "Told") -> str:
    """Return the comparison as one JSON object; this form is stable."""
    table: dict[str, Any] = {
        "videos": [{"video": video, "media_s": round(media_s, 3)} for video, media_s in told.videos],
        "media_s": round(told.media_s, 3),
        "pictures": told.pictures,
        "same_tracks": told.same_tracks,
        "rules": [
            {
                "rule": rule.rule,
                "before": _side(rule.before),
                "after": _side(rule.after),
                "gone": [_alert(alert) for alert in rule.gone],
                "new": [_alert(alert) for alert in rule.new],
            }
            for rule in told.rules
        ],
    }
    return json.dumps(table, ensure_ascii=False)


def print_report(told: "Told", console: "Console") -> None:
    """Print the rules, then what is gone and what is new, then what the figures are worth."""
    from rich.table import Table

    table = Table("rule", "before", "after", "a day before", "after", "")
    for column in table.columns[1:5]:
        column.justify = "right"
    for rule in told.rules:
        table.add_row(
            rule.rule,
            _count(rule.before),
            _count(rule.after),
            _rate(rule.before),
            _rate(rule.after),
            f"{len(rule.gone)} gone, {len(rule.new)} new" if rule.gone or rule.new else "the same",
        )
    console.print(table)
    several = len(told.videos) > 1
    for word, alerts in (
        ("gone with the change", [alert for rule in told.rules for alert in rule.gone]),
        ("new with the change", [alert for rule in told.rules for alert in rule.new]),
    ):
        console.print(f"{word}: {len(alerts) or 'nothing'}", highlight=False)
        for line in _lines(alerts, several=several):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    for sentence in _worth(told):
        console.print(sentence, highlight=False, soft_wrap=True)


def _side(side: "Side | None") -> dict[str, Any] | None:
    if side is None:
        return None
    return {"alerts": side.alerts, "per_day": None if side.per_day is None else round(side.per_day, 2)}


def _alert(alert: "ToldAlert") -> dict[str, Any]:
    return {
        "video": alert.video,
        "label": alert.label,
        "zone": alert.zone,
        "severity": alert.severity,
        "stage": alert.stage,
        "start_s": round(alert.start_s, 3),
        "end_s": round(alert.end_s, 3),
        "still_told_by": list(alert.told_by),
        "snapshot": None if alert.snapshot is None else str(alert.snapshot),
        "clip": None if alert.clip is None else str(alert.clip),
    }


def _count(side: "Side | None") -> str:
    return "no rule" if side is None else str(side.alerts)


def _rate(side: "Side | None") -> str:
    if side is None:
        return "–"
    return "not armed" if side.per_day is None else f"{side.per_day:,.0f}"


def _lines(alerts: "Sequence[ToldAlert]", *, several: bool) -> Iterator[str]:
    for alert in sorted(alerts, key=lambda entry: (entry.video, entry.start_s)):
        place = f"{alert.video}  " if several else ""
        stage = f", stage {alert.stage} ({alert.severity})" if alert.stage else ""
        still = f"; still told by {', '.join(alert.told_by)}" if alert.told_by else ""
        shown = f"  {alert.snapshot}" if alert.snapshot is not None else ""
        yield (f"{place}{_span(alert)}  {alert.rule}  {alert.label} in {alert.zone}{stage}{still}{shown}")


def _span(alert: "ToldAlert") -> str:
    start, end = _clock(alert.start_s), _clock(alert.end_s)
    return start if start == end else f"{start}–{end}"


def _worth(told: "Told") -> Iterator[str]:
    """Yield what the figures are worth, in sentences."""
    yield (
        f"Alerts a day are those of {_clock(told.media_s)} of video times {DAY_S / max(told.media_s, 1e-9):,.1f}, for "
        "rules with a schedule times its share of the week: what happens once an hour may be missing, and a busy "
        "hour weighs too much."
    )
    if not told.same_tracks:
        yield (
            "The change touches what is seen (detector, rate or labels), so the videos were analysed once for each "
            "side: what is gone or new is paired by time alone."
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60.0)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
