"""The relay's keys as this room keeps them, for both of its sockets; any thread.

What is decided stands in ``patrol_wire.relay_keys``; here is the file beside the outbox. A file that cannot be written
costs nothing but the next key: the room goes on with the one that works, says so, and tries again at the next welcome.
"""

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from patrol_wire import relay_keys
from patrol_wire.relay_keys import RelayKeys

FILE_NAME: Final = "relay-key.json"
_log = structlog.get_logger(__name__)


class KeyRing:
    """One room's keys of its relay. ``path`` None: in memory only."""

    def __init__(self, given: str, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()
        self._keys = _read(path, given)

    @property
    def keys(self) -> RelayKeys:
        """What is kept now; a value."""
        return self._keys

    def learn(self, announced: str) -> bool:
        """Keep a key that the relay announced; True when it was new and is durable now."""
        return self._change(relay_keys.learn(self._keys, announced))

    def prove(self, used: str) -> None:
        """A session is open with the key ``used``."""
        self._change(relay_keys.prove(self._keys, used))

    def _change(self, keys: RelayKeys) -> bool:
        with self._lock:
            before = self._keys
            if keys == before:
                return False
            try:
                self._write(keys)
            except OSError as error:
                _log.error("relay_key_not_kept", path=str(self._path), fault=error.strerror or str(error))
                return False
            self._keys = keys
        turned = keys.current != before.current
        _log.warning("relay_key_turned" if turned else "relay_key_announced", key=keys.newest)
        return True

    def _write(self, keys: RelayKeys) -> None:
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(relay_keys.dump(keys))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(path: Path | None, given: str) -> RelayKeys:
    if path is not None:
        with suppress(OSError):
            return relay_keys.load(path.read_bytes(), given=given)
    return relay_keys.begin(given)
