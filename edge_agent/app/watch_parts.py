"""Puts the watch of the room together from its settings."""

from edge_agent.app.wall import camera_sets_of
from edge_agent.console.room import Room
from edge_agent.console.watch_desk import WatchDesk
from edge_agent.console.watch_routes import CameraSet, WatchParts
from edge_agent.ops.clock import Clock
from edge_agent.outbox.store import Outbox
from edge_agent.settings.model import AgentSettings


def make_watch(settings: AgentSettings, *, room: Room, outbox: Outbox, clock: Clock) -> WatchParts:
    """Return what the routes of the watch need."""
    sets = tuple(
        CameraSet(name=one.name, title=one.title, cameras=one.cameras, round_every_s=one.round_every_min * 60.0)
        for one in camera_sets_of(settings)
    )
    desk = WatchDesk(outbox, room, sets={one.name: one.cameras for one in sets}, clock=clock)
    return WatchParts(desk=desk, outbox=outbox, room=room, sets=sets, rest_after_s=settings.watch.rest_after_min * 60.0)
