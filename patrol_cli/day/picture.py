"""The day as one picture people can read: the curve, the storms, the times against the goals, how it all ended.

SVG by hand, like bench/plot.py: no plotting library for a few bars and lines. Text and marks say everything that
colour says.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

_WIDTH: Final = 1_000
_LEFT: Final = 90
_RIGHT: Final = 30
_INK: Final = "#16202c"
_FAINT: Final = "#5a6572"
_BLUE: Final = "#1f5fae"
_AMBER: Final = "#b35c00"
_GREEN: Final = "#2b7a3d"
_ROW: Final = 26
_PANEL: Final = 130
_LABEL: Final = 330
"""What the words beside a bar take at most."""
_MINUTES: Final = 10
"""Minutes of one bar."""


def as_svg(report: Mapping[str, Any]) -> str:
    """Return the picture of a day's report."""
    parts = list(_panels(report))
    height = 640
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13" role="img" aria-label="A day of the city">'
    )
    return "\n".join([head, f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>', *parts, "</svg>", ""])


def _panels(report: Mapping[str, Any]) -> Iterator[str]:
    day, alerts = report["day"], report["alerts"]
    title = f"一天 A day: {day['rooms']} rooms, {day['terminals']} terminals, {alerts['raised']} alerts"
    yield _text(20, 28, title, size=18, bold=True)
    verdict = (
        "every incident had an owner" if report["without_owner"] == 0 else f"{report['without_owner']} had no owner"
    )
    reconciled = "all figures agree" if report["reconciled"] else f"{len(report['differences'])} figures disagree"
    yield _text(20, 48, f"{report['incidents']} incidents; {verdict}; {reconciled}", colour=_FAINT)
    by_minute = report["by_minute"]
    yield from _curve(80, "alerts", by_minute["alerts"], day, _BLUE)
    yield from _curve(80 + _PANEL + 40, "escalations", by_minute["escalations"], day, _AMBER)
    yield from _times(80 + 2 * (_PANEL + 40) + 10, report["offer_ms"])
    yield from _ended(80 + 2 * (_PANEL + 40) + 150, report)


def _curve(top: float, name: str, counts: Mapping[str, int], day: Mapping[str, Any], colour: str) -> Iterator[str]:
    begin, end = day["from_h"] * 60, day["to_h"] * 60 + 60
    bars: dict[int, int] = {}
    for minute, count in counts.items():
        bar = (int(minute[:-3]) * 60 + int(minute[-2:])) // _MINUTES
        bars[bar] = bars.get(bar, 0) + count
    most = max(bars.values(), default=1)
    across = (_WIDTH - _LEFT - _RIGHT) / max(1.0, end - begin)
    bottom = top + _PANEL
    yield _text(20, top - 6, f"{name} in {_MINUTES} minutes, at most {most} (square root scale)", colour=_INK)
    for storm in day["storms"]:
        x = _LEFT + (storm["at_h"] * 60 - begin) * across
        yield f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{_FAINT}" stroke-dasharray="4 3"/>'
        yield _text(x + 4, top + 12, f"storm {storm['name']}", colour=_FAINT, size=11)
    for bar, count in sorted(bars.items()):
        tall = (count / most) ** 0.5 * (_PANEL - 20)
        x = _LEFT + (bar * _MINUTES - begin) * across
        wide = max(1.0, _MINUTES * across - 1)
        yield f'<rect x="{x:.1f}" y="{bottom - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{colour}"/>'
    yield f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}" stroke="{_INK}"/>'
    step = max(1, round((end - begin) / 60 / 12))
    for hour in range(int(begin // 60), int(end // 60) + 1, step):
        x = _LEFT + (hour * 60 - begin) * across
        yield _text(x, bottom + 15, f"{hour % 24:02d}", colour=_FAINT, size=11)


def _times(top: float, times: Mapping[str, Any]) -> Iterator[str]:
    yield _text(
        20, top, "durable in the room → offer on a terminal, milliseconds (p50, p99, goal for p99)", colour=_INK
    )
    loads = [(name, each) for name, each in times.items() if isinstance(each, Mapping)]
    longest = max([each.get("p99", 0.0) for _, each in loads] + [times["goal_storm_p99"]])
    across = (_WIDTH - _LEFT - 220) / longest
    for number, (name, each) in enumerate(loads):
        y = top + 12 + number * _ROW
        goal = times["goal_normal_p99"] if name == "normal" else times["goal_storm_p99"]
        yield _text(20, y + 15, name)
        if each["count"]:
            met = each["p99"] <= goal
            wide = max(1.0, each["p99"] * across)
            colour = _GREEN if met else _AMBER
            yield f'<rect x="{_LEFT}" y="{y + 3}" width="{wide:.1f}" height="14" fill="{colour}"/>'
            word = "met" if met else "missed"
            label = f"p50 {each['p50']:g}, p99 {each['p99']:g} of {goal:g}: {word} ({each['count']} offers)"
            # Beside the bar where there is room before the goal's mark, else behind the mark.
            beside = _LEFT + wide + 8
            inside = beside + _LABEL < _LEFT + goal * across
            yield _text(beside if inside else _LEFT + max(wide, goal * across) + 8, y + 15, label, size=12)
        x = _LEFT + goal * across
        yield f'<line x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + 20}" stroke="{_INK}" stroke-width="2"/>'


def _ended(top: float, report: Mapping[str, Any]) -> Iterator[str]:
    yield _text(20, top, "how it ended", colour=_INK)
    units = report["units"]
    lines = [
        "incidents: " + _listed(report["ended"]),
        "units: " + _listed(units["habits"]) + f"; {units['signal_losses']} lost their signal",
        "duty officer: " + (_listed(report["officer"]) or "nothing to do"),
    ]
    for number, line in enumerate(lines, 1):
        yield _text(20, top + number * 20, line, colour=_FAINT)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _text(x: float, y: float, text: str, *, size: int = 13, bold: bool = False, colour: str = _INK) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{weight} fill="{colour}">{escape(text)}</text>'
