"""What the room's pages show, from the settings: cameras with their outlines, and the pages of the wall."""

from collections.abc import Iterator

from edge_agent.console.city_map import AreaOutline, MapPlace, MapShape
from edge_agent.console.shapes import OutlineShape, WallCameraShape, WallSetShape, WallShape
from edge_agent.settings.model import AgentSettings, CameraSetSettings, CameraSettings
from edge_agent.settings.wall import MOST_ON_THE_WALL


def wall_of(settings: AgentSettings) -> WallShape:
    """Return the wall of a room: its sets, nine cameras a page; without sets all cameras."""
    return WallShape(
        room=settings.room.name,
        time_zone=settings.room.time_zone,
        language=settings.wall.language,
        kinds=list(settings.wall.kinds),
        cameras=[_camera(camera, has_place=settings.room.place is not None) for camera in settings.cameras],
        sets=[page for one in camera_sets_of(settings) for page in _pages(one)],
    )


def map_of(settings: AgentSettings, areas: list[AreaOutline]) -> MapShape:
    """Return what a place is pointed on in this room."""
    return MapShape(
        areas=areas,
        room=settings.room.place,
        cameras=[
            MapPlace(name=camera.name, title=camera.title, place=camera.place)
            for camera in settings.cameras
            if camera.place is not None
        ],
    )


def camera_sets_of(settings: AgentSettings) -> tuple[CameraSetSettings, ...]:
    """Return the camera sets of a room; without any, one set of all its cameras."""
    if settings.camera_sets:
        return settings.camera_sets
    names = tuple(camera.name for camera in settings.cameras)
    return (CameraSetSettings.model_construct(name="all", cameras=names),)


def _pages(one: CameraSetSettings) -> Iterator[WallSetShape]:
    for page, start in enumerate(range(0, len(one.cameras), MOST_ON_THE_WALL), start=1):
        yield WallSetShape(
            name=one.name if page == 1 else f"{one.name}-{page}",
            title=one.title if page == 1 or not one.title else f"{one.title} {page}",
            cameras=list(one.cameras[start : start + MOST_ON_THE_WALL]),
            dwell_s=one.dwell_s,
        )


def _camera(camera: CameraSettings, *, has_place: bool) -> WallCameraShape:
    return WallCameraShape(
        name=camera.name,
        title=camera.title,
        has_place=has_place or camera.place is not None,
        zones=[OutlineShape(name=zone.name, points=list(zone.polygon)) for zone in camera.zones],
        lines=[OutlineShape(name=line.name, points=list(line.points)) for line in camera.lines],
    )
