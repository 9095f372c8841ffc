"""What ``patrol check`` finds out about one file or folder: what it is, and whether a program could use it.

Starts nothing and changes nothing. Each check returns a line for people; what cannot be used raises FileRefusedError
with the sentence of the program that would refuse it.
"""

import stat
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final


class FileRefusedError(ValueError):
    """A file that cannot be used: one sentence saying what, where and what to do."""


class FileKind(StrEnum):
    """What a checked path is."""

    ROOM = "room"
    RELAY = "relay"
    CITY = "city"
    CATEGORIES = "categories"
    FORCES = "forces"
    LEVELS = "levels"
    KEY = "key"
    PEERS = "peers"
    MODELS = "models"
    UNKNOWN = "unknown"


_ROOM_TABLES: Final = frozenset({"room", "console", "detector", "outbox", "evidence", "health", "camera"})
_RELAY_TABLES: Final = frozenset(
    {"database", "keys", "gates", "web", "city", "escalation", "folding", "clocks", "presence"}
)
if TYPE_CHECKING:
    from relay.core.city import City
    from relay.core.city_faults import CityFault
    from relay.gate.peers import ListedPeer

_CITY_FILES: Final = frozenset(
    {
        *("areas.geojson", "towns.csv", "beats.csv", "rooms.csv", "units.csv", "cameras.csv"),
        *("grids.geojson", "posts.csv", "people.csv", "shifts.csv"),
        *("grids.geojson.gz", "units.csv.gz", "people.csv.gz", "shifts.csv.gz"),
    }
)
_BY_NAME: Final = {
    "categories.toml": FileKind.CATEGORIES,
    "forces.toml": FileKind.FORCES,
    "levels.toml": FileKind.LEVELS,
}
_KEYS_SAID: Final = 5
_OTHERS_MAY_READ: Final = stat.S_IRWXO
"""A group may: under systemd the key belongs to root and the service's group."""


def kind_of(path: Path) -> FileKind:
    """Tell what a path is, by its name or by the tables in it; raises FileRefusedError where it cannot be read."""
    if path.is_dir() or path.name in _CITY_FILES:
        return FileKind.CITY
    if path.suffix in (".key", ".pub"):
        return FileKind.KEY
    if path.suffix != ".toml":
        return FileKind.UNKNOWN
    tables = _tables(path)
    if path.name in _BY_NAME:
        return _BY_NAME[path.name]
    for table, kind in (("peer", FileKind.PEERS), ("model", FileKind.MODELS), ("public_key", FileKind.KEY)):
        if table in tables:
            return kind
    room, relay = tables.keys() & _ROOM_TABLES, tables.keys() & _RELAY_TABLES
    own = tables.get("relay")
    if isinstance(own, dict):  # both have a table of this name: a room's says where the relay is
        (room if own.keys() & {"endpoints", "public_key", "key_file"} else relay).add("relay")
    if room and relay and room != relay:
        raise FileRefusedError(
            f"{path}: has tables of a room ({', '.join(sorted(room))}) and of a relay ({', '.join(sorted(relay))}); "
            "keep each program's configuration in its own file"
        )
    if room or relay:
        return FileKind.ROOM if room else FileKind.RELAY
    if path.name == "peers.toml" and not tables:
        return FileKind.PEERS
    return FileKind.UNKNOWN


def check(path: Path) -> tuple[FileKind, str]:
    """Return what the path is and one line that says why it is usable; raises FileRefusedError."""
    if not path.exists():
        raise FileRefusedError(f"{path}: there is no such file or folder; check the path")
    kind = kind_of(path)
    if kind is FileKind.UNKNOWN:
        raise FileRefusedError(
            f"{path}: is no file this program knows; give a room's or relay's TOML, a city folder, a key file, "
            "peers.toml, categories.toml, forces.toml, levels.toml or a model manifest"
        )
    return kind, _CHECKS[kind](path)


def _tables(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise FileRefusedError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise FileRefusedError(f"{path}: is not valid TOML: {error}; mend that line") from error
    except OSError as error:
        raise FileRefusedError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _room(path: Path) -> str:
    from edge_agent.app import program
    from edge_agent.app.prepared import START_ERRORS

    try:
        settings = program.check(path)
    except START_ERRORS as error:
        raise FileRefusedError(_with_file(path, error)) from error
    rules = sum(len(camera.rules) for camera in settings.cameras)
    relay = "works alone" if settings.relay is None else f"reports to {settings.relay.endpoints[0]}"
    return (
        f"room {settings.room.name}, {len(settings.cameras)} cameras, {rules} rules, "
        f"detector {settings.detector.kind}, {relay}"
    )


def _relay(path: Path) -> str:
    from patrol_wire.keys import KeyFileError
    from relay.gate.peers import read_peers
    from relay.gate.relay_key import read_keys
    from relay.settings.errors import SettingsError
    from relay.settings.token_file import read_token
    from relay.settings.toml_file import load_settings
    from relay.store.city_files import load_city
    from relay.store.errors import CityError

    try:
        settings = load_settings(path)
        read_token(settings)
        read_keys(settings.keys.key_file)
        peers = read_peers(settings.keys.peers_file)
        city = load_city(settings.city.dir, time_zone=settings.relay.time_zone)
    except (SettingsError, KeyFileError, CityError) as error:
        raise FileRefusedError(_with_file(path, error)) from error
    return (
        f"relay {settings.relay.name}, city {city.name} with {len(city.areas)} areas and {len(city.units)} units, "
        f"{len(peers)} peers, page on http://{settings.web.host}:{settings.web.port}/{_strangers(peers.values(), city)}"
    )


def _strangers(peers: Collection["ListedPeer"], city: "City") -> str:
    """Return what to look at: who has a key and is not in the city's files."""
    from patrol_wire.ids import Role
    from patrol_wire.keys import KeyState

    lines: list[str] = []
    for role, known, missing in (
        (Role.ROOM, city.room_by_node, "no room of rooms.csv, so what it tells without a place counts as unmapped"),
        (Role.TERMINAL, city.unit_by_id, "no unit of units.csv, so it is never asked"),
    ):
        held = {peer.node for peer in peers if peer.role is role and peer.state is not KeyState.REVOKED}
        names = sorted(held - known.keys())
        if names:
            more = f" and {len(names) - _KEYS_SAID} more" if len(names) > _KEYS_SAID else ""
            shown = ", ".join(names[:_KEYS_SAID]) + more
            lines.append(f"\n  look at: {shown} of peers.toml: {missing}; add it, or revoke its key")
    return "".join(lines)


def check_together(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return what is wrong between usable relay files: those on one database must tell the same receivers."""
    from relay.settings.shared import on_one_database, unequal
    from relay.settings.toml_file import load_settings

    relays = [(path, load_settings(path)) for path in paths]
    found = []
    for number, (path, settings) in enumerate(relays):
        for before, other in relays[:number]:
            keys = unequal(other, settings) if on_one_database(other, settings) else ()
            if keys:
                more = f" and {len(keys) - _KEYS_SAID} more" if len(keys) > _KEYS_SAID else ""
                said = ", ".join(keys[:_KEYS_SAID]) + more
                text = (
                    f"{path}: differs from {before}, a relay on the same database, in {said}; "
                    "whichever sends a page drops what only the other knows: make [channels] and [cap] the same in both"
                )
                found.append((path, text))
    return found


def _city(path: Path) -> str:
    from relay.store.city_files import city_categories, read_city
    from relay.store.city_source import read_folder
    from relay.store.errors import CityError

    folder = path if path.is_dir() else path.parent
    faults: list[CityFault] = []
    try:
        draft = read_city(read_folder(folder, faults), categories=city_categories(folder), time_zone="UTC")
    except CityError as error:
        raise FileRefusedError(str(error)) from error
    told = [*faults, *draft.faults]
    if any(fault.grave for fault in told):
        raise FileRefusedError("\n".join(str(fault) for fault in told if fault.grave))
    city = draft.city
    doubts = "".join(f"\n  look at: {fault}" for fault in told)
    return (
        f"city {city.name}: {len(city.towns)} towns, {len(city.areas)} areas, {len(city.grids)} grids, "
        f"{len(city.beats)} beats, {len(city.posts)} posts, {len(city.rooms)} rooms, {len(city.units)} units, "
        f"{len(city.people)} people, {len(city.shifts)} shifts, {len(draft.cameras)} cameras, "
        f"{len(city.categories)} categories{doubts}"
    )


def _forces(path: Path) -> str:
    from relay.core.forces import Force
    from relay.core.unsent import unsent
    from relay.store.city_files import city_categories
    from relay.store.city_force import read_forces
    from relay.store.city_source import CitySource
    from relay.store.errors import CityError

    faults: list[CityFault] = []
    try:
        categories = city_categories(path.parent)
        families = {each.family for each in categories}
        source = CitySource(files={path.name: path.read_bytes()}, folder=path.parent)
    except (CityError, OSError) as error:
        raise FileRefusedError(_with_file(path, error)) from error
    found = read_forces(source, families, faults)
    if faults:
        raise FileRefusedError("\n".join(str(fault) for fault in faults))
    doubts = "".join(f"\n  look at: {path}: {what}" for what in unsent(found, categories, frozenset(Force)))
    return f"{len(found)} kinds of force: {', '.join(rule.force.value for rule in found)}{doubts}"


def _categories(path: Path) -> str:
    from relay.store.city_files import read_categories
    from relay.store.errors import CityError

    try:
        found = read_categories(path)
    except CityError as error:
        raise FileRefusedError(str(error)) from error
    return f"{len(found)} categories in {len({each.family for each in found})} families"


def _levels(path: Path) -> str:
    from relay.store.city_files import read_index_rule
    from relay.store.errors import CityError

    try:
        index = read_index_rule(path)
    except CityError as error:
        raise FileRefusedError(str(error)) from error
    rule = index.rule
    return f"index of {index.measure}: blue from {rule.blue_from:g}, orange {rule.orange_from:g}, red {rule.red_from:g}"


def _key(path: Path) -> str:
    from patrol_cli.key_files import read_key_file
    from patrol_wire.keys import KeyFileError

    try:
        pair = read_key_file(path)
        readable = path.stat().st_mode & _OTHERS_MAY_READ
    except (KeyFileError, OSError) as error:
        raise FileRefusedError(str(error)) from error
    if pair.secret_key is None:
        return f"public key of {pair.node}"
    if readable:
        raise FileRefusedError(f"{path}: everybody may read this secret key; run: chmod o= {path}")
    return f"secret key of {pair.node}"


def _peers(path: Path) -> str:
    from patrol_cli.key_files import read_peer_list
    from patrol_wire.keys import KeyFileError, KeyState

    try:
        peers = read_peer_list(path)
    except KeyFileError as error:
        raise FileRefusedError(str(error)) from error
    count = {state: sum(peer.state is state for peer in peers) for state in KeyState}
    return ", ".join(f"{number} {state}" for state, number in count.items())


def _models(path: Path) -> str:
    from edge_agent.detect.errors import ModelError
    from edge_agent.detect.manifest import load_catalogue, verified_file

    folder = path.parent
    try:
        catalogue = load_catalogue(folder)
        there = [entry for entry in catalogue.entries if (folder / entry.file).exists()]
        for entry in there:
            verified_file(entry, folder)
    except ModelError as error:
        raise FileRefusedError(str(error)) from error
    missing = [entry.name for entry in catalogue.entries if entry not in there]
    names = ", ".join(entry.name for entry in there) or "none"
    return f"{len(catalogue.entries)} models catalogued; whole: {names}; not fetched: {', '.join(missing) or 'none'}"


def _with_file(path: Path, error: Exception) -> str:
    """Name the checked file where the sentence names only what it refers to."""
    text = str(error)
    return text if str(path) in text else f"{path}: {text}"


_CHECKS: Final[Mapping[FileKind, Callable[[Path], str]]] = {
    FileKind.ROOM: _room,
    FileKind.RELAY: _relay,
    FileKind.CITY: _city,
    FileKind.CATEGORIES: _categories,
    FileKind.FORCES: _forces,
    FileKind.LEVELS: _levels,
    FileKind.KEY: _key,
    FileKind.PEERS: _peers,
    FileKind.MODELS: _models,
}
