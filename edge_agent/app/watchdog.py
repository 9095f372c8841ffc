"""Whether work progresses: every part that must move has a counter, and a counter that stands still is a stall.

Feeds the service manager's watchdog only while nothing stalls, so that systemd restarts an agent that hangs.
"""

from collections.abc import Callable, Mapping
from typing import Final

STALLED_AFTER_S: Final = 15.0
"""Longer than the longest honest pause: a picture on a slow model, an fsync on a tired disk."""


class ProgressWatch:
    """Compares the counters of the agent's threads; used by one thread."""

    def __init__(self, counters: Mapping[str, Callable[[], int]], *, now_s: float) -> None:
        self._counters = dict(counters)
        self._seen = {name: (read(), now_s) for name, read in self._counters.items()}

    def stalled(self, now_s: float) -> tuple[str, ...]:
        """Return the parts that have not moved for STALLED_AFTER_S."""
        for name, read in self._counters.items():
            count = read()
            if count != self._seen[name][0]:
                self._seen[name] = (count, now_s)
        return tuple(name for name, (_, moved_s) in self._seen.items() if now_s - moved_s > STALLED_AFTER_S)
