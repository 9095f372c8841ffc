"""What terminals were sent and have confirmed, gathered for the writer: one command for many terminals.

Nobody waits for these facts, and each transaction of the writer costs an alert behind it some milliseconds, so they
are told ten times a second and not as they come.
"""

from typing import Final

from patrol_wire.ids import Micros, UnitId
from relay.core.commands import DeskBusyError, MailboxMark, Mark, MarksReached, Submit

TELL_EVERY_S: Final = 0.1


class MarkBatch:
    """Owned by delivery's thread; lost when the relay falls, as any fact is that nobody waited for: the terminal says
    it again with its next receipt, and with the cursor it comes back with."""

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._marks: dict[tuple[UnitId, Mark], MailboxMark] = {}
        self._told_s = 0.0

    def note(self, unit_id: UnitId, mark: Mark, cursor: int, at_us: Micros) -> None:
        """Take a mark; of several of one kind the furthest counts, with its time."""
        known = self._marks.get((unit_id, mark))
        if known is None or cursor > known.cursor:
            self._marks[unit_id, mark] = MailboxMark(unit_id=unit_id, mark=mark, cursor=cursor, at_us=at_us)

    def wait_s(self, now_s: float, longest_s: float) -> float:
        """Return how long delivery may wait for something to do."""
        return max(0.0, min(longest_s, self._told_s + TELL_EVERY_S - now_s)) if self._marks else longest_s

    def tell_in_time(self, now_s: float) -> int:
        """Tell the writer when it is time; return how many marks it had no room for: the next ones tell more."""
        if now_s - self._told_s < TELL_EVERY_S:
            return 0
        self._told_s = now_s
        return self.tell()

    def tell(self) -> int:
        """Tell the writer what there is; return how many marks it had no room for."""
        if not self._marks:
            return 0
        marks, self._marks = tuple(self._marks.values()), {}
        try:
            self._submit(MarksReached(marks=marks))
        except DeskBusyError:
            return len(marks)
        return 0
