"""Everything that can be wrong with a room before it starts: read, opened and checked here, refused in one sentence.

``patrol edge --check`` stops after this; the running agent goes on with what was made.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.app.analysis_child import AnalysisChild
from edge_agent.app.camera_worker import source_of
from edge_agent.console.access import load_token
from edge_agent.console.city_map import AreaOutline, read_areas
from edge_agent.console.technicians import read_technicians
from edge_agent.detect.errors import ModelError
from edge_agent.evidence.errors import EvidenceError
from edge_agent.link.curve import CurveKeys, load_keys
from edge_agent.link.errors import LinkKeyError
from edge_agent.ops.clock import Clock
from edge_agent.outbox.errors import OutboxUnusableError
from edge_agent.outbox.file_checks import move_aside
from edge_agent.outbox.store import FILE_NAME
from edge_agent.settings.drawing_book import drawn_settings
from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import AgentSettings
from edge_agent.settings.toml_file import load_settings

START_ERRORS = (SettingsError, ModelError, LinkKeyError, OutboxUnusableError, EvidenceError)
"""What keeps a room from starting; each one's text is the sentence for the technician."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A room that may start."""

    settings: AgentSettings
    """The room's file with what technicians drew laid over."""
    of_file: AgentSettings
    """The room's file alone."""
    areas: list[AreaOutline]
    """The city's areas of ``wall.map_file``."""
    analysis: AnalysisChild
    """The analysis process, ready; whoever takes this value ends it."""
    keys: CurveKeys | None
    """None when the room has no relay."""
    token: str | None = field(repr=False)
    """None when the console needs none."""

    @property
    def outbox_path(self) -> Path:
        """Where the outbox lies."""
        return outbox_path(self.settings)


def prepare(config: Path, *, clock: Clock) -> Prepared:
    """Read the room's file and everything it names, and start its analysis; raises one of START_ERRORS."""
    of_file = load_settings(config)
    settings = drawn_settings(of_file)
    read_technicians(settings.console.technicians_file)
    areas = read_areas(settings.wall.map_file)
    relay = settings.relay
    keys = (
        load_keys(relay.key_file, room=settings.room.name, relay_public_key=relay.public_key)
        if relay is not None
        else None
    )
    token = load_token(settings.console)
    for camera in settings.cameras:
        source_of(camera)  # reads the password file
    analysis = AnalysisChild(settings)
    try:
        analysis.await_ready(clock)
    except ModelError:
        analysis.end()
        raise
    return Prepared(settings=settings, of_file=of_file, areas=areas, analysis=analysis, keys=keys, token=token)


def outbox_path(settings: AgentSettings) -> Path:
    """Return where a room's outbox lies."""
    return settings.paths.state_dir / FILE_NAME


def put_outbox_aside(settings: AgentSettings, *, clock: Clock) -> Path | None:
    """Move the outbox aside under a name with the moment in it; None when there was none."""
    try:
        return move_aside(outbox_path(settings), stamp=str(clock.now_us() // 1_000_000))
    except OSError as error:
        raise OutboxUnusableError(
            f"outbox {outbox_path(settings)}: cannot be moved aside ({error.strerror}); check its permissions"
        ) from error


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk a folder lies on, 0 when the disk cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
