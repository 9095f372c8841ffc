"""The command ``patrol demo`` with its options."""

import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    from patrol_cli.demo.processes import Program, Programs
    from patrol_cli.demo.site import Detector
    from patrol_cli.demo.view import SiteView

_SCENES: Final = 4
_MODEL: Final = "yolox-nano"
NOT_RECONCILED: Final = 1
"""Exit code when the site ran but its figures disagree, or a program fell."""


class _EndedByPersonError(Exception):
    """Ctrl-C or SIGTERM."""


def register(app: typer.Typer) -> None:
    """Add ``patrol demo``."""
    app.command()(demo)


def demo(
    *,
    footage: Annotated[Path | None, typer.Option(help="Serve the videos of this folder as cameras.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="URL of a real camera; repeatable.")] = None,
    seconds: Annotated[float | None, typer.Option(min=5, help="End by itself after so many seconds.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a JSON report at the end.")] = None,
    models_dir: Annotated[
        Path | None,
        typer.Option(help="Folder with manifest.toml and weights. Default: beside the product, or --footage's."),
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep the site here. Default: a folder that goes away.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of the live dashboard.")] = False,
    day: Annotated[bool, typer.Option("--day", help="Play a day of the whole city at speed, without cameras.")] = False,
    hours: Annotated[float, typer.Option(min=0.25, max=24, help="With --day: play so many hours of it only.")] = 24.0,
    speed: Annotated[
        float | None,
        typer.Option(min=1, help="With --day: at most so many seconds in one; default: pauses are cut out."),
    ] = None,
) -> None:
    """Run a three-tier site on this machine: cameras, three rooms, the relay, two units, counts."""
    _check(footage, report, folder)
    from patrol_cli.demo.processes import ProgramFailedError

    try:
        with ExitStack() as stack:
            stack.enter_context(_ending_on_signals())
            if day:
                from patrol_cli.day.command import run_day

                raise typer.Exit(run_day(hours=hours, speed=speed, report=report, folder=folder))
            home = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="patrol-demo-"))) / "site"
            code = _run(stack, home, footage, camera or [], seconds, report, models_dir, plain=plain)
    except ProgramFailedError as error:
        fail(str(error))
    except _EndedByPersonError:
        stderr.print("ended; nothing is left running")
        code = 0
    raise typer.Exit(code)


def _check(footage: Path | None, report: Path | None, folder: Path | None) -> None:
    if footage is not None and not footage.is_dir():
        fail(f"--footage {footage}: there is no such folder; give a folder with video files")
    if report is not None and not report.absolute().parent.is_dir():
        fail(f"--report {report}: the folder {report.absolute().parent} does not exist; create it first")
    if folder is not None and (folder / "relay.toml").exists():
        fail(f"--folder {folder}: holds a site already; give a new folder, or delete it first")


def _run(  # the command's options, passed on once
    stack: ExitStack,
    home: Path,
    footage: Path | None,
    urls: list[str],
    seconds: float | None,
    report_path: Path | None,
    models_dir: Path | None,
    *,
    plain: bool,
) -> int:
    """Start everything, run, drain, report; the stack ends it all. Return the exit code."""
    from patrol_cli.demo.plan import plan_rooms
    from patrol_cli.demo.processes import Programs
    from patrol_cli.demo.report import report
    from patrol_cli.demo.run import DemoRun, start_site
    from patrol_cli.demo.site import Site

    programs = stack.enter_context(Programs(home / "logs"))
    detector, note = _detector(footage, models_dir)
    stderr.print("starting cameras, relay, three rooms, two units, counts …", style="dim")
    cameras, streams = _cameras(programs, footage, urls)
    site = Site(home, plan_rooms(streams), detector=detector)
    running = start_site(site, programs)
    run = DemoRun(running, cameras, notes=(note,) if note else ())
    stack.callback(run.close)
    stderr.print(f"live page: {running.page_url}")
    ended = False
    with _display(running.page_url, plain=plain) as show:
        try:
            working_s = seconds - draining_s(seconds) if seconds is not None else float("inf")
            run.until(lambda view: view.elapsed_s >= working_s, show, act=True)
        except _EndedByPersonError:
            ended = True
            if report_path is None:
                raise
        final = run.drain(show) if not ended else run.look(thorough=True)
    written = report(final)
    if report_path is not None:
        report_path.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for difference in written["differences"]:
        stderr.print(f"not reconciled: {difference}", style="red", markup=False)
    for program in programs.fallen():
        if program is not cameras:
            stderr.print(f"{program.name} fell:\n{program.last_words()}", style="red", markup=False)
            return NOT_RECONCILED
    return 0 if written["reconciled"] else NOT_RECONCILED


def draining_s(seconds: float) -> float:
    """Return how much of ``--seconds`` is left for the last units to clear after the cameras ended."""
    return min(20.0, seconds / 3)


def _cameras(
    programs: "Programs", footage: Path | None, urls: list[str]
) -> "tuple[Program | None, list[tuple[str, str]]]":
    """Start the simulated cameras unless only real ones are wanted; return (name, URL) of all, real ones first."""
    real = [(f"own-{number}", url) for number, url in enumerate(urls, start=1)]
    if footage is not None:
        arguments = ["--footage", str(footage)]
    elif len(real) < _SCENES:
        arguments = ["--scene", str(_SCENES - len(real))]
    else:
        return None, real
    simulator = programs.start("cameras", "patrol_sim", arguments)
    ready = programs.await_ready(simulator, lambda line: isinstance(line.get("cameras"), dict), within_s=120)
    return simulator, [*real, *ready["cameras"].items()]


def _detector(footage: Path | None, models_dir: Path | None) -> "tuple[Detector, str]":
    """Return the model when its weights are there, else motion with a note that offers the model."""
    from edge_agent.detect.errors import ModelError
    from edge_agent.detect.manifest import load_catalogue, verified_file
    from patrol_cli.demo.site import Detector
    from patrol_cli.shipped import shipped

    beside = [footage.parent / "models"] if footage is not None else []
    folders = [models_dir] if models_dir is not None else [shipped("models"), *beside]
    for candidate in folders:
        try:
            verified_file(load_catalogue(candidate).entry(_MODEL), candidate)
        except ModelError as error:
            if models_dir is not None:
                fail(str(error))
            continue
        return Detector(kind="onnx", model=_MODEL, models_dir=candidate.absolute()), ""
    return Detector(), f"no model here: motion finds moving objects. For names of things: patrol models get {_MODEL}"


@contextmanager
def _display(page_url: str, *, plain: bool) -> "Iterator[Callable[[SiteView], None]]":
    """Yield what shows a view: a live dashboard on a terminal, a line every five seconds elsewhere."""
    if sys.stdout.isatty() and not plain:
        from rich.live import Live

        from patrol_cli.demo.dashboard import draw

        with Live(screen=False, auto_refresh=False) as live:
            yield lambda view: live.update(draw(view, page_url=page_url, height=live.console.height), refresh=True)
        return
    last_s = -5.0
    said: set[str] = set()

    def line(view: "SiteView") -> None:
        nonlocal last_s
        if view.elapsed_s - last_s < 5.0:
            return
        last_s = view.elapsed_s
        acknowledged = sum(room.acknowledged for room in view.rooms)
        states = sorted(dispatch.state for dispatch in view.dispatches)
        stderr.print(
            f"{view.elapsed_s:4.0f} s  cameras {_streaming(view)}  alerts acknowledged {acknowledged}  "
            f"incidents {len(view.incidents)}  dispatches {', '.join(states) or 'none'}",
            highlight=False,
        )
        for note in view.notes:
            if note not in said:
                said.add(note)
                stderr.print(f"! {note}", style="yellow", markup=False)

    yield line


def _streaming(view: "SiteView") -> str:
    cameras = [camera for room in view.rooms for camera in room.cameras]
    return f"{sum(camera.state == 'streaming' for camera in cameras)}/{len(cameras)}"


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into one exception, so that every program is ended in order."""

    def end(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the ending
        raise _EndedByPersonError

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
