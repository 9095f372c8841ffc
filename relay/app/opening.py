"""What must be there before a relay's parts are: its folders, and a store that answers."""

import os
import time
from pathlib import Path
from typing import Final

import structlog

from relay.app.writer import Writer
from relay.errors import RefusedError
from relay.ops.sd_notify import notify
from relay.store.errors import StoreUnreachableError

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 2.0
"""Between two attempts to reach the database at start."""
_LOG: Final = structlog.get_logger("relay")


def open_store(writer: Writer) -> None:
    """Open the store; while its database does not answer (both may start at once), wait for it until a signal ends us.

    Raises StoreError for what only a person can mend.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            writer.open()
            break
        except StoreUnreachableError as error:
            if pause_s == FIRST_PAUSE_S:
                _LOG.error("store_awaited", fault=str(error)[:500])
                notify("STATUS=waiting for the database")
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    if pause_s > FIRST_PAUSE_S:
        _LOG.info("store_answers")


def folder_of(path: Path) -> Path:
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
