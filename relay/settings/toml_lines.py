"""Finds the line of a key in TOML text, because tomllib keeps no positions.

A scan for headers and ``key =`` at the start of a line; it understands what people write by hand. Where it finds
nothing (a key inside an inline table), the line of the nearest table around it is a good answer.
"""

import re
from collections.abc import Iterator

KeyPath = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=")


def line_of(text: str, path: KeyPath) -> int | None:
    """Return the 1-based line where the deepest known part of ``path`` is written, or None."""
    lines = dict(_lines(text))
    for length in range(len(path), 0, -1):
        found = lines.get(path[:length])
        if found is not None:
            return found
    return None


def _lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Yield the path of each header and key with its line; arrays of tables are counted from 0."""
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is not None:
            parts = [part.strip(" \"'") for part in header[2].split(".")]
            table = _resolve(parts, counts, grows=header[1] == "[[")
            yield table, number
            continue
        key = _KEY.match(line)
        if key is not None:
            yield (*table, key[1]), number


def _resolve(parts: list[str], counts: dict[KeyPath, int], *, grows: bool) -> KeyPath:
    """Turn ``camera.zone`` into (camera, 0, zone, 2): headers mean the newest element of each array."""
    path: KeyPath = ()
    for part in parts[:-1]:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, parts[-1])
    if not grows:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])
