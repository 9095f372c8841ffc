"""Bringing a store to today's schema, and refusing one that is damaged or from the future."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

# The metadata must know all tables before it is compared.
from relay.store import (  # noqa: F401
    channel_tables,
    city_versions,
    count_bases,
    count_tables,
    media_tables,
    peer_tables,
    silence_tables,
    watch_tables,
)
from relay.store.engine import database_of
from relay.store.errors import StoreError, StoreTooNewError

_MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the store, working on the given connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the name of today's schema."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations in {_MIGRATIONS}")
    return head


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """What stands between a store and today's schema."""

    found: str | None
    """The schema the store has; None for an empty database."""
    target: str
    steps: tuple[str, ...]
    """What is to be done, in order, a line each: the revision and its title. Empty: it is up to date."""


def plan(connection: Connection) -> MigrationPlan:
    """Return what ``prepare`` would do; raises StoreTooNewError when a newer program wrote the store."""
    found = MigrationContext.configure(connection).get_current_revision()
    try:
        return _plan_from(found)
    except CommandError as error:
        raise _too_new(connection.engine, error) from error


def plan_from_nothing() -> MigrationPlan:
    """Return what ``prepare`` would do to a store that is not there yet."""
    return _plan_from(None)


def _plan_from(found: str | None) -> MigrationPlan:
    scripts = ScriptDirectory.from_config(alembic_config())
    target = newest_revision()
    if found is not None:
        scripts.get_revision(found)  # of a later program: an error, where iterating would be another one
    between = list(scripts.iterate_revisions(target, found or "base"))
    steps = tuple(f"{each.revision} {(each.doc or '').splitlines()[0]}" for each in reversed(between))
    return MigrationPlan(found=found, target=target, steps=steps)


def prepare(engine: Engine) -> None:
    """Check the store and migrate it in one transaction; the writer's process calls it before anything reads.

    Raises StoreCorruptError, StoreTooNewError when a newer program wrote it, StoreUnreachableError when the database
    does not answer, or StoreError; the store is left as it was.
    """
    database = database_of(engine.url)
    database.inspect(engine.url)
    try:
        with engine.connect() as connection:
            database.check(connection)
            connection.rollback()
            with connection.begin():
                command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise _too_new(engine, error) from error
    except DBAPIError as error:
        raise refusal(engine, error) from error


def refusal(engine: Engine, error: DBAPIError) -> StoreError:
    """Return what a failed opening of the store means to the technician."""
    return database_of(engine.url).refusal(engine.url, error)


def _too_new(engine: Engine, error: CommandError) -> StoreTooNewError:
    return StoreTooNewError(
        f"{database_of(engine.url).shown(engine.url)}: written by a newer version ({error}); update this program, or "
        "restore a backup made with it"
    )
