"""The city's force as files: shifts.csv (who is on duty, which room is watched) and forces.toml (what each may do).

Both may be missing: then every unit is on duty when it says so, and every kind may be sent to everything.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any, Final

from patrol_wire.ids import NodeName, Severity, UnitId
from relay.core.city import UNCLASSIFIED
from relay.core.city_faults import CityFault
from relay.core.forces import Force, ForceRule, Sight
from relay.core.rosters import DAY, DAYS, Shift
from relay.store.city_rows import CityRow, read_table
from relay.store.city_source import CitySource

_CLOCK: Final = re.compile(r"^([01][0-9]|2[0-3]):([0-5][0-9])$|^24:00$")
FORCES: Final = "forces.toml"
_FORCE_KEYS: Final = ("zh", "en", "families", "unclassified", "gravest", "sees")


def read_shifts(
    source: CitySource, known: Collection[UnitId], rooms: Collection[NodeName], faults: list[CityFault]
) -> tuple[Shift, ...]:
    """Return the roster's lines; every unit and room must be one of the city's, and each line names one of them."""

    def shift(row: CityRow) -> Shift:
        unit_ids = tuple(UnitId(word) for word in (row.optional("unit_ids") or "").split())
        for unit_id in unit_ids:
            if unit_id not in known:
                row.refuse(f"{unit_id} is no unit of units.csv; correct it, or add the unit", column="unit_ids")
        nodes = tuple(NodeName(word) for word in (row.optional("rooms") or "").split())
        for node in nodes:
            if node not in rooms:
                row.refuse(f"{node} is no room of rooms.csv; correct it, or add the room", column="rooms")
        if not unit_ids and not nodes:
            row.refuse("unit_ids is empty; write the units, or in a column rooms the rooms", column="unit_ids")
        return Shift(
            shift_id=row.key("shift_id"),
            unit_ids=unit_ids,
            days=_days(row),
            from_min=_minute(row, "from") % DAY,
            to_min=_minute(row, "to"),
            nodes=nodes,
        )

    columns = ("shift_id", "days", "from", "to", "unit_ids")
    return read_table(source, "shifts.csv", columns, shift, key=("shift_id",), faults=faults, optional=("rooms",))


def _days(row: CityRow) -> tuple[int, ...]:
    words = row.text("days").split()
    if words == ["daily"]:
        return tuple(range(len(DAYS)))
    for word in words:
        if word not in DAYS:
            row.refuse(f"{word!r} is not daily or one of {', '.join(DAYS)}", column="days")
    return tuple(sorted({DAYS.index(word) for word in words}))


def _minute(row: CityRow, column: str) -> int:
    text = row.text(column)
    if _CLOCK.match(text) is None:
        row.refuse(f"{text!r} is no time of day; write it as 08:00, midnight at the end as 24:00", column=column)
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def read_forces(source: CitySource, families: Collection[str], faults: list[CityFault]) -> tuple[ForceRule, ...]:
    """Return what the kinds of force may do; a family that no category has is refused, for it protects nobody."""
    text, title = source.text(FORCES, faults), source.title(FORCES)
    if text is None:
        return ()
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(CityFault(file=title, what=f"no valid TOML: {error}"))
        return ()
    found = []
    for name, table in tables.items():
        try:
            found.append(_force(name, table, families))
        except ValueError as error:
            faults.append(CityFault(file=title, subject=f"[{name}]", what=str(error)))
    return tuple(found)


def _force(name: str, table: Any, families: Collection[str]) -> ForceRule:
    """Return a kind's rule; ValueError with the sentence for whoever wrote it."""
    if name not in list(Force):
        raise ValueError(f"no kind of force; known are {', '.join(Force)}")
    if not isinstance(table, Mapping):
        raise ValueError("must be a table")
    unknown = sorted(set(table) - set(_FORCE_KEYS))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(_FORCE_KEYS)}")
    sent_to = table.get("families")
    if sent_to is not None:
        sent_to = frozenset(_words(sent_to, "families"))
        strange = sorted(sent_to - set(families))
        if strange:
            raise ValueError(f"families: no category of categories.toml has the family {strange[0]!r}")
    unclassified = table.get("unclassified", True)
    if not isinstance(unclassified, bool):
        raise ValueError("unclassified must be true or false")
    if not unclassified and sent_to and UNCLASSIFIED.family in sent_to:
        raise ValueError(
            f"families names {UNCLASSIFIED.family}, and unclassified = false takes it out; keep one of them"
        )
    return ForceRule(
        force=Force(name),
        title_zh=str(table.get("zh", "")),
        title_en=str(table.get("en", "")),
        families=sent_to,
        unclassified=unclassified,
        gravest=Severity(table.get("gravest", Severity.CRITICAL)),
        sees=frozenset(Sight(word) for word in _words(table.get("sees", list(Sight)), "sees")),
    )


def _words(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{where} must be a list of words")
    return value
