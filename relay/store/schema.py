"""Bringing a store to today's schema, and refusing one that is damaged or from the future."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from relay.store.engine import check, corrupt, sqlite_file
from relay.store.errors import StoreCorruptError, StoreTooNewError

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

    Raises StoreCorruptError, or StoreTooNewError when a newer program wrote it; the file is left as it was.
    """
    path = sqlite_file(engine.url)
    if path is not None and path.exists() and 0 < path.stat().st_size < 100:
        raise corrupt(engine.url, "shorter than the header of a database")
    try:
        with engine.connect() as connection:
            check(connection)
            connection.rollback()
            with connection.begin():
                command.upgrade(alembic_config(connection), "head")
    except StoreCorruptError:
        raise
    except CommandError as error:
        raise StoreTooNewError(
            f"{engine.url.database}: written by a newer version ({error}); update this program, or restore a backup "
            "made with it"
        ) from error
    except DatabaseError as error:
        raise corrupt(engine.url, str(error.orig)) from error
