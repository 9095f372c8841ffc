"""Cuts a city's folder down to the rooms and units a small site has; its map stays whole.

Its roster goes unless it is wanted: a small site is played at any hour of the day, and whoever is left is on duty then.
"""

import csv
import gzip
import io
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

_ROSTER: Final = "shifts.csv"
_GRIDS: Final = ("grids.geojson", "grids.geojson.gz")


def cut_city(folder: Path, *, rooms: Collection[str], units: Collection[str], with_roster: bool = False) -> None:
    """Keep these rooms and units, with their cameras and people; without units of grids the grids go too."""
    _keep(folder, "rooms.csv", {"node": rooms})
    _keep(folder, "cameras.csv", {"room": rooms})
    left = _keep(folder, "units.csv", {"unit_id": units})
    _keep(folder, "people.csv", {"unit_id": units, "room": rooms})
    _cut_roster(folder, units=units if with_roster else (), rooms=rooms if with_roster else ())
    if not any(row.get("grid_id") for row in left):
        for name in _GRIDS:
            (folder / name).unlink(missing_ok=True)


def read_rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table that may be packed."""
    path = folder / name
    text = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))


def _keep(folder: Path, name: str, wanted: Mapping[str, Collection[str]]) -> list[dict[str, str]]:
    """Keep the rows in which any of these columns holds a wanted value; the file is plain afterwards."""
    before = read_rows_of(folder, name)
    rows = [row for row in before if any(row[column] in values for column, values in wanted.items() if row[column])]
    _write(folder, name, list(before[0]), rows)
    return rows


def _cut_roster(folder: Path, *, units: Collection[str], rooms: Collection[str]) -> None:
    """Keep these units and rooms of each shift, and the shifts that have any left; without any there is no roster."""
    rows = read_rows_of(folder, _ROSTER) if any((folder / name).exists() for name in (_ROSTER, f"{_ROSTER}.gz")) else []
    left = []
    for row in rows:
        unit_ids = [unit_id for unit_id in row["unit_ids"].split() if unit_id in units]
        nodes = [node for node in row.get("rooms", "").split() if node in rooms]
        if unit_ids or nodes:
            left.append(row | {"unit_ids": " ".join(unit_ids), "rooms": " ".join(nodes)})
    for name in (_ROSTER, f"{_ROSTER}.gz"):
        (folder / name).unlink(missing_ok=True)
    if left:
        _write(folder, _ROSTER, list(left[0]), left)


def _write(folder: Path, name: str, columns: list[str], rows: list[dict[str, str]]) -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (folder / f"{name}.gz").unlink(missing_ok=True)
