"""The demo's live picture in the terminal: a SiteView in, rich renderables out."""

from collections.abc import Iterable

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from patrol_cli.demo.view import STEPS, RoomView, SiteView
from patrol_wire.ids import Measure

_STATE_STYLE = {
    "streaming": "green",
    "connecting": "yellow",
    "backing_off": "red",
    "stalled": "red",
    "frozen": "red",
    "new": "bold red",
    "acknowledged": "yellow",
    "dispatched": "yellow",
    "on_scene": "cyan",
    "resolved": "green",
    "closed": "green",
    "cancelled": "dim",
    "cleared": "green",
}
_FIXED_LINES = 16
"""Lines for headings, the room and camera tables' heads and the header; the rest is shared by three lists."""


def _table(title: str, *headings: str, right: frozenset[str] = frozenset()) -> Table:
    """Return a table that spends no line on borders: a dashboard must fit the terminal."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        justify: JustifyMethod = "right" if heading in right else "left"
        table.add_column(heading, justify=justify, header_style="dim", overflow="ellipsis", no_wrap=True)
    return table


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def _state(word: str) -> Text:
    return Text(word, style=_STATE_STYLE.get(word, ""))


def _cameras(rooms: Iterable[RoomView]) -> Table:
    table = _table("Cameras 摄像机", "room", "camera", "state", "fps", "age", right=frozenset({"fps", "age"}))
    for room in rooms:
        for camera in room.cameras:
            state = _state(camera.state)
            if camera.reason:
                state.append(f" {camera.reason}", style="dim")
            table.add_row(room.name, camera.name, state, f"{camera.fps:.1f}", _seconds(camera.age_s))
    return table


def _rooms(rooms: Iterable[RoomView]) -> Table:
    figures = ("raised", "stored", "acknowledged", "outbox")
    table = _table("Rooms 视频室", "room", "tier", "link", *figures, right=frozenset(figures))
    for room in rooms:
        link = room.link if room.reached else "no answer"
        waiting = f"{room.outbox_pending}" + (f" ({room.oldest_pending_s:.0f} s)" if room.outbox_pending else "")
        table.add_row(room.name, room.tier, link, str(room.raised), str(room.stored), str(room.acknowledged), waiting)
    return table


def _incidents(view: SiteView, rows: int) -> Table:
    headings = ("incident", "category", "severity", "area", "state", "alerts", "age")
    table = _table(f"Incidents 事件 ({len(view.incidents)})", *headings, right=frozenset({"alerts", "age"}))
    for incident in view.incidents[:rows]:
        table.add_row(
            incident.incident_id[-6:],
            incident.category,
            incident.severity,
            incident.area_id,
            _state(incident.state),
            str(incident.alert_count),
            _seconds(incident.age_s),
        )
    return table


def _dispatches(view: SiteView, rows: int) -> Table:
    title = f"Dispatches 派单 ({len(view.dispatches)}), ms since the alert was raised"
    table = _table(title, "incident", "unit", "state", *STEPS, right=frozenset(STEPS))
    for dispatch in view.dispatches[:rows]:
        steps = [f"{dispatch.steps_ms[step]:,}" if step in dispatch.steps_ms else "" for step in STEPS]
        table.add_row(dispatch.incident_id[-6:], dispatch.unit_id, _state(dispatch.state), *steps)
    return table


def _counts(view: SiteView, rows: int) -> Table:
    headings = ("area", "category", "month", *Measure)
    table = _table("Incident counts 事件计数", *headings, right=frozenset(Measure))
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for count in view.counts:
        sums.setdefault((count.area, count.category, count.month), {})[count.measure] = count.count
    for place, by_measure in list(sums.items())[:rows]:
        table.add_row(*place, *(str(by_measure.get(measure, 0)) for measure in Measure))
    return table


def draw(view: SiteView, *, page_url: str, height: int = 40) -> RenderableType:
    """Return the dashboard for one moment, its lists cut so that it fits a terminal of ``height`` lines."""
    header = Text.assemble(
        ("video patrol demo 演示", "bold"),
        f"  {view.elapsed_s:.0f} s  live page ",
        (page_url, "underline cyan"),
        "  units and operator are simulated 模拟  Ctrl-C ends",
    )
    notes = [Text(f"! {note}", style="yellow", overflow="ellipsis", no_wrap=True) for note in view.notes]
    cameras = sum(len(room.cameras) for room in view.rooms)
    rows = max(2, (height - _FIXED_LINES - len(notes) - cameras - len(view.rooms)) // 3)
    return Group(
        header,
        *notes,
        Text(),
        _cameras(view.rooms),
        _rooms(view.rooms),
        Text(),
        _incidents(view, rows),
        _dispatches(view, rows),
        _counts(view, rows),
    )
