"""Where a configuration keeps the relay's store."""

from relay.settings.model import RelaySettings
from relay.store.engine import sqlite_url

STORE_FILE = "relay.sqlite3"


def store_url(settings: RelaySettings) -> str:
    """Return the URL of the store: the one that is named, or the SQLite file in ``state_dir``."""
    return settings.database.url or sqlite_url(settings.paths.state_dir / STORE_FILE)
