"""Something that serves is away for a while: said once when it begins and once when it is over."""

from typing import Any


class Outage:
    """One thread's view of what it depends on. ``log`` is a structlog logger; ``what`` the stem of both events."""

    def __init__(self, log: Any, what: str) -> None:
        self._log = log
        self._what = what
        self.lasts = False

    def seen(self, error: Exception) -> None:
        """Note that it failed; repeats are not told again."""
        if not self.lasts:
            self._log.error(f"{self._what}_blind", fault=str(error)[:500])
        self.lasts = True

    def over(self) -> None:
        """Note that it works."""
        if self.lasts:
            self._log.info(f"{self._what}_sees_again")
        self.lasts = False
