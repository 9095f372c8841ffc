"""``patrol city``: makes the demo city of towns, communities, beats, cameras, rooms and units.

Owns the files' writing; relay/store/city_files.py reads them. Made once and committed (config/city); made again with
the same seed it gives the same bytes.
"""

import csv
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.city_names import CENTRE, CITY, COMMUNITIES, TOWNS
from patrol_cli.outcome import fail

if TYPE_CHECKING:
    from patrol_cli.city_plan import Plot

PATROLS_PER_STATION = 20

city = typer.Typer(no_args_is_help=True, help="Make a demo city's files.")
Row = tuple[object, ...]


def register(app: typer.Typer) -> None:
    """Add ``patrol city``."""
    app.add_typer(city, name="city")


@city.callback()
def _group() -> None:
    """Keep ``patrol city make`` a group while it has one command."""


@city.command()
def make(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the files; made when it does not exist.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same city.")] = 7,
) -> None:
    """Write a demo city of 16 towns and 235 communities."""
    from patrol_cli.city_plan import plan_city

    files = city_files(plan_city(seed), seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        fail(f"{out}: cannot write the city's files ({error.strerror}); choose another folder with --out")
    for name, text in files.items():
        typer.echo(f"{out / name}: {len(text.encode()) / 1_000:.0f} kB")


def city_files(plots: "list[Plot]", seed: int) -> dict[str, str]:
    """Return the text of each file by its name."""
    from random import Random

    names = list(COMMUNITIES)
    Random(seed).shuffle(names)  # noqa: S311  # a reproducible deal, not a secret
    numbered = _numbered(plots)
    named = [(plot, town_id, area_id, name) for (plot, town_id, area_id), name in zip(numbered, names, strict=False)]
    return {
        "areas.geojson": _areas(named),
        "towns.csv": _csv(("town_id", "name", "name_en", "station", "station_en"), _towns()),
        "beats.csv": _csv(("beat_id", "name", "name_en", "town_id", "area_ids"), _beats(named)),
        "rooms.csv": _csv(("node", "title", "title_en", "tier", "town_id", "area_id", "lon", "lat"), _rooms(named)),
        "cameras.csv": _csv(("camera", "room", "lon", "lat"), _cameras(named)),
        "units.csv": _csv(
            ("unit_id", "name", "name_en", "force", "tier", "town_id", "beat_id", "lon", "lat"), _units(named)
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


def _units(named: Named) -> list[Row]:
    rows: list[Row] = []
    posts: dict[str, list[tuple[float, float]]] = {}
    for plot, town_id, area_id, (zh, en) in named:
        posts.setdefault(town_id, []).extend(plot.patrol_posts)
        names = (f"{zh}社区巡逻队", f"{en} community patrol")
        rows.append((f"unit-{area_id}", *names, "community_patrol", "community", town_id, f"{area_id}-b1", *plot.room))
    for number, (zh, en) in enumerate(TOWNS, 1):
        town_id = f"t{number:02d}"
        for patrol in range(1, PATROLS_PER_STATION + 1):
            names = (f"{zh}巡警{patrol:02d}组", f"{en} police patrol {patrol:02d}")
            place = posts[town_id][(patrol - 1) % len(posts[town_id])]
            rows.append((f"unit-{town_id}-p{patrol:02d}", *names, "police_patrol", "station", town_id, "", *place))
    return rows


def _csv(header: tuple[str, ...], rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
