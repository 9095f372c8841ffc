"""``patrol demo --day``: lays the site out, starts relay and consumer, plays, writes report and picture."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from patrol_cli.day.picture import as_svg
from patrol_cli.day.plan import DayPlan, plan_day
from patrol_cli.day.report import DayFacts, day_report
from patrol_cli.day.run import START_WITHIN_S, DayRun
from patrol_cli.day.site import DaySite
from patrol_cli.day.sockets import allow_many_files
from patrol_cli.day.store_view import StoreView
from patrol_cli.demo.plan import CONSUMER
from patrol_cli.demo.processes import Program, ProgramFailedError, Programs, says
from patrol_cli.moved_clock import MovedClock
from patrol_cli.outcome import fail, stderr
from relay.core.policy import MICROS

SEED: Final = 7
RAISES: Final = 1_200
"""Alerts and flags of a whole day, without its storms."""
STORM_S: Final = 30.0
NOT_RECONCILED: Final = 1
ZONE: Final = ZoneInfo("Asia/Shanghai")
_COUNTS_WITHIN_S: Final = 15.0


def begin_of(now_us: int, begin_s: float) -> int:
    """Return a moment of the current day in the city, as UTC microseconds."""
    local = datetime.fromtimestamp(now_us / MICROS, tz=ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight + timedelta(seconds=begin_s)).timestamp() * MICROS)


def run_day(*, hours: float, speed: float | None, report: Path | None, folder: Path | None) -> int:
    """Carry out ``patrol demo --day``; return its exit code: 1 when a figure disagrees or an incident had no owner."""
    plan = default_plan(begin_h=_first_hour(hours), hours=hours, raises=RAISES, storm_s=STORM_S if hours > 4 else 5.0)
    with ExitStack() as stack:
        home = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="patrol-day-"))) / "site"
        programs = stack.enter_context(Programs(home / "logs"))
        stderr.print("starting the relay, the rooms and the terminals of a city …", style="dim")
        try:
            found = play_day(programs, home, _say, make_plan=plan, speed=speed)
        except ProgramFailedError as error:
            fail(str(error), code=NOT_RECONCILED)
    if report is not None:
        _say(f"report: {report}, picture: {write_report(found, report)}")
    return _tell(found)


def _first_hour(hours: float) -> float:
    """Return when a shorter day begins: it lies around the evening's peak."""
    return max(0.0, min(24.0 - hours, 19.0 - hours / 2))


def _say(line: str) -> None:
    stderr.print(line, markup=False, highlight=False)


def _tell(found: dict[str, Any]) -> int:
    times, day = found["offer_ms"], found["day"]
    _say(f"{day['to_h'] - day['from_h']:g} hours in {day['played_in_s']:.0f} s, {found['incidents']} incidents")
    for load, each in times.items():
        if isinstance(each, dict) and each["count"]:
            _say(f"alert to offer, {load}: p50 {each['p50']:g} ms, p99 {each['p99']:g} ms, {each['count']} offers")
    for difference in found["differences"]:
        stderr.print(f"not reconciled: {difference}", style="red", markup=False)
    _say(f"incidents without an owner: {found['without_owner']}")
    return 0 if found["reconciled"] and found["without_owner"] == 0 else NOT_RECONCILED


def play_day(
    programs: Programs,
    folder: Path,
    show: Callable[[str], None],
    *,
    make_plan: Callable[[DaySite], DayPlan],
    speed: float | None = None,
    seed: int = SEED,
) -> dict[str, Any]:
    """Play a day in a new folder and return its report; ``programs`` ends what was started."""
    allow_many_files()
    began_s = time.monotonic()
    site = DaySite(folder)
    plan = make_plan(site)
    clock = MovedClock(site.clock_file)
    clock.begin_at(begin_of(clock.now_us(), plan.begin_s))
    arguments = ["--config", str(site.relay_config), "--clock", str(site.clock_file)]
    relay = programs.start("relay", "patrol_cli.moved_relay", arguments)
    ready = programs.await_ready(relay, says("relay_ready"), within_s=START_WITHIN_S)
    show(f"live page: {ready['web']}")
    consumer = _start_consumer(programs, site)
    run = DayRun(site, plan, clock, ready["web"], seed=seed)
    try:
        run.connect()
        connected_s, cpu_s = time.monotonic(), _cpu_s()
        show(f"{len(site.rooms)} rooms and {len(site.terminals)} terminals are connected")
        run.play(show, speed=speed)
        played_s, cpu_s = time.monotonic(), _cpu_s() - cpu_s
        found = _report(run, site, plan, consumer, ready["web"])
    finally:
        run.close()
    found["day"] |= {
        "start_s": round(connected_s - began_s, 1),
        "played_in_s": round(played_s - connected_s, 1),
        "cpu_s": round(cpu_s, 1),
        "relay_peak_mb": _peak_mb(relay),
    }
    return found


def write_report(found: dict[str, Any], path: Path) -> Path:
    """Write the JSON and beside it the picture; return the picture's path."""
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    picture = path.with_suffix(".svg")
    picture.write_text(as_svg(found), encoding="utf-8")
    return picture


def default_plan(*, begin_h: float, hours: float, raises: int, storm_s: float) -> Callable[[DaySite], DayPlan]:
    """Return what draws the day of a site."""
    return lambda site: plan_day(
        site.cameras, list(site.places), seed=SEED, begin_h=begin_h, hours=hours, raises=raises, storm_s=storm_s
    )


def _report(run: DayRun, site: DaySite, plan: DayPlan, consumer: Program, web: str) -> dict[str, Any]:
    store = StoreView(site.store_file)
    with httpx.Client(base_url=web.rstrip("/"), timeout=60.0, trust_env=False) as client:
        differences = list(client.get("/api/v1/reconcile").raise_for_status().json()["differences"])
        ledger = client.get("/api/v1/counts/sums").raise_for_status().json()["sums"]
    counted = _consumer_totals(consumer, ledger)
    if counted != _as_totals(ledger):
        differences.append("the ledger's sums differ from those of the consumer of the counts")
    try:
        facts = DayFacts(
            log=run.log,
            plan=plan,
            tally=run.tally(),
            store=store,
            midnight_us=run.midnight_us,
            terminals=len(site.terminals),
            rooms=len(site.rooms),
            deeds=run.officer_deeds,
            differences=differences,
            ledger=ledger,
        )
        return day_report(facts)
    finally:
        store.close()


def _start_consumer(programs: Programs, site: DaySite) -> Program:
    return programs.start(
        CONSUMER,
        "patrol_cli",
        [
            *("counts", "--relay", f"tcp://127.0.0.1:{site.gates.counts}"),
            *("--relay-key", str(site.relay_key_file), "--key-file", str(site.key_file(CONSUMER))),
            *("--state", str(site.folder / f"{CONSUMER}.state"), "--follow", "--json"),
        ],
    )


def _consumer_totals(consumer: Program, ledger: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    """Return what the consumer has summed, once it agrees or its time is over."""
    wanted, deadline_s = _as_totals(ledger), time.monotonic() + _COUNTS_WITHIN_S
    while True:
        lines = consumer.lines()
        found = _as_totals(lines[-1].get("totals", [])) if lines else {}
        if found == wanted or time.monotonic() > deadline_s:
            return found
        time.sleep(0.1)


def _as_totals(sums: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    return {
        (each["measure"], each["area"], each["category"], each["month"]): each["count"]
        for each in sums
        if each["count"]
    }


def _cpu_s() -> float:
    """Return the CPU seconds of this program and everything it started: relay, gates, rooms, consumer."""
    found: dict[int, tuple[int, float]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text(encoding="ascii", errors="replace").rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        found[int(place.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"))
    mine = {os.getpid()}
    while grown := {pid for pid, (parent, _) in found.items() if parent in mine and pid not in mine}:
        mine |= grown
    return sum(found[pid][1] for pid in mine if pid in found)


def _peak_mb(program: Program) -> int:
    """Return the peak memory of a running program."""
    for line in Path(f"/proc/{program.process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1_024
    return 0
