"""Reading the city's tables: a CSV row or a TOML table in, a checked row out, or one sentence with file and line."""

import csv
import math
import tomllib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from relay.store.errors import CityError

AnyWord = TypeVar("AnyWord", bound=StrEnum)


class CityRow:
    """One row of a table with its place, so that every complaint says where."""

    def __init__(self, path: Path, line: int, cells: dict[str, str]) -> None:
        self._path = path
        self._line = line
        self._cells = cells

    def refuse(self, what: str) -> NoReturn:
        """Raise CityError with the file and line."""
        raise CityError(f"{self._path}, line {self._line}: {what}")

    def text(self, column: str) -> str:
        """Return a cell that must not be empty."""
        value = self._cells[column].strip()
        if not value:
            self.refuse(f"{column} is empty; write a value")
        return value

    def optional(self, column: str) -> str | None:
        """Return a cell, None when it is empty."""
        return self._cells[column].strip() or None

    def word(self, column: str, words: type[AnyWord]) -> AnyWord:
        """Return a member of a closed set."""
        value = self.text(column)
        try:
            return words(value)
        except ValueError:
            self.refuse(f"{column} = {value!r} is not one of {', '.join(words)}")

    def one_of(self, column: str, known: object, kind: str) -> str:
        """Return an id that must exist in ``known``."""
        value = self.text(column)
        if value not in known:  # type: ignore[operator]  # any container of ids
            self.refuse(f"{column} = {value!r} names no {kind}; correct it, or add the {kind}")
        return value

    def place(self) -> tuple[float, float]:
        """Return (lon, lat) in range."""
        return (self._degrees("lon", 180.0), self._degrees("lat", 90.0))

    def _degrees(self, column: str, most: float) -> float:
        value = self.text(column)
        try:
            degrees = float(value)
        except ValueError:
            self.refuse(f"{column} = {value!r} is no number of degrees")
        if not math.isfinite(degrees) or abs(degrees) > most:
            self.refuse(f"{column} = {value} is out of range; WGS-84 degrees lie in -{most:g} to {most:g}")
        return degrees


def read_rows(path: Path, columns: Sequence[str], *, key: Sequence[str]) -> Iterator[CityRow]:
    """Yield the rows of a CSV file with exactly these columns; a repeated key is refused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CityError(f"{path}: cannot be read ({error.strerror}); a city needs this file") from error
    except UnicodeDecodeError as error:
        raise CityError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    reader = csv.reader(text.splitlines())
    header = next(reader, [])
    if header != list(columns):
        raise CityError(f"{path}, line 1: the columns are {','.join(header)}; expected {','.join(columns)}")
    seen: dict[tuple[str, ...], int] = {}
    for cells in reader:
        if not cells:
            continue
        row = CityRow(path, reader.line_num, dict(zip(columns, cells, strict=False)))
        if len(cells) != len(columns):
            row.refuse(f"{len(cells)} cells; expected {len(columns)}")
        its_key = tuple(row.text(column) for column in key)
        if its_key in seen:
            row.refuse(f"{' '.join(its_key)} stands on line {seen[its_key]} already; ids are unique")
        seen[its_key] = reader.line_num
        yield row


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CityError(f"{path}: cannot be read ({error.strerror}); a city needs this file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CityError(f"{path}: no valid TOML: {error}") from error
