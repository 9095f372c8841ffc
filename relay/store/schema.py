"""Bringing a store to today's schema, and refusing one that is damaged or from the future."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

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
        raise StoreTooNewError(
            f"{database.shown(engine.url)}: written by a newer version ({error}); update this program, or restore a "
            "backup made with it"
        ) from error
    except DBAPIError as error:
        raise refusal(engine, error) from error


def refusal(engine: Engine, error: DBAPIError) -> StoreError:
    """Return what a failed opening of the store means to the technician."""
    return database_of(engine.url).refusal(engine.url, error)
