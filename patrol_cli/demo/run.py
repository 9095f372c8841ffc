"""Runs a site: starts its programs in order, lets the simulated people act, looks at it, lets it drain, ends it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

import httpx

from patrol_cli.demo.operator import SimulatedOperator
from patrol_cli.demo.plan import CONSUMER, UNITS
from patrol_cli.demo.processes import Program, Programs, says
from patrol_cli.demo.site import Site
from patrol_cli.demo.view import SiteView
from patrol_cli.demo.watch import Watcher
from patrol_cli.terminal_auto import Pace

LOOK_EVERY_S: Final = 0.5
DRAIN_WITHIN_S: Final = 28.0
"""After the cameras ended: time for the last unit to clear and the last count to arrive."""
_OPEN_STATES: Final = frozenset({"offered", "accepted", "en_route", "on_scene"})


@dataclass(slots=True, kw_only=True)
class RunningSite:
    """The programs of a site that serve."""

    site: Site
    programs: Programs
    relay: Program
    agents: dict[str, Program]
    consumer: Program
    page_url: str
    consoles: dict[str, tuple[str, str]]
    """Room → tier and console URL."""


def start_relay(programs: Programs, site: Site) -> tuple[Program, dict[str, Any]]:
    """Start the relay and wait until it serves."""
    relay = programs.start("relay", "relay", ["--config", str(site.relay_config)])
    return relay, programs.await_ready(relay, says("relay_ready"), within_s=30)


def start_agents(programs: Programs, site: Site) -> tuple[dict[str, Program], dict[str, tuple[str, str]]]:
    """Start the agent of each room and wait until all serve; return programs and consoles by room."""
    agents = {
        room.name: programs.start(room.name, "edge_agent", ["--config", str(site.room_config(room))])
        for room in site.rooms
    }
    consoles: dict[str, tuple[str, str]] = {}
    for room in site.rooms:
        ready = programs.await_ready(agents[room.name], says("agent_ready"), within_s=60)
        consoles[room.name] = (room.tier, f"http://127.0.0.1:{ready['port']}")
    return agents, consoles


def start_terminal(programs: Programs, site: Site, unit: str, *, pace: Pace = Pace.HUMAN) -> Program:
    """Start a unit's terminal that answers like a person."""
    return programs.start(
        unit,
        "patrol_cli",
        [
            *("terminal", "--relay", f"tcp://127.0.0.1:{site.gates.terminals}"),
            *("--relay-key", str(site.relay_key_file), "--key-file", str(site.key_file(unit))),
            *("--state", str(site.folder / f"{unit}.state"), "--auto", pace, "--json"),
        ],
    )


def start_consumer(programs: Programs, site: Site) -> Program:
    """Start a consumer of the counts that follows the feed."""
    return programs.start(
        CONSUMER,
        "patrol_cli",
        [
            *("counts", "--relay", f"tcp://127.0.0.1:{site.gates.counts}"),
            *("--relay-key", str(site.relay_key_file), "--key-file", str(site.key_file(CONSUMER))),
            *("--state", str(site.folder / f"{CONSUMER}.state"), "--follow", "--json"),
        ],
    )


def start_site(site: Site, programs: Programs) -> RunningSite:
    """Start relay, agents, terminals and consumer; ``programs`` ends them."""
    relay, ready = start_relay(programs, site)
    agents, consoles = start_agents(programs, site)
    for unit in UNITS:
        start_terminal(programs, site, unit)
    return RunningSite(
        site=site,
        programs=programs,
        relay=relay,
        agents=agents,
        consumer=start_consumer(programs, site),
        page_url=ready["web"],
        consoles=consoles,
    )


class DemoRun:
    """The demo's loop over a running site."""

    def __init__(self, running_site: RunningSite, cameras: Program | None, *, notes: tuple[str, ...] = ()) -> None:
        """``cameras`` is the simulator, ended first when the site drains; None when all cameras are real."""
        self._running = running_site
        self._cameras = cameras
        self._notes = notes
        self._began_s = time.monotonic()
        self._watcher = Watcher(running_site.page_url, running_site.consoles, running_site.consumer)
        rooms = running_site.site.rooms
        self._operators = {
            room.name: SimulatedOperator(
                running_site.consoles[room.name][1], room.cameras[0].name, flags=room is rooms[0]
            )
            for room in rooms
        }

    def close(self) -> None:
        """Release what the loop holds."""
        self._watcher.close()

    def until(self, done: Callable[[SiteView], bool], show: Callable[[SiteView], None], *, act: bool) -> SiteView:
        """Look twice a second until ``done``; with ``act`` the simulated operators work. Return the last view."""
        pause = Event()
        while True:
            view = self.look()
            show(view)
            if done(view):
                return view
            if act:
                self._act(view.elapsed_s)
            pause.wait(LOOK_EVERY_S)

    def look(self, *, thorough: bool = False) -> SiteView:
        """Return the site now, with a note for each program that fell."""
        fallen = [
            f"{program.name} ended with code {program.process.returncode}; see {program.log_path}"
            for program in self._running.programs.fallen()
            if program is not self._cameras
        ]
        return self._watcher.look(time.monotonic() - self._began_s, (*self._notes, *fallen), thorough=thorough)

    def drain(self, show: Callable[[SiteView], None]) -> SiteView:
        """End the cameras and wait until nothing is on its way any more; return the settled site."""
        if self._cameras is not None:
            self._cameras.process.terminate()
            self._cameras.process.wait(timeout=5)
        for operator in self._operators.values():
            operator.flags = False
        deadline_s = time.monotonic() + DRAIN_WITHIN_S
        self.until(lambda view: time.monotonic() > deadline_s or settled(view), show, act=True)
        return self.look(thorough=True)

    def _act(self, elapsed_s: float) -> None:
        for room, state in self._watcher.states.items():
            try:
                self._operators[room].act(self._watcher.client, state, elapsed_s)
            except httpx.HTTPError:
                continue  # the room is shown as not answering; its operator waits like a person would


def settled(view: SiteView) -> bool:
    """Tell whether every record is acknowledged, every unit has cleared and the consumer has every count."""
    ledger = {(c.measure, c.area, c.category, c.month): c.count for c in view.counts if c.count}
    consumer = {(c.measure, c.area, c.category, c.month): c.count for c in view.consumer if c.count}
    return (
        view.relay_reached
        and all(room.reached and not room.outbox_pending for room in view.rooms)
        and not any(dispatch.state in _OPEN_STATES for dispatch in view.dispatches)
        and sum(room.acknowledged for room in view.rooms) == view.relay_alerts
        and ledger == consumer
    )
