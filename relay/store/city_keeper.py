"""Imports of the city: what a set of files would change, and the versions there are.

Reads only; the writer stores a version in the transaction that also enrols its units and rooms (``CityChange``).
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import Connection, Engine, select

from relay.core.city import Category, City
from relay.core.city_changes import KindChanges, changes_of, compare, roster_effects, shortly
from relay.core.city_faults import CityFault
from relay.core.city_now import FOLDER, CityNow
from relay.store import city_versions
from relay.store.city_files import CityDraft, city_categories, read_city
from relay.store.city_places import GCJ02_TOLD, moved_as_gcj02
from relay.store.city_source import CitySource, name_of, read_file, read_folder, unpacked
from relay.store.city_tables import CameraSpec, CityTables
from relay.store.tables import dispatch, incident

_RULES: Final = "forces.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class CityChange:
    """What the writer is asked to put in force."""

    city: City
    files: bytes
    """ZIP of the whole city."""
    before: bytes
    """ZIP of the city it takes the place of: stored as version 1 when that came from the folder."""
    expected: int
    """The version it was compared with; another one in force by now: refused."""
    author: str
    note: str


@dataclass(frozen=True, slots=True)
class CityChanged:
    """It is in force with this number."""

    version: int


@dataclass(frozen=True, slots=True)
class CityRefused:
    """Nothing was changed."""

    reason: str


CityOutcome: TypeAlias = CityChanged | CityRefused
SubmitCity: TypeAlias = "Callable[[CityChange], Future[CityOutcome]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPreview:
    """What an import would do; it can be done when no fault is grave."""

    version: int
    """The version it was compared with."""
    changes: Mapping[str, KindChanges] = field(default_factory=dict)
    faults: tuple[CityFault, ...] = ()
    effects: tuple[str, ...] = ()
    """What it means for work that is going on."""
    city: City | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Tell whether it may be imported."""
        return self.city is not None and not any(fault.grave for fault in self.faults)


class CityKeeper:
    """May be asked from any thread; each call blocks on files and the store (a whole city: about a second)."""

    def __init__(self, *, folder: Path, time_zone: str) -> None:
        """``folder`` holds the categories, and the city until something is imported; raises CityError."""
        self._folder = folder
        self._time_zone = time_zone
        self._categories: tuple[Category, ...] = city_categories(folder)
        rules = read_file(folder, _RULES, [])
        self._rules = {_RULES: rules} if rules is not None else {}
        """What holds for a city whose files do not say it: versions from before it was one of them."""

    def stored(self, connection: Connection, *, above: int = FOLDER) -> tuple[City, int] | None:
        """Return the newest imported city and its number; None when nothing newer than ``above`` was imported."""
        version = city_versions.head(connection)
        if version <= above:
            return None
        content = city_versions.packed(connection, version)
        if content is None:
            raise ValueError(f"the store lost version {version} of the city; import an export of it again")
        source = CitySource(files=city_versions.unpack(content))
        return self._read(source).city, version

    def preview(
        self, reader: Engine, cities: CityNow, given: Mapping[str, bytes], *, whole: bool = False
    ) -> CityPreview:
        """Compare the city in force with itself plus the given files; each takes the place of the file of its kind.

        ``whole``: the files are all there is; what is not among them goes. Blocks.
        """
        now = cities.in_force
        faults: list[CityFault] = []
        files, titles = _gathered(given, faults)
        preview = CityPreview(version=now.version, faults=tuple(faults))
        if not files:
            return preview
        present = self.files(reader, now.version)
        merged = files if whole else {**present, **files}
        source = CitySource(files=merged, titles=titles)
        draft = self._read(source)
        faults.extend(draft.faults)
        shifted = moved_as_gcj02(now.city, draft.city)
        faults.extend(CityFault(file=source.title(name), what=GCJ02_TOLD) for name in shifted if name in files)
        changes = dict(compare(now.city, draft.city))
        cameras = changes_of(_cameras(present, now.city), _by_name(draft.cameras))
        if cameras:
            changes["cameras"] = cameras
        with reader.connect() as connection:
            effects = (*_effects(connection, changes), *roster_effects(now.city, draft.city))
        return replace(
            preview,
            changes=changes,
            faults=tuple(dict.fromkeys(faults)),
            effects=effects,
            city=draft.city,
            files=merged,
        )

    def change(self, reader: Engine, preview: CityPreview, *, author: str, note: str) -> CityChange:
        """Return the order for the writer; the preview is usable."""
        if preview.city is None:
            raise ValueError("a preview without a city cannot be imported")
        return CityChange(
            city=preview.city,
            files=city_versions.pack(preview.files),
            before=city_versions.pack(self.files(reader, preview.version)),
            expected=preview.version,
            author=author,
            note=note,
        )

    def files(self, reader: Engine, version: int) -> dict[str, bytes]:
        """Return the files of a version (0: of the folder); empty for one that never was."""
        if version == FOLDER:
            return dict(read_folder(self._folder, []).files)
        with reader.connect() as connection:
            content = city_versions.packed(connection, version)
        return city_versions.unpack(content) if content is not None else {}

    def _read(self, source: CitySource) -> CityDraft:
        source = replace(source, files={**self._rules, **source.files})
        return read_city(source, categories=self._categories, time_zone=self._time_zone)


def _gathered(given: Mapping[str, bytes], faults: list[CityFault]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return files by the kind they are, and what each was called; a ZIP counts as the files in it."""
    found: dict[str, bytes] = {}
    titles: dict[str, str] = {}
    for title, content in given.items():
        try:
            parts = city_versions.unpack(content) if content.startswith(b"PK") else {title: content}
            for part, packed in parts.items():
                plain = unpacked(packed)
                name = name_of(part, plain)
                if name is None:
                    what = "is none of the city's files; name it as docs/reference/city.md does, such as units.csv"
                    faults.append(CityFault(file=part, what=what))
                elif name in found:
                    faults.append(CityFault(file=part, what=f"is {name}, as {titles[name]} is; give one of them"))
                else:
                    found[name], titles[name] = plain, part
        except ValueError as error:
            faults.append(CityFault(file=title, what=f"cannot be used: {error}"))
    return found, titles


def _cameras(files: Mapping[str, bytes], city: City) -> dict[str, CameraSpec]:
    return _by_name(CityTables(CitySource(files=files), city.towns, city.areas, []).cameras(city.rooms))


def _by_name(cameras: Iterable[CameraSpec]) -> dict[str, CameraSpec]:
    return {f"{each.room}/{each.camera}": each for each in cameras}


def _effects(connection: Connection, changes: Mapping[str, KindChanges]) -> tuple[str, ...]:
    gone_areas = changes.get("areas", KindChanges()).removed
    gone_units = changes.get("units", KindChanges()).removed
    said: list[str] = []
    if gone_areas:
        open_there = select(incident.c.area_id).where(incident.c.is_open)
        here = sorted({area for area in connection.execute(open_there).scalars() if area in set(gone_areas)})
        if here:
            said.append(
                f"open incidents keep the removed areas {shortly(here)}: they stay open and are asked of the whole city"
            )
    if gone_units:
        at_work = select(dispatch.c.unit_id).where(dispatch.c.ended_us.is_(None))
        busy = sorted({unit for unit in connection.execute(at_work).scalars() if unit in set(gone_units)})
        if busy:
            said.append(
                f"the removed units {shortly(busy)} have open dispatches: those go on, new ones are not offered"
            )
    return tuple(said)
