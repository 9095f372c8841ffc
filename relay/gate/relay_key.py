"""The relay's own key file: read with one sentence about what is wrong with it, and watched for being turned."""

from pathlib import Path
from typing import Final

import structlog

from patrol_wire.keys import KeyFileError, KeyPair, parse_key_pair
from relay.gate.peers import mark_of

_LOG: Final = structlog.get_logger("relay.gate")


def read_keys(path: Path) -> KeyPair:
    """Read the relay's secret key file; raises KeyFileError naming it."""
    try:
        keys = parse_key_pair(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise KeyFileError(
            f"key file {path}: there is no such file; make one with: patrol keys new NODE --role relay --out FOLDER"
        ) from error
    except UnicodeDecodeError as error:
        raise KeyFileError(f"key file {path}: is not text; make a new one with: patrol keys new") from error
    except OSError as error:
        raise KeyFileError(f"key file {path}: cannot be read ({error.strerror}); check its permissions") from error
    except KeyFileError as error:
        raise KeyFileError(f"key file {path}: {error}; mend it, or make a new one with: patrol keys new") from error
    if keys.secret_key is None:
        raise KeyFileError(f"key file {path} has no secret_key; give the .key file, not the .pub file")
    return keys


class KeyWatch:
    """The key file on disk; a bad edit changes nothing and is logged once."""

    def __init__(self, path: Path, keys: KeyPair) -> None:
        self._path = path
        self._mark = mark_of(path)
        self._public_key = keys.public_key

    def turned(self) -> bool:
        """Look at the file; True when it holds another key than ``keys``. Costs one stat when nothing changed."""
        mark = mark_of(self._path)
        if mark == self._mark:
            return False
        self._mark = mark
        try:
            keys = read_keys(self._path)
        except KeyFileError as error:
            _LOG.error("relay_key_refused", fault=str(error), kept="the key before it")
            return False
        if keys.public_key == self._public_key:
            return False
        _LOG.warning("relay_key_turned", public_key=keys.public_key)
        return True
