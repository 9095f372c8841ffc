"""The TypeScript types of both programs' APIs, made from their OpenAPI; the pages are checked against them.

python -m tests.support.api_types      write patrol_web/ts/api/room.d.ts and relay.d.ts anew
"""

import json
import tempfile
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from prometheus_client import CollectorRegistry
from sqlalchemy import create_engine

from edge_agent.console.app import make_console
from edge_agent.console.city_map import MapShape
from edge_agent.console.desk import OperatorDesk
from edge_agent.console.drawing_routes import DrawingParts
from edge_agent.console.live_parts import LiveFigures
from edge_agent.console.live_room import LiveRoom
from edge_agent.console.room import Room
from edge_agent.console.shapes import WallShape
from edge_agent.console.watch_desk import WatchDesk
from edge_agent.console.watch_routes import WatchParts
from edge_agent.outbox.store import Outbox
from patrol_web.bundling import KIT, bring_up_to_date, run_node
from relay.core.city_now import CityNow
from relay.core.commands import DeskBusyError
from relay.core.field import CommitProgress
from relay.ops.clock import MachineClock
from relay.web.app import make_desk
from relay.web.parts import DeskParts, RelayHealth
from tests.support.small_city import small_city

_NO_WALL: Final = WallShape(room="", time_zone="UTC", language="en", kinds=[], cameras=[], sets=[])
PLACE: Final = KIT / "ts" / "api"
_HEAD: Final = "// Made by `python -m tests.support.api_types` from the OpenAPI of the {}; do not edit.\n\n"


def _never(_command: object) -> NoReturn:
    raise DeskBusyError("nothing is asked here")


def descriptions() -> dict[str, dict[str, Any]]:
    """Return the OpenAPI document of each program by its name."""
    # Describing the API asks nothing of the room or the desk behind it.
    nobody, nothing = cast("Room", None), cast("OperatorDesk", None)
    no_watch = WatchParts(
        desk=cast("WatchDesk", None), outbox=cast("Outbox", None), room=nobody, sets=(), rest_after_s=0.0
    )
    unwatched = LiveRoom({}, figures=cast("LiveFigures", None), instant=lambda: 0.0)
    room = make_console(
        nobody,
        nothing,
        unwatched,
        no_watch,
        cast("DrawingParts", None),
        camera_places={},
        wall=lambda: _NO_WALL,
        city_map=MapShape(areas=[], room=None, cameras=[]),
        registry=CollectorRegistry(),
        token=None,
        version="types",
    )
    relay = make_desk(
        DeskParts(
            reader=create_engine("sqlite://"),
            submit=_never,
            cities=CityNow(small_city()),
            clock=MachineClock(),
            progress=lambda: CommitProgress(commits=0, last_commit_us=0),
            health=lambda: RelayHealth(parts={}, gates_running={}),
            name="centre",
            language="en",
            token=None,
        )
    )
    # The shapes alone: a page names its few paths itself, and the types of all paths are three times as long.
    return {name: {**app.openapi(), "paths": {}} for name, app in (("room", room), ("relay", relay))}


def types_of(program: str, description: dict[str, Any]) -> str:
    """Return the TypeScript of one API; raises BundlingError when the generator fails."""
    generator = KIT / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    with tempfile.TemporaryDirectory() as folder:
        asked, made = Path(folder) / "openapi.json", Path(folder) / "types.d.ts"
        asked.write_text(json.dumps(description), encoding="utf-8")
        run_node(generator, [str(asked), "--output", str(made)])
        text = made.read_text(encoding="utf-8")
    return _HEAD.format(program) + text.split("*/\n", 1)[1].lstrip()


def main() -> None:
    """Write both files."""
    bring_up_to_date(tools_for_checks=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    for program, description in descriptions().items():
        (PLACE / f"{program}.d.ts").write_text(types_of(program, description), encoding="utf-8")


if __name__ == "__main__":
    main()
