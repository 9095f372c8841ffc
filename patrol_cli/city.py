"""``patrol city``: makes the demo city of towns, communities, grids, beats, posts, cameras, rooms, units, people
and their roster.

Owns the files' writing; relay/store/city_files.py reads them. Made once and committed (config/city); made again with
the same seed it gives the same bytes. The large files are shipped packed (.gz).
"""

import csv
import gzip
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli import city_import
from patrol_cli.city_names import CENTRE, CITY, COMMUNITIES, TOWNS
from patrol_cli.outcome import fail

if TYPE_CHECKING:
    from patrol_cli.city_grids import GridPlot
    from patrol_cli.city_plan import Plot

PATROLS_PER_STATION = 20
VIDEO_OPERATORS = 280
OPERATORS_PER_STATION = 2
PACKED = frozenset({"grids.geojson", "units.csv", "people.csv", "shifts.csv"})
"""Files of thousands of lines."""

city = typer.Typer(
    no_args_is_help=True, help="The city's files: make a demo city, import into a running relay, export."
)
Row = tuple[object, ...]


def register(app: typer.Typer) -> None:
    """Add ``patrol city``."""
    city_import.register(city)
    app.add_typer(city, name="city")


@city.command()
def make(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the files; made when it does not exist.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same city.")] = 7,
) -> None:
    """Write a demo city of 16 towns, 235 communities, 7,000 grids of level three and the force that serves them."""
    from patrol_cli.city_plan import plan_city

    files = city_files(plan_city(seed), seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            if name in PACKED:
                (out / f"{name}.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
            else:
                (out / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        fail(f"{out}: cannot write the city's files ({error.strerror}); choose another folder with --out")
    for name, text in files.items():
        packed = ", packed as .gz" if name in PACKED else ""
        typer.echo(f"{out / name}: {len(text.encode()) / 1_000:.0f} kB{packed}")


def city_files(plots: "list[Plot]", seed: int) -> dict[str, str]:
    """Return the text of each file by its name."""
    from random import Random

    from patrol_cli.city_grids import WORKERS, plan_grids, shares
    from patrol_cli.city_roster import COLUMNS, roster

    names = list(COMMUNITIES)
    Random(seed).shuffle(names)  # noqa: S311  # a reproducible deal, not a secret
    numbered = _numbered(plots)
    named = [(plot, town_id, area_id, name) for (plot, town_id, area_id), name in zip(numbered, names, strict=False)]
    sizes = [math.sqrt(plot.size) for plot in plots]  # people live closer together where communities are small
    grids = [
        plan_grids(plot.ring, workers) for plot, workers in zip(plots, shares(sizes, WORKERS, least=12), strict=True)
    ]
    units = _units(named, grids)
    rooms = _rooms(named)
    return {
        "areas.geojson": _areas(named),
        "towns.csv": _csv(("town_id", "name", "name_en", "station", "station_en"), _towns()),
        "beats.csv": _csv(("beat_id", "name", "name_en", "town_id", "area_ids"), _beats(named)),
        "posts.csv": _csv(("post_id", "name", "name_en", "area_id", "lon", "lat"), _posts(named)),
        "rooms.csv": _csv(("node", "title", "title_en", "tier", "town_id", "area_id", "lon", "lat"), rooms),
        "cameras.csv": _csv(("camera", "room", "lon", "lat"), _cameras(named)),
        "grids.geojson": _grids(named, grids),
        "units.csv": _csv(
            (
                *("unit_id", "name", "name_en", "force", "tier", "town_id", "beat_id", "lon", "lat"),
                *("grid_id", "post_id"),
            ),
            units,
        ),
        "people.csv": _csv(("person_id", "title", "role", "unit_id", "room"), _people(units, rooms)),
        "shifts.csv": _csv(
            COLUMNS,
            roster(
                ((str(row[0]), str(row[3]), str(row[5])) for row in units),
                ((str(row[0]), str(row[4]), str(row[5])) for row in rooms),
            ),
        ),
    }


Named = list[tuple["Plot", str, str, tuple[str, str]]]
"""Plot, town id, area id, community name in Chinese and pinyin."""


def _numbered(plots: "list[Plot]") -> list[tuple["Plot", str, str]]:
    counts: dict[int, int] = {}
    found = []
    for plot in plots:
        counts[plot.town] = number = counts.get(plot.town, 0) + 1
        town_id = f"t{plot.town + 1:02d}"
        found.append((plot, town_id, f"{town_id}-c{number:02d}"))
    return found


def _areas(named: Named) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"area_id": area_id, "name": f"{zh}社区", "name_en": en, "town_id": town_id},
            "geometry": {"type": "Polygon", "coordinates": [plot.ring]},
        }
        for plot, town_id, area_id, (zh, en) in named
    ]
    head = json.dumps({"type": "FeatureCollection", "name": CITY[0], "name_en": CITY[1]}, ensure_ascii=False)
    # One community per line: a change of one is one line of a diff.
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    return f'{head[:-1]}, "features": [\n{lines}\n]}}\n'


def _towns() -> list[Row]:
    return [
        (f"t{number:02d}", f"{zh}镇", f"{en} Town", f"{zh}派出所", f"{en} Police Station")
        for number, (zh, en) in enumerate(TOWNS, 1)
    ]


def _beats(named: Named) -> list[Row]:
    rows: list[Row] = []
    for index, (_, town_id, area_id, (zh, en)) in enumerate(named):
        # Every third community is large enough for a second beat.
        rows.extend(
            (f"{area_id}-b{number}", f"{zh}{number}号巡区", f"{en} beat {number}", town_id, area_id)
            for number in ((1, 2) if index % 3 == 0 else (1,))
        )
    return rows


def _rooms(named: Named) -> list[Row]:
    middle = min((plot.room for plot, *_ in named), key=lambda place: math.dist(place, CENTRE))
    rows: list[Row] = [("room-centre", "市视频巡逻中心", "City video patrol centre", "centre", "", "", *middle)]
    first_of: dict[str, Plot] = {}
    for plot, town_id, _, _ in named:
        first_of.setdefault(town_id, plot)
    for number, (zh, en) in enumerate(TOWNS, 1):
        town_id = f"t{number:02d}"
        place = first_of[town_id].room
        rows.append((f"room-{town_id}", f"{zh}派出所视频室", f"{en} station room", "station", town_id, "", *place))
    for plot, town_id, area_id, (zh, en) in named:
        title, title_en = f"{zh}社区视频室", f"{en} community room"
        rows.append((f"room-{area_id}", title, title_en, "community", town_id, area_id, *plot.room))
    return rows


def _cameras(named: Named) -> list[Row]:
    return [
        (f"cam-{number:02d}", f"room-{area_id}", *place)
        for plot, _, area_id, _ in named
        for number, place in enumerate(plot.cameras, 1)
    ]


def _posts(named: Named) -> list[Row]:
    return [
        (f"{area_id}-post{number}", f"{zh}{number}号岗", f"{en} post {number}", area_id, *place)
        for plot, _, area_id, (zh, en) in named
        for number, place in enumerate(plot.patrol_posts, 1)
    ]


def _grids(named: Named, grids: "list[tuple[GridPlot, ...]]") -> str:
    lines = []
    for (_, _, area_id, (zh, en)), groups in zip(named, grids, strict=True):
        for group in groups:
            parent = f"{area_id}-g{group.number:02d}"
            lines.append(
                _grid(group, 2, area_id, parent, (f"{zh}网格{group.number:02d}", f"{en} grid {group.number:02d}"))
            )
            for part in group.parts:
                number = f"{group.number:02d}-{part.number}"
                names = (f"{zh}网格{number}", f"{en} grid {number}")
                lines.append(_grid(part, 3, area_id, f"{parent}-{part.number}", names, parent))
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _grid(
    plot: "GridPlot", level: int, area_id: str, grid_id: str, names: tuple[str, str], parent_id: str | None = None
) -> str:
    properties = {"grid_id": grid_id, "name": names[0], "name_en": names[1], "level": level, "area_id": area_id}
    if parent_id is not None:
        properties["parent_id"] = parent_id
    geometry = {"type": "Polygon", "coordinates": [plot.ring]}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":"))


def _units(named: Named, grids: "list[tuple[GridPlot, ...]]") -> list[Row]:
    rows: list[Row] = []
    posts: dict[str, list[tuple[str, tuple[float, float]]]] = {}
    for plot, town_id, area_id, (zh, en) in named:
        posts.setdefault(town_id, []).extend(
            (f"{area_id}-post{number}", place) for number, place in enumerate(plot.patrol_posts, 1)
        )
        names = (f"{zh}社区巡逻队", f"{en} community patrol")
        beat_id = f"{area_id}-b1"
        rows.append((f"unit-{area_id}", *names, "community_patrol", "community", town_id, beat_id, *plot.room, "", ""))
    for number, (zh, en) in enumerate(TOWNS, 1):
        town_id = f"t{number:02d}"
        for patrol in range(1, PATROLS_PER_STATION + 1):
            names = (f"{zh}巡警{patrol:02d}组", f"{en} police patrol {patrol:02d}")
            post_id, place = posts[town_id][(patrol - 1) % len(posts[town_id])]
            unit_id = f"unit-{town_id}-p{patrol:02d}"
            rows.append((unit_id, *names, "police_patrol", "station", town_id, "", *place, "", post_id))
    for index, ((_, town_id, area_id, (zh, en)), groups) in enumerate(zip(named, grids, strict=True)):
        workers = [(f"{area_id}-g{g.number:02d}-{part.number}", part.middle) for g in groups for part in g.parts]
        for number, (grid_id, place) in enumerate(workers, 1):
            names = (f"{zh}网格员{number:02d}", f"{en} grid worker {number:02d}")
            beat_id = f"{area_id}-b{number % 2 + 1 if index % 3 == 0 else 1}"
            unit_id = f"unit-{area_id}-g{number:02d}"
            rows.append((unit_id, *names, "grid_worker", "community", town_id, beat_id, *place, grid_id, ""))
    return rows


def _people(units: list[Row], rooms: list[Row]) -> list[Row]:
    """Return people by duty number: the demo city names nobody."""
    roles = {"police_patrol": "patrol_officer", "community_patrol": "community_patrol", "grid_worker": "grid_worker"}
    rows: list[Row] = []
    for unit_id, name, _, force, *_ in units:
        members = 2 if force == "community_patrol" else 1
        for nth in range(1, members + 1):
            title = f"{name}{nth}号" if members > 1 else name
            rows.append((f"{unit_id}-{nth}".replace("unit-", "p-u-", 1), title, roles[str(force)], unit_id, ""))
    in_station = {"community": 1, "station": OPERATORS_PER_STATION}
    left = VIDEO_OPERATORS - sum(in_station.get(str(tier), 0) for _, _, _, tier, *_ in rooms)
    for node, title, _, tier, *_ in rooms:
        rows.extend(
            (f"{node}-{nth}".replace("room-", "p-r-", 1), f"{title}{nth}号员", "video_operator", "", node)
            for nth in range(1, in_station.get(str(tier), left) + 1)
        )
    return rows


def _csv(header: tuple[str, ...], rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
