"""What relays on one database must agree on: whom they tell over which channel, and when.

Any of them plans a page and any of them sends it: one that does not know a receiver drops what another planned for it,
one with other times climbs the ladder earlier or later. Secrets lie in files of each machine, so of a key that names a
file only whether it is set is compared.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from relay.settings.model import RelaySettings

_USUAL_PORT: Final = 5432
_FILE: Final = "_file"


def on_one_database(one: RelaySettings, other: RelaySettings) -> bool:
    """Whether both write to one PostgreSQL database, whoever they log in as; a SQLite file has one relay."""
    first, second = _database(one), _database(other)
    return first is not None and first == second


def unequal(one: RelaySettings, other: RelaySettings) -> tuple[str, ...]:
    """Return the keys of ``[channels]`` and ``[cap]`` in which they differ; of a receiver that one lacks, its name."""
    first, second = dict(_shared(one)), dict(_shared(other))
    lacking = first.keys() ^ second.keys()
    lacks = {key for key in lacking if key.rpartition(".")[0] not in lacking}
    return tuple(sorted(lacks | {key for key in first.keys() & second.keys() if first[key] != second[key]}))


def _database(settings: RelaySettings) -> tuple[str, int, str] | None:
    parts = urlsplit(settings.database.url)
    if not parts.scheme.startswith("postgresql"):
        return None
    return parts.hostname or "", parts.port or _USUAL_PORT, parts.path


def _shared(settings: RelaySettings) -> Iterator[tuple[str, object]]:
    yield from _keys("channels", settings.channels.model_dump())
    yield from _keys("cap", settings.cap.model_dump())


def _keys(path: str, tables: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in tables.items():
        key = f"{path}.{name}"
        if isinstance(value, dict):
            yield key, None  # a receiver without any key of its own is one, too
            yield from _keys(key, value)
        elif name.endswith(_FILE):
            yield key, value not in (None, "", Path())
        else:
            yield key, value
