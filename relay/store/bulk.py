"""Statements compiled once and run for many rows: what keeps a burst of records to a few microseconds each.

The statements are SQLAlchemy Core, so both databases get their own text; they are run past it (``raw.py``), because
its parameter processing costs more than SQLite's insert. Rows are tuples in the order of ``columns``.
PostgreSQL gets new rows by COPY and lists as arrays (``bulk_postgresql.py``), which costs a fifth of inserting each.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Row,
    Select,
    Table,
    bindparam,
    column,
    insert,
    select,
    update,
    values,
)
from sqlalchemy.sql.dml import Insert, Update

from relay.store import bulk_postgresql, raw
from relay.store.bulk_postgresql import is_postgresql

AnyRow: TypeAlias = Row[*tuple[Any, ...]] | tuple[Any, ...]
"""A row of any columns, read by position: SQLAlchemy's, or the driver's."""
_CHUNKS: Final = (1, 8, 64, 256, 512)
_ROWS_AT_ONCE: Final = (128, 16)
"""Rows of one insert on SQLite: a sixth cheaper than one by one, and the interpreter is let go for all of them, so that
other threads neither wait for it nor take it away between two rows. Fewer are inserted one by one."""


def _positional(dialect: Dialect) -> Dialect:
    if dialect.positional:
        return dialect
    return type(dialect)(paramstyle="format")  # type: ignore[call-arg]  # every DefaultDialect takes it


class _Compiled:
    """One statement's text per dialect."""

    def __init__(self, statement: Insert | Update, columns: Sequence[str]) -> None:
        self._statement = statement
        self.columns = tuple(columns)
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Run for all rows and return how many rows of the table that concerned; nothing happens for none."""
        if not rows:
            return 0
        if is_postgresql(connection):
            rows = bulk_postgresql.storable(rows)
        return raw.run_many(connection, self._text(connection.dialect), rows)

    def _text(self, dialect: Dialect) -> str:
        text = self._texts.get(dialect.name)
        if text is None:
            compiled = self._statement.compile(dialect=_positional(dialect))
            order = tuple(compiled.positiontup or ())
            if order != self.columns:
                raise RuntimeError(f"{compiled}: parameters in the order {order}, expected {self.columns}")
            text = self._texts[dialect.name] = str(compiled)
        return text


class RunMany(_Compiled):
    """Any insert or update; ``columns`` names its bind parameters in the order in which they stand in its text."""


class InsertMany(_Compiled):
    """Insert rows with all columns of a table, in the table's order, but those that are left to their default.

    ``without`` names these: a value that is handed over costs as much as storing it.
    """

    def __init__(self, table: Table, *, without: Collection[str] = ()) -> None:
        names = [column.name for column in table.columns if column.name not in without]
        if len(names) != len(table.columns) - len(without):
            raise ValueError(f"{table.name} has not all of the columns {', '.join(without)}")
        super().__init__(insert(table).values({name: bindparam(name) for name in names}), names)
        self._table = table
        self._marks = f"({', '.join('?' * len(names))})"

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Insert all rows and return their number; nothing happens for none."""
        if rows and is_postgresql(connection):
            bulk_postgresql.copy_in(connection, self._table, self.columns, rows)
            return len(rows)
        at = 0
        for size in _ROWS_AT_ONCE:
            while len(rows) - at >= size:
                values = tuple(chain.from_iterable(rows[at : at + size]))
                raw.run(connection, self._text_of_rows(connection.dialect, size), values)
                at += size
        super().run(connection, rows[at:])
        return len(rows)

    def _text_of_rows(self, dialect: Dialect, size: int) -> str:
        """Return the text that inserts so many rows at once; SQLite's alone, and its placeholders are marks."""
        text = self._texts.get(f"{dialect.name} {size}")
        if text is None:
            one = self._text(dialect)
            if not one.endswith(self._marks):
                raise RuntimeError(f"{one}: does not end with {self._marks}")
            text = self._texts[f"{dialect.name} {size}"] = one + f", {self._marks}" * (size - 1)
        return text


class UpdateMany(_Compiled):
    """Set columns of the rows with a given key; a row is the new values, then the key's values."""

    def __init__(self, table: Table, *, changed: Sequence[str], key: Sequence[str]) -> None:
        statement = update(table).values({name: bindparam(f"new_{name}") for name in changed})
        for name in key:
            statement = statement.where(table.c[name] == bindparam(f"key_{name}"))
        super().__init__(statement, [*(f"new_{name}" for name in changed), *(f"key_{name}" for name in key)])


class SelectRows:
    """Read with a query as it is; ``parameters`` names its bind parameters in the order in which they stand."""

    def __init__(self, query: Select[*tuple[Any, ...]], parameters: Sequence[str] = ()) -> None:
        self._query = query
        self._parameters = tuple(parameters)
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, *values: Any) -> raw.Rows:
        """Return the rows."""
        return raw.fetch(connection, self._text(connection.dialect), values)

    def _text(self, dialect: Dialect) -> str:
        text = self._texts.get(dialect.name)
        if text is None:
            compiled = self._query.compile(dialect=_positional(dialect))
            order = tuple(compiled.positiontup or ())
            if order != self._parameters:
                raise RuntimeError(f"{compiled}: parameters in the order {order}, expected {self._parameters}")
            text = self._texts[dialect.name] = str(compiled)
        return text


class SelectIn:
    """Read the rows whose column is one of many values, a few hundred values at a time."""

    def __init__(
        self, query: Select[*tuple[Any, ...]], column: ColumnElement[Any], *, first: Sequence[str] = ()
    ) -> None:
        """``first`` names bind parameters of the query that stand before the values (one value each per call)."""
        self._query = query
        self._column = column
        self._first = tuple(first)
        self._texts: dict[tuple[str, int], str] = {}

    def run(
        self, connection: Connection, values: Iterable[Any], *, first: tuple[Any, ...] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows; values that occur twice are asked once."""
        left = list(dict.fromkeys(values))
        if is_postgresql(connection):
            if left:
                yield from raw.fetch(connection, self._array_text(connection.dialect), (*first, left))
            return
        while left:
            size = next((chunk for chunk in _CHUNKS if chunk >= len(left)), _CHUNKS[-1])
            asked, left = left[:size], left[size:]
            # Padding with the last value lets a handful of statement texts serve every count.
            asked += asked[-1:] * (size - len(asked))
            yield from raw.fetch(connection, self._text(connection.dialect, size), (*first, *asked))

    def _text(self, dialect: Dialect, size: int) -> str:
        text = self._texts.get((dialect.name, size))
        if text is None:
            names = [f"value_{position}" for position in range(size)]
            query = self._query.where(self._column.in_([bindparam(name) for name in names]))
            compiled = query.compile(dialect=_positional(dialect))
            order = tuple(compiled.positiontup or ())
            if order != (*self._first, *names):
                raise RuntimeError(f"{compiled}: parameters in the order {order[:6]}, expected {self._first} first")
            text = self._texts[(dialect.name, size)] = str(compiled)
        return text

    def _array_text(self, dialect: Dialect) -> str:
        text = self._texts.get((dialect.name, 0))
        if text is None:
            query = self._query.where(self._column == bulk_postgresql.any_of(self._column.type))
            compiled = query.compile(dialect=_positional(dialect))
            order = tuple(compiled.positiontup or ())
            if order != (*self._first, bulk_postgresql.VALUES):
                raise RuntimeError(f"{compiled}: parameters in the order {order[:6]}, expected {self._first} first")
            text = self._texts[(dialect.name, 0)] = str(compiled)
        return text


class SelectPairs:
    """Read the rows of a table whose two key columns are one of many pairs, a few hundred pairs at a time.

    A join with the list of pairs: SQLite scans the whole table for ``(a, b) IN (VALUES ...)``, and uses its index here.
    """

    def __init__(self, table: Table, *, key: tuple[str, str], columns: Sequence[str]) -> None:
        self._table = table
        self._key = key
        self._columns = tuple(columns)
        self._texts: dict[tuple[str, int], str] = {}

    def run(self, connection: Connection, pairs: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows; one may come more than once."""
        left = list(pairs)
        if is_postgresql(connection):
            if left:
                arrays = tuple(list(side) for side in zip(*left, strict=True))
                yield from raw.fetch(connection, self._array_text(connection.dialect), arrays)
            return
        while left:
            size = next((chunk for chunk in _CHUNKS if chunk >= len(left)), _CHUNKS[-1])
            asked, left = left[:size], left[size:]
            asked += asked[-1:] * (size - len(asked))
            flat = tuple(value for pair in asked for value in pair)
            yield from raw.fetch(connection, self._text(connection.dialect, size), flat)

    def _text(self, dialect: Dialect, size: int) -> str:
        text = self._texts.get((dialect.name, size))
        if text is None:
            one, other = (self._table.c[name] for name in self._key)
            names = [(f"first_{number}", f"second_{number}") for number in range(size)]
            wanted = (
                values(column("one", one.type), column("other", other.type), name="wanted")
                .data(
                    [(bindparam(first, type_=one.type), bindparam(second, type_=other.type)) for first, second in names]
                )
                .cte("wanted")
            )
            query = select(*(self._table.c[name] for name in self._columns)).join(
                wanted, (one == wanted.c.one) & (other == wanted.c.other)
            )
            compiled = query.compile(dialect=_positional(dialect))
            order = tuple(compiled.positiontup or ())
            if order != tuple(name for pair in names for name in pair):
                raise RuntimeError(f"{compiled}: parameters in the order {order[:6]}")
            text = self._texts[(dialect.name, size)] = str(compiled)
        return text

    def _array_text(self, dialect: Dialect) -> str:
        text = self._texts.get((dialect.name, 0))
        if text is None:
            one, other = (self._table.c[name] for name in self._key)
            wanted = bulk_postgresql.pairs(one.type, other.type)
            query = select(*(self._table.c[name] for name in self._columns)).join(
                wanted, (one == wanted.c.one) & (other == wanted.c.other)
            )
            compiled = query.compile(dialect=_positional(dialect))
            order = tuple(compiled.positiontup or ())
            if order != bulk_postgresql.PAIR:
                raise RuntimeError(f"{compiled}: parameters in the order {order}, expected {bulk_postgresql.PAIR}")
            text = self._texts[(dialect.name, 0)] = str(compiled)
        return text
