"""Where a configuration keeps the relay's store and other files."""

import os
from pathlib import Path

from relay.errors import RefusedError
from relay.settings.model import RelaySettings
from relay.store.engine import sqlite_url

STORE_FILE = "relay.sqlite3"


def store_url(settings: RelaySettings) -> str:
    """Return the URL of the store: the one that is named, or the SQLite file in ``state_dir``."""
    return settings.database.url or sqlite_url(settings.paths.state_dir / STORE_FILE)


def usable_folder(path: Path) -> Path:
    """Return the folder, made if need be; raises RefusedError when that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(
            f"[paths] {path} cannot be made ({error.strerror}); create it for the relay's user"
        ) from error
    if not os.access(path, os.W_OK):
        raise RefusedError(f"[paths] {path} is not writable; give it to the relay's user")
    return path
