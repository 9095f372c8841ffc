"""The room's cameras while technicians draw on them: implements ``console.drawing_desk.DrawnRoom``.

Owns which settings each camera has now, and puts a change in force where it matters: masks of whatever leaves memory,
rules of the analysis, outlines of the wall. One camera at a time; no stream is touched.
"""

from collections.abc import Mapping, Sequence
from threading import Lock

from edge_agent.app.analysis import Analysis
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.wall import wall_of
from edge_agent.console.live_room import LiveRoom
from edge_agent.console.shapes import WallShape
from edge_agent.settings.model import AgentSettings, CameraSettings


class RoomDrawings:
    """See the module; any thread."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        of_file: AgentSettings,
        cameras: Mapping[str, CameraWorker],
        analysis: Analysis,
        live: LiveRoom,
    ) -> None:
        """``settings`` are in force, ``of_file`` what the room's file says without any drawing."""
        self._settings = settings
        self._of_file = {camera.name: camera for camera in of_file.cameras}
        self._cameras = cameras
        self._analysis = analysis
        self._live = live
        self._lock = Lock()
        self._wall = wall_of(settings)
        self.changes = 0
        """Grows with every change; a page that shows outlines reads the wall again then."""

    @property
    def wall(self) -> WallShape:
        """What the room's pages show of cameras and sets, now."""
        return self._wall

    def of_file(self, camera: str) -> CameraSettings | None:
        """Return a camera as the room's file says it, None when the room has none of that name."""
        return self._of_file.get(camera)

    def in_force(self, camera: str) -> CameraSettings:
        """Return a camera as it is now."""
        return self._cameras[camera].settings

    def names(self) -> Sequence[str]:
        """Return the cameras in the order of the file."""
        return tuple(self._cameras)

    def change(self, camera: CameraSettings) -> None:
        """Put what is drawn on one camera in force: what hides first, then what is judged, then what is shown."""
        with self._lock:
            self._cameras[camera.name].change(camera)
            self._live.masks_changed(camera.name)
            self._analysis.change(camera)
            cameras = tuple(camera if one.name == camera.name else one for one in self._settings.cameras)
            self._settings = self._settings.model_copy(update={"cameras": cameras})
            self._wall = wall_of(self._settings)
            self.changes += 1
