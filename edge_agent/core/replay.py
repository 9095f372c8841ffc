"""Judges what was seen by other rules: the same tracks, another alert book, and what it would have told.

Owns RuleReplay. Times are those of the wall clock in seconds since 1970, so that alerts of several sessions stand in
one order; each picture says how its media time and the wall clock go together.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from edge_agent.core.alerts import AlertBook, AlertChange, AlertEnded, AlertRaised, AlertUpdated
from edge_agent.core.rules import AnyRule
from edge_agent.core.still_places import StillPlace
from edge_agent.core.tracks import Track
from edge_agent.core.what_if import Exposure, ToldAlert

LONGEST_PAUSE_S: Final = 10.0
"""Two pictures further apart have a hole between them: the camera was away, or nothing was kept."""


class RuleReplay:
    """One set of rules over the pictures of one camera, in order; ``close`` once at the end."""

    def __init__(self, rules: Sequence[AnyRule]) -> None:
        self._rules = rules
        self._book = AlertBook(rules)
        self._session = 0
        self._last: tuple[float, float] | None = None
        """Wall clock and media time of the picture before."""
        self._open: dict[int, int] = {}
        self._armed_s = dict.fromkeys((rule.name for rule in rules), 0.0)
        self.alerts: list[ToldAlert] = []
        """What was told, in order."""
        self.seen_s = 0.0
        """Seconds of the camera that were judged, holes left out."""

    @property
    def exposures(self) -> dict[str, Exposure]:
        """How long each rule was armed in what was judged."""
        shares = {rule.name: 1.0 if rule.schedule is None else rule.schedule.share for rule in self._rules}
        return {name: Exposure(armed_s=armed_s, share=shares[name]) for name, armed_s in self._armed_s.items()}

    def take(
        self,
        tracks: Sequence[Track],
        *,
        still: Sequence[StillPlace],
        at_s: float,
        wall_s: float,
        session: int,
        local: datetime,
    ) -> None:
        """Judge one picture: its tracks, its media time, the wall clock and the room's clock at it."""
        before = self._last
        if before is not None and (session != self._session or at_s < before[1]):
            self._begin_anew()
            before = None
        self._session, self._last = session, (wall_s, at_s)
        passed_s = 0.0 if before is None else at_s - before[1]
        if 0.0 < passed_s <= LONGEST_PAUSE_S:
            self.seen_s += passed_s
            for rule in self._rules:
                if rule.schedule is None or rule.schedule.armed(local):
                    self._armed_s[rule.name] += passed_s
        for change in self._book.step(tracks, at_s, still=still, local=local):
            self._note(change, wall_s - at_s)

    def close(self) -> None:
        """End what is open."""
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Close the book of a session: what comes has nothing to do with what was."""
        shift_s = 0.0 if self._last is None else self._last[0] - self._last[1]
        for ended in self._book.close():
            self._note(ended, shift_s)
        self._book, self._open = AlertBook(self._rules), {}

    def _note(self, change: AlertChange, shift_s: float) -> None:
        if isinstance(change, AlertRaised):
            self._open[change.key] = len(self.alerts)
            self.alerts.append(_told(change, shift_s))
        elif isinstance(change, AlertEnded):
            place = self._open.pop(change.key, None)
            if place is not None:
                told = self.alerts[place]
                ended_s = max(told.start_s, change.end_s + shift_s)
                self.alerts[place] = replace(told, end_s=ended_s, label=change.label)
        elif isinstance(change, AlertUpdated):
            place = self._open.get(change.key)
            if place is not None:
                self.alerts[place] = replace(self.alerts[place], box=change.box, label=change.label)


def _told(raised: AlertRaised, shift_s: float) -> ToldAlert:
    return ToldAlert(
        video="",
        rule=raised.rule,
        label=raised.label,
        zone=raised.zone,
        severity=raised.severity,
        stage=raised.stage,
        start_s=raised.start_s + shift_s,
        end_s=raised.raised_s + shift_s,
        thing=raised.track_id,
        box=raised.box,
    )
