"""The demo's live picture in the terminal: a SiteView in, rich renderables out."""

from collections.abc import Iterable

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from patrol_cli.demo.view import STEPS, RoomView, SiteView

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
_SHOWN = 8


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def _state(word: str) -> Text:
    return Text(word, style=_STATE_STYLE.get(word, ""))


def _cameras(rooms: Iterable[RoomView]) -> Table:
    table = Table(title="Cameras 摄像机", title_justify="left", expand=True)
    for heading in ("room", "camera", "state", "fps", "age"):
        table.add_column(heading, justify="right" if heading in {"fps", "age"} else "left", overflow="ellipsis")
    for room in rooms:
        for camera in room.cameras:
            state = _state(camera.state)
            if camera.reason:
                state.append(f" {camera.reason}", style="dim")
            table.add_row(room.name, camera.name, state, f"{camera.fps:.1f}", _seconds(camera.age_s))
    return table


def _rooms(rooms: Iterable[RoomView]) -> Table:
    table = Table(title="Rooms 视频室", title_justify="left", expand=True)
    for heading in ("room", "tier", "link", "raised", "stored", "acknowledged", "outbox"):
        table.add_column(heading, justify="left" if heading in {"room", "tier", "link"} else "right")
    for room in rooms:
        link = room.link if room.reached else "no answer"
        waiting = f"{room.outbox_pending}" + (f" ({room.oldest_pending_s:.0f} s)" if room.outbox_pending else "")
        table.add_row(room.name, room.tier, link, str(room.raised), str(room.stored), str(room.acknowledged), waiting)
    return table


def _incidents(view: SiteView) -> Table:
    table = Table(title=f"Incidents 事件 ({len(view.incidents)})", title_justify="left", expand=True)
    for heading in ("incident", "category", "severity", "area", "state", "alerts", "age"):
        table.add_column(heading, justify="right" if heading in {"alerts", "age"} else "left")
    for incident in view.incidents[:_SHOWN]:
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


def _dispatches(view: SiteView) -> Table:
    table = Table(title="Dispatches 派单, ms since the alert was raised", title_justify="left", expand=True)
    table.add_column("incident")
    table.add_column("unit")
    table.add_column("state")
    for step in STEPS:
        table.add_column(step, justify="right")
    for dispatch in view.dispatches[:_SHOWN]:
        steps = [f"{dispatch.steps_ms[step]:,}" if step in dispatch.steps_ms else "" for step in STEPS]
        table.add_row(dispatch.incident_id[-6:], dispatch.unit_id, _state(dispatch.state), *steps)
    return table


def _counts(view: SiteView) -> Table:
    table = Table(title="Incident counts 事件计数", title_justify="left", expand=True)
    for heading in ("measure", "area", "category", "month", "count"):
        table.add_column(heading, justify="right" if heading == "count" else "left")
    for count in view.counts[:_SHOWN]:
        table.add_row(count.measure, count.area, count.category, count.month, f"{count.count:+d}")
    return table


def draw(view: SiteView, *, page_url: str) -> RenderableType:
    """Return the dashboard for one moment; everything but the notes fits 40 lines."""
    header = Text.assemble(
        ("video patrol demo 演示", "bold"),
        f"   {view.elapsed_s:.0f} s   live page ",
        (page_url, "underline cyan"),
        "   units and operator are simulated 模拟   Ctrl-C ends",
    )
    notes = [Text(f"! {note}", style="yellow") for note in view.notes]
    return Panel(
        Group(
            header,
            *notes,
            _cameras(view.rooms),
            _rooms(view.rooms),
            _incidents(view),
            _dispatches(view),
            Columns([_counts(view)], expand=True),
        )
    )
