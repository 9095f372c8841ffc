"""Puts the technicians' side of the console together: drawings, previews, what-ifs."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from edge_agent.app.drawn_room import RoomDrawings
from edge_agent.app.seen_log import SeenLog
from edge_agent.console.drawing_desk import DrawingDesk
from edge_agent.console.drawing_previews import Previews
from edge_agent.console.drawing_routes import DrawingParts
from edge_agent.console.technicians import Technicians
from edge_agent.console.what_if_runs import WhatIfRuns
from edge_agent.detect.picture_seen import read_seen
from edge_agent.ops.clock import Clock
from edge_agent.settings.drawing_book import DrawingBook
from edge_agent.settings.model import AgentSettings


def make_drawings(settings: AgentSettings, *, room: RoomDrawings, seen: SeenLog, clock: Clock) -> DrawingParts:
    """Return what the routes of the drawings need; raises SettingsError for an unusable technicians file."""
    time_zone = settings.room.time_zone

    def labels(camera: str) -> Sequence[str]:
        newest = seen.newest(camera, after=0)
        return read_seen(newest[-1][1]).labels if newest else ()

    return DrawingParts(
        desk=DrawingDesk(DrawingBook(settings.paths.state_dir), room, clock=clock),
        technicians=Technicians(settings.console.technicians_file, clock=clock),
        previews=Previews(
            lambda camera, after: seen.newest(camera, after=after), clock=clock, time_zone=ZoneInfo(time_zone)
        ),
        what_ifs=WhatIfRuns(seen.folder, write=seen.write, clock=clock, time_zone=time_zone),
        labels=labels,
        age_s=lambda at_us: max(0.0, (clock.now_us() - at_us) / 1e6),
    )
