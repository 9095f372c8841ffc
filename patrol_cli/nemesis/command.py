"""The command ``patrol nemesis`` with its options, and ``patrol nemesis check`` for what a run left behind."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from patrol_cli.outcome import fail, stderr

BROKEN: Final = 1
"""Exit code when a promise was broken or the site did not come to rest."""
_EVERY: Final = 5


def register(app: typer.Typer) -> None:
    """Add ``patrol nemesis``."""
    group = typer.Typer(
        help="Kill, stop and cut a whole site by a seed; prove that no alert was lost or counted twice."
    )

    @group.callback(invoke_without_command=True)
    def run(  # the command's options
        context: typer.Context,
        *,
        seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same faults.")] = 1,
        seconds: Annotated[float, typer.Option(min=1, max=3_600, help="How long faults happen.")] = 60.0,
        rooms: Annotated[int, typer.Option(min=1, max=12, help="Simulated rooms.")] = 3,
        rate: Annotated[float, typer.Option(min=0.1, max=500, help="Records per second and room.")] = 20.0,
        folder: Annotated[
            Path | None, typer.Option(help="Keep the site here. Default: a folder that stays when something is found.")
        ] = None,
        database: Annotated[
            str, typer.Option(help="An empty PostgreSQL database for the relay (a URL). Default: a file in the folder.")
        ] = "",
        nodes: Annotated[int, typer.Option(min=1, max=4, help="Relays on the one database.")] = 1,
        longest: Annotated[
            float, typer.Option(min=0, max=3_600, help="One in ten faults lasts up to so many seconds.")
        ] = 0.0,
        clocks: Annotated[
            bool, typer.Option("--clocks", help="Set the clocks of rooms and relays wrong too, by up to a day.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="End with one JSON line on stdout.")] = False,
    ) -> None:
        """Run a relay, rooms, two units and a consumer under faults, and check every promise."""
        if context.invoked_subcommand is None:
            asked = _Asked(
                seed=seed,
                seconds=seconds,
                rooms=rooms,
                rate=rate,
                longest_s=longest,
                database=database,
                nodes=nodes,
                clocks=clocks,
            )
            raise typer.Exit(_run(asked, folder, as_json=as_json))

    @group.command()
    def check(
        folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
        as_json: Annotated[bool, typer.Option("--json", help="End with one JSON line on stdout.")] = False,
    ) -> None:
        """Check again what a run left behind."""
        raise typer.Exit(_check(folder, as_json=as_json))

    app.add_typer(group, name="nemesis")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options of a run; see the command."""

    seed: int
    seconds: float
    rooms: int
    rate: float
    longest_s: float
    database: str
    nodes: int
    clocks: bool


def _run(asked: _Asked, folder: Path | None, *, as_json: bool) -> int:
    import shutil
    import signal
    import tempfile

    from patrol_cli.demo.processes import ProgramFailedError, Programs
    from patrol_cli.nemesis.report import complaints, found_in, report, shown, verdict
    from patrol_cli.nemesis.run import NemesisRun
    from patrol_cli.nemesis.site import NemesisSite
    from patrol_cli.nemesis.store_view import StoreView

    if folder is not None and (folder / "relay.toml").exists():
        fail(f"--folder {folder}: holds a site already; give a new folder, or delete it first")
    seed = asked.seed
    if asked.nodes > 1 and not asked.database:
        fail("--nodes: several relays need a --database; a file has one relay")
    if asked.database:
        _refuse_used(asked.database)
    home = folder or Path(tempfile.mkdtemp(prefix="nemesis-"))
    # SIGTERM ends the run like Ctrl-C, so that every program is ended in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        site = NemesisSite(home, asked.rooms, database=asked.database, nodes=asked.nodes)
        with (
            closing(StoreView(site.store_url)) as store,
            _telling() as tell,
            Programs(home / "logs", death_signal=signal.SIGKILL) as programs,
        ):
            run = NemesisRun(
                site,
                programs,
                store,
                seed=seed,
                seconds=asked.seconds,
                rate=asked.rate,
                longest_s=asked.longest_s,
                clocks=asked.clocks,
                tell=tell,
            )
            outcome = run.run()
    except ProgramFailedError as error:
        fail(f"seed {seed}, folder {home}: {error}")
    except KeyboardInterrupt:
        fail(f"ended before it was checked; the folder is {home}")
    for sentence in shown([*found_in(outcome.findings), *complaints(outcome)]):
        stderr.print(sentence, style="red", markup=False, highlight=False)
    if outcome.good and folder is None:
        shutil.rmtree(home, ignore_errors=True)
    stderr.print(f"seed {seed}: {verdict(outcome, home)}", highlight=False)
    if as_json:
        kept = None if outcome.good and folder is None else str(home)
        typer.echo(
            json.dumps(report(outcome) | {"seed": seed, "seconds": asked.seconds, "folder": kept}, ensure_ascii=False)
        )
    return 0 if outcome.good else BROKEN


def _refuse_used(database: str) -> None:
    """End the command when the database cannot be reached or holds anything: a run must find only its own rows."""
    from sqlalchemy.exc import DBAPIError

    from patrol_cli.nemesis.store_view import StoreView
    from relay.store import engine
    from relay.store.errors import StoreError

    try:
        if engine.parse(database).get_backend_name() != "postgresql":
            fail(f"--database {database}: give postgresql://user@host/database; without it the store is a file")
        with closing(StoreView(database)) as store:
            tables = store.tables()
    except DBAPIError as error:
        fail(f"--database: {engine.database_of(database).refusal(engine.parse(database), error)}")
    except StoreError as error:
        fail(f"--database: {error}")
    if tables:
        fail(f"--database {engine.shown(database)}: holds tables already; give an empty database")


def _check(folder: Path, *, as_json: bool) -> int:
    import sqlite3

    from patrol_cli.nemesis.check import check
    from patrol_cli.nemesis.evidence import CUT, read_evidence
    from patrol_cli.nemesis.report import found_in, shown, summary

    if not (folder / CUT).is_dir():
        fail(f"{folder}: holds no finished run of the nemesis (no {CUT}/ in it); give the folder a run named")
    try:
        findings = check(read_evidence(folder))
    except (OSError, sqlite3.Error, ValueError) as error:
        fail(f"{folder}: cannot be checked: {error}")
    for sentence in shown(found_in(findings)):
        stderr.print(sentence, style="red", markup=False, highlight=False)
    stderr.print(
        f"{findings.alerts} alerts: {'every promise was kept' if findings.good else 'BROKEN'}", highlight=False
    )
    if as_json:
        typer.echo(json.dumps(summary(findings) | {"folder": str(folder)}, ensure_ascii=False))
    return 0 if findings.good else BROKEN


@contextmanager
def _telling() -> "Iterator[Callable[[str], None]]":
    """Yield what tells how far it is: one changing line on a terminal, a line every fifth time elsewhere."""
    if sys.stderr.isatty():
        with stderr.status("starting relay, rooms, units and counts …") as status:
            yield status.update
        return
    told = 0

    def line(text: str) -> None:
        nonlocal told
        if told % _EVERY == 0:
            stderr.print(text, highlight=False)
        told += 1

    yield line
