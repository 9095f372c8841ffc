"""A whole site of processes that works while a test turns keys or moves peers: the nemesis without its faults."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from patrol_cli.__main__ import app
from patrol_cli.demo.processes import Programs
from patrol_cli.nemesis.actors import Actors
from patrol_cli.nemesis.run import NemesisRun, Outcome
from patrol_cli.nemesis.site import CONSUMER, UNITS, NemesisSite
from patrol_cli.nemesis.store_view import StoreView


def patrol(*arguments: str) -> tuple[int, str, str]:
    """Run the command as a person does, without the start of an interpreter; return exit code, stdout and stderr."""
    ran = CliRunner().invoke(app, list(arguments))
    return ran.exit_code, ran.stdout, ran.stderr


class CalmSite:
    """Rooms, two units and a consumer at work on one or more relays; ``steps`` are done in order while they are."""

    def __init__(self, folder: Path, *, rooms: int = 2, database: str = "", nodes: int = 1) -> None:
        self.site = NemesisSite(folder, rooms, database=database, nodes=nodes)
        self.store = StoreView(self.site.store_url)
        self._actors: Actors | None = None
        self.arrived: dict[str, int] = {}
        """Records of each room that the relay has stored, as last seen."""

    @property
    def peers(self) -> set[str]:
        """Every peer as the relay names it."""
        rooms = {f"room:{room.node}" for room in self.site.rooms}
        return rooms | {f"terminal:{unit}" for unit in UNITS} | {f"index:{CONSUMER}"}

    def run(self, *steps: Callable[[], bool], within_s: float = 60.0) -> Outcome:
        """Do the steps, each until it is true, then drain and check what was promised."""
        left = list(steps)
        deadline_s = time.monotonic() + within_s

        def act() -> bool:
            self._watch()
            assert time.monotonic() < deadline_s, f"step {len(steps) - len(left) + 1} of {len(steps)} never came true"
            if left and left[0]():
                del left[0]
            return not left

        with Programs(self.site.folder / "logs") as programs:
            run = NemesisRun(self.site, programs, self.store, seed=1, seconds=1.0, rate=20.0, tell=lambda _line: None)
            self._actors = run.actors
            try:
                return run.run_calm(act)
            finally:
                self.store.close()

    def kill(self, name: str) -> None:
        """End a process at once, in a step."""
        assert self._actors is not None
        self._actors.kill(name)

    def revive(self, name: str) -> None:
        """Start it again, in a step."""
        assert self._actors is not None
        self._actors.revive(name)

    def arrives(self) -> Callable[[], bool]:
        """Return a step that is true when something more of every room has arrived since it was first asked."""
        before: dict[str, int] = {}

        def arrived() -> bool:
            now = dict(self.arrived)
            if not before:
                before.update(now)
            return all(now.get(room.node, 0) > before.get(room.node, 0) + 5 for room in self.site.rooms)

        return arrived

    def logged(self, program: str, event: str) -> list[dict[str, Any]]:
        """Return the lines with this event of a program's logs, in the order of its runs."""
        return [
            line
            for path in sorted(self.site.folder.glob(f"logs/{program}-run*.log"))
            for text in path.read_text(encoding="utf-8").splitlines()
            if text.startswith("{") and (line := json.loads(text)).get("event") == event
        ]

    def longest_pause_s(self) -> float:
        """Return the longest time in which nothing of some room arrived, by the relay's own clock; after ``run``."""
        with closing(sqlite3.connect(self.site.folder / "cut" / "relay.sqlite3")) as store:
            times = store.execute("SELECT node, received_us FROM record_log ORDER BY node, received_us").fetchall()
        pauses = [int(after) - int(before) for (one, before), (other, after) in pairwise(times) if one == other]
        return max(pauses) / 1e6

    def _watch(self) -> None:
        rows = self.store.ask("SELECT node, sum(stored_seq) FROM node_stream GROUP BY node")
        self.arrived = self.arrived | {node: int(count) for node, count in rows}
