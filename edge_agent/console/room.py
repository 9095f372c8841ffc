"""What the console needs from the agent it stands in; ``app`` implements it."""

from pathlib import Path
from typing import Protocol

from edge_agent.console.shapes import Health, StateShape


class Room(Protocol):
    """The running agent as its console sees it. Every method may be called from any thread."""

    def state(self) -> StateShape:
        """Return everything the room knows about itself now."""
        ...

    def health(self) -> Health:
        """Return whether every part that must move has moved lately."""
        ...

    def readiness(self) -> Health:
        """Return whether the room does its whole work: outbox writable, at least one camera streaming."""
        ...

    def has_camera(self, name: str) -> bool:
        """Tell whether the room has this camera."""
        ...

    def flag_stored(self, alert_id: str, camera: str, look_back_s: int) -> None:
        """Begin to secure the clip of a flag that is already durable; returns at once."""
        ...

    def snapshot(self, alert_id: str) -> Path | None:
        """Return the file of an alert's JPEG, None while there is none."""
        ...

    def voice(self, alert_id: str) -> Path | None:
        """Return the file of a flag's voice note, None while there is none."""
        ...
