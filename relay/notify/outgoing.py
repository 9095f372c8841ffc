"""What was made for terminals and is not with their gate yet: many frames in one piece cost core and gate a fifth."""

from patrol_wire.ids import Micros
from relay.core.commands import Mark
from relay.core.field import FieldPort
from relay.notify.mark_batch import MarkBatch
from relay.notify.terminals import TerminalSession


class Outgoing:
    """Owned by delivery's thread; what is added is handed over before anything else is said to the terminal."""

    def __init__(self, port: FieldPort, marks: MarkBatch) -> None:
        self._port = port
        self._marks = marks
        self._waiting: list[tuple[TerminalSession, bytes]] = []

    def add(self, terminal: TerminalSession, frame: bytes) -> None:
        """Take a frame; ``terminal.sent`` is the last entry in it, or in one that follows."""
        self._waiting.append((terminal, frame))

    def hand_over(self, now_us: Micros) -> list[TerminalSession]:
        """Give everything to the gate and note it as sent; return who gets nothing because the gate is away."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return []
        if not self._port.send_all([(terminal.session, frame) for terminal, frame in waiting]):
            return [terminal for terminal, _ in waiting]
        for terminal, _ in waiting:
            self._marks.note(terminal.unit_id, Mark.SENT, terminal.sent, now_us)
        return []
