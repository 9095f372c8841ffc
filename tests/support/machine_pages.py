"""Draws docs/reference/machines.md from the tables of both cores: ``python -m tests.support.machine_pages``."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from edge_agent.core import alerts as edge_alerts
from edge_agent.core import camera_health, camera_link, child_life, flags, left_things, load, media_lane, watch
from edge_agent.core import outbox as edge_outbox
from relay.core import dispatches, incidents, intake, media_transfer, notifications, presence

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "machines.md"
Table = Mapping[tuple[Any, Any], Any]

MACHINES: tuple[tuple[str, str, str, Table], ...] = (
    ("Alert", "edge_agent/core/alerts.py", "candidate", edge_alerts.TRANSITIONS),
    ("Left thing", "edge_agent/core/left_things.py", "with_owner", left_things.TRANSITIONS),
    ("Flag", "edge_agent/core/flags.py", "pressed", flags.FLAG_TABLE),
    ("Health of a camera", "edge_agent/core/camera_health.py", "clear", camera_health.HEALTH_TABLE),
    ("Load of the model", "edge_agent/core/load.py", "full", load.TRANSITIONS),
    ("Child process of a room", "edge_agent/core/child_life.py", "starting", child_life.TRANSITIONS),
    ("Shift of an operator", "edge_agent/core/watch.py", "on_watch", watch.SHIFT_TABLE),
    ("Outbox entry", "edge_agent/core/outbox.py", "stored", edge_outbox.ENTRY_TABLE),
    ("Media lane of a room", "edge_agent/core/media_lane.py", "off", media_lane.LANE_TABLE),
    ("Media at the gate", "relay/core/media_transfer.py", "asked", media_transfer.TRANSFER_TABLE),
    ("Stream at the relay", "relay/core/intake.py", "live", intake.TABLE),
    ("Incident", "relay/core/incidents.py", "new", incidents.TABLE),
    ("Dispatch", "relay/core/dispatches.py", "offered", dispatches.TABLE),
    ("Notification", "relay/core/notifications.py", "planned", notifications.TABLE),
    ("Presence", "relay/core/presence.py", "lost", presence.TABLE),
)


def _diagram(start: str, table: Table) -> list[str]:
    """Return a state diagram; arrows between the same two states share one line."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, happening), target in table.items():
        arrows.setdefault((str(state), str(target)), []).append(str(happening))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f"    {state} --> {target}: {', '.join(what)}" for (state, target), what in arrows.items()]
    return [*lines, "```"]


def _camera_link() -> list[str]:
    """The camera link's table holds functions: what a state does depends on the time too, so it is listed."""
    known: dict[str, list[str]] = {}
    for state, kind in camera_link.TABLE:
        known.setdefault(str(state), []).append(kind.__name__)
    rows = [f"| {state} | {', '.join(kinds)} |" for state, kinds in known.items()]
    return ["| state | events it knows |", "|---|---|", *rows]


def _start_is_a_state(start: str, table: Table) -> None:
    states: set[StrEnum] = {state for state, _ in table}
    if start not in states:
        raise ValueError(f"{start} is no state of its table")


def page() -> str:
    """Return the page's text."""
    lines = [
        "# State machines",
        "",
        "Drawn from the tables in `edge_agent/core` and `relay/core`; a test fails when this page lags.",
        "What is not in a table cannot happen: it is refused with a reason, or is a bug.",
    ]
    for title, source, start, table in MACHINES:
        _start_is_a_state(start, table)
        lines += ["", f"## {title}", "", f"`{source}`", "", *_diagram(start, table)]
    lines += ["", "## Camera link", "", "`edge_agent/core/camera_link.py`", "", *_camera_link()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
