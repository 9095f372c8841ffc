"""Reading the city's tables: a CSV row or a TOML table in, a checked row out, or a fault with file, line and column."""

import csv
import io
import math
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from relay.core.city_faults import CityFault
from relay.store.city_source import CitySource
from relay.store.errors import CityError

AnyWord = TypeVar("AnyWord", bound=StrEnum)
Made = TypeVar("Made")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_MOST_LAT: Final = 90.0


class RowRefusedError(ValueError):
    """A row cannot be used; ``fault`` says why."""

    def __init__(self, fault: CityFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class CityRow:
    """One row of a table with its place, so that every complaint says where."""

    def __init__(self, title: str, line: int, cells: dict[str, str]) -> None:
        self._title = title
        self.line = line
        self._cells = cells

    def fault(self, what: str, *, column: str = "", grave: bool = True) -> CityFault:
        """Return a complaint about this row."""
        return CityFault(file=self._title, line=self.line, column=column, what=what, grave=grave)

    def refuse(self, what: str, *, column: str = "") -> NoReturn:
        """Give the row up."""
        raise RowRefusedError(self.fault(what, column=column))

    def text(self, column: str) -> str:
        """Return a cell that must not be empty."""
        value = self._cells.get(column, "").strip()
        if not value:
            self.refuse(f"{column} is empty; write a value", column=column)
        return value

    def optional(self, column: str) -> str | None:
        """Return a cell, None when it is empty or the table has no such column."""
        return self._cells.get(column, "").strip() or None

    def key(self, column: str) -> str:
        """Return an id of the wire's alphabet."""
        value = self.text(column)
        if _ID.match(value) is None:
            self.refuse(f"{column} = {value!r} is no id; write 1 to 64 of a-z 0-9 . _ -", column=column)
        return value

    def word(self, column: str, words: type[AnyWord]) -> AnyWord:
        """Return a member of a closed set."""
        value = self.text(column)
        try:
            return words(value)
        except ValueError:
            self.refuse(f"{column} = {value!r} is not one of {', '.join(words)}", column=column)

    def one_of(self, column: str, known: Collection[Any], kind: str) -> str:
        """Return an id that must exist in ``known``."""
        value = self.text(column)
        if value not in known:
            self.refuse(f"{column} = {value!r} names no {kind}; correct it, or add the {kind}", column=column)
        return value

    def place(self) -> tuple[float, float]:
        """Return (lon, lat) in range."""
        lon, lat = self._degrees("lon"), self._degrees("lat")
        if abs(lat) > _MOST_LAT and abs(lon) <= _MOST_LAT and abs(lat) <= 180.0:
            self.refuse(
                f"lat = {lat:g} is out of range and lon = {lon:g} would be one; longitude and latitude are exchanged",
                column="lat",
            )
        for column, degrees, most in (("lon", lon, 180.0), ("lat", lat, _MOST_LAT)):
            if not math.isfinite(degrees) or abs(degrees) > most:
                what = f"{column} = {degrees:g} is out of range; WGS-84 degrees lie in -{most:g} to {most:g}"
                self.refuse(what, column=column)
        return (lon, lat)

    def _degrees(self, column: str) -> float:
        value = self.text(column)
        try:
            return float(value)
        except ValueError:
            self.refuse(f"{column} = {value!r} is no number of degrees", column=column)


def read_table(
    source: CitySource,
    name: str,
    columns: Sequence[str],
    make: Callable[[CityRow], Made],
    *,
    key: Sequence[str],
    faults: list[CityFault],
    optional: Sequence[str] = (),
) -> tuple[Made, ...]:
    """Return what ``make`` makes of each row; a row it refuses is told in ``faults`` and left out.

    A table has exactly ``columns``, then any of ``optional`` in their order; a repeated key is refused.
    """
    text = source.text(name, faults)
    if text is None:
        return ()
    found: list[Made] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in _rows(text, source.title(name), columns, optional, faults):
        try:
            its_key = tuple(row.key(column) for column in key)
            if its_key in seen:
                row.refuse(f"{' '.join(its_key)} stands on line {seen[its_key]} already; ids are unique", column=key[0])
            seen[its_key] = row.line
            found.append(make(row))
        except RowRefusedError as refused:
            faults.append(refused.fault)
    return tuple(found)


def _rows(
    text: str, title: str, columns: Sequence[str], optional: Sequence[str], faults: list[CityFault]
) -> Iterator[CityRow]:
    # newline="": a quoted cell may hold a line break, and a spreadsheet's CRLF is no part of the last cell.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        extra = header[len(columns) :]
        if header[: len(columns)] != list(columns) or extra != [each for each in optional if each in extra]:
            faults.append(CityFault(file=title, line=1, what=_about_header(header, columns, optional)))
            return
        line = reader.line_num + 1
        for cells in reader:
            row = CityRow(title, line, dict(zip(header, cells, strict=False)))
            line = reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue  # spreadsheets leave rows of commas behind
            if len(cells) != len(header):
                faults.append(row.fault(f"{len(cells)} cells; expected {len(header)}"))
                continue
            yield row
    except csv.Error as error:
        faults.append(CityFault(file=title, line=reader.line_num, what=f"no valid CSV: {error}; close the quotes"))


def _about_header(header: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> str:
    may = f", then {','.join(optional)} if wanted" if optional else ""
    return f"the columns are {','.join(header)}; expected {','.join(columns)}{may}"


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CityError(f"{path}: cannot be read ({error.strerror}); a city needs this file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CityError(f"{path}: no valid TOML: {error}") from error
