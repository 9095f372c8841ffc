"""``patrol relay migrate``, ``backup``, ``verify`` and ``move``: what an administrator does with the relay's store."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from patrol_cli.outcome import fail

DISAGREES: Final = 1
"""Exit code when the store does not agree with itself."""
Config = Annotated[Path | None, typer.Option("--config", help="The relay's TOML file.")]
Database = Annotated[str, typer.Option("--database", help="The store's URL, in the place of the file's database url.")]
AsJson = Annotated[bool, typer.Option("--json", help="End with one JSON line on stdout.")]


def register(group: typer.Typer) -> None:
    """Add the commands to ``patrol relay``."""
    _add_migrate(group)
    _add_backup(group)
    _add_verify(group)
    _add_move(group)


def _add_migrate(group: typer.Typer) -> None:
    @group.command()
    def migrate(
        *,
        config: Config = None,
        database: Database = "",
        dry_run: Annotated[bool, typer.Option(help="Say what would be done, and do nothing.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Bring the store to this program's schema (the relay does so itself when it starts)."""
        url = _store(config, database)
        with _refusals(url):
            said = _migrate(url, dry_run=dry_run)
        if not as_json:
            done = "nothing to do" if not said["steps"] else "would be migrated" if dry_run else "migrated"
            typer.echo(f"{said['store']}: schema {said['from'] or 'none'}, this program has {said['to']}: {done}")
            for step in said["steps"]:
                typer.echo(f"  {step}")
        else:
            typer.echo(json.dumps(said, ensure_ascii=False))


def _add_backup(group: typer.Typer) -> None:
    @group.command()
    def backup(
        file: Annotated[Path, typer.Argument(help="A new file; never overwritten.")],
        *,
        config: Config = None,
        database: Database = "",
        pg_dump: Annotated[
            str, typer.Option(help="PostgreSQL's pg_dump, of the server's version or newer.")
        ] = "pg_dump",
        as_json: AsJson = False,
    ) -> None:
        """Write a backup of the store, while the relay runs, and read it back."""
        from relay.store.backup import back_up

        url = _store(config, database)
        with _refusals(url):
            made = back_up(url, file, pg_dump=pg_dump)
        if as_json:
            said = {"store": _shown(url), "file": str(made.file), "bytes": made.file_bytes, "sha256": made.sha256}
            rest = {"schema": made.schema, "rows": dict(made.rows), "differences": list(made.differences)}
            typer.echo(json.dumps(said | rest, ensure_ascii=False))
        else:
            records, incidents = made.rows["record_log"], made.rows["incident"]
            typer.echo(f"{file}: {made.file_bytes} bytes, {records} records, {incidents} incidents; read back, whole")
            _tell(made.differences)
        if made.differences:
            raise typer.Exit(DISAGREES)


def _add_verify(group: typer.Typer) -> None:
    @group.command()
    def verify(*, config: Config = None, database: Database = "", as_json: AsJson = False) -> None:
        """Rebuild every count from the log and compare; the difference must be 0."""
        url = _store(config, database)
        with _refusals(url):
            said = _verify(url, _time_zone(config))
        if as_json:
            typer.echo(json.dumps(said, ensure_ascii=False))
        else:
            typer.echo(
                f"{said['store']}: {said['records']} records, {said['alerts']} alerts, {said['incidents']} incidents, "
                f"{said['places']} counts rebuilt: difference {said['difference']}"
            )
            _tell(said["differences"])
        if said["differences"]:
            raise typer.Exit(DISAGREES)


def _add_move(group: typer.Typer) -> None:
    @group.command()
    def move(
        target: Annotated[str, typer.Argument(help="URL of an empty database; the store is copied there.")],
        *,
        config: Config = None,
        database: Database = "",
        as_json: AsJson = False,
    ) -> None:
        """Copy the whole store into another database, with the relay stopped: from the file to PostgreSQL, or back."""
        from relay.store.copying import move_store

        url = _store(config, database)
        with _refusals(target):
            rows = move_store(url, target)
            said = _verify(target, _time_zone(config)) | {"from": _shown(url), "rows": rows}
        if as_json:
            typer.echo(json.dumps(said, ensure_ascii=False))
        else:
            typer.echo(f"{said['from']} → {said['store']}: {sum(rows.values())} rows; difference {said['difference']}")
            _tell(said["differences"])
        if said["differences"]:
            raise typer.Exit(DISAGREES)


def _migrate(url: str, *, dry_run: bool) -> dict[str, Any]:
    from relay.store import schema
    from relay.store.engine import sqlite_file, writer_engine

    file = sqlite_file(url)
    if dry_run and file is not None and not file.exists():
        plan = schema.plan_from_nothing()  # opening it would make the file
    else:
        engine = writer_engine(url)
        try:
            with engine.connect() as connection:
                plan = schema.plan(connection)
            if not dry_run:
                schema.prepare(engine)
        finally:
            engine.dispose()
    return {
        "store": _shown(url),
        "from": plan.found,
        "to": plan.target,
        "steps": list(plan.steps),
        "dry_run": dry_run,
        "migrated": bool(plan.steps) and not dry_run,
    }


def _verify(url: str, time_zone: str) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    from relay.store import schema
    from relay.store.engine import database_of, reader_engine
    from relay.store.errors import StoreError
    from relay.store.verification import verify

    engine = reader_engine(url, connections=1)
    try:
        with engine.connect() as connection:
            database_of(url).check(connection)
            plan = schema.plan(connection)
            if plan.steps:
                raise StoreError(
                    f"{_shown(url)}: its schema is {plan.found or 'none'}; bring it up with patrol relay migrate"
                )
            found = verify(connection, zone=ZoneInfo(time_zone))
    finally:
        engine.dispose()
    return {
        "store": _shown(url),
        "records": found.records,
        "alerts": found.alerts,
        "incidents": found.incidents,
        "places": found.places,
        "difference": found.difference,
        "agrees": found.agrees,
        "differences": list(found.differences),
    }


def _store(config: Path | None, database: str) -> str:
    """Return the store's URL; ends the command when neither option says it."""
    from relay.app.store_place import store_url
    from relay.settings.errors import SettingsError
    from relay.settings.toml_file import load_settings

    if config is None:
        if not database:
            fail("which store? give the relay's --config FILE, or --database URL")
        return database
    try:
        return store_url(load_settings(config, database=database))
    except SettingsError as error:
        fail(str(error))


def _time_zone(config: Path | None) -> str:
    from relay.settings.model import RelayTable
    from relay.settings.toml_file import load_settings

    return load_settings(config).relay.time_zone if config is not None else RelayTable().time_zone


@contextmanager
def _refusals(url: str) -> Iterator[None]:
    """End the command with one sentence for what the store or the way to it refuses."""
    from sqlalchemy.exc import DBAPIError

    from relay.store.engine import database_of, parse
    from relay.store.errors import StoreError

    try:
        yield
    except StoreError as error:
        fail(str(error))
    except DBAPIError as error:
        fail(str(database_of(url).refusal(parse(url), error)))


def _shown(url: str) -> str:
    from relay.store.engine import shown

    return shown(url)


def _tell(differences: Any) -> None:
    for sentence in differences:
        typer.echo(f"  {sentence}")
