"""A what-if as a process of its own: the last hour of one camera under two sets of rules.

Run by ``console/what_if_runs.py`` as ``python -m edge_agent.detect.what_if_process``, behind everything else of the
machine (nice). It reads what the analysis kept (``picture_seen.py``), so no picture is decoded and nothing of the room
waits for it.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from edge_agent.core.detections import MOVING_OBJECT
from edge_agent.core.replay import RuleReplay
from edge_agent.core.rules import AnyRule
from edge_agent.core.schedules import local_time
from edge_agent.core.still_places import STILL_OBJECT
from edge_agent.core.what_if import RuleComparison, ToldAlert, compared, still_told
from edge_agent.detect.picture_seen import PictureSeen, pictures_since
from edge_agent.detect.room_rules import rules_of
from edge_agent.ops.channel import MOST_BYTES, ChannelClosedError
from edge_agent.ops.child_process import stand_by_parent
from edge_agent.settings.model import CameraSettings

MODULE: Final = "edge_agent.detect.what_if_process"
NICE: Final = 15
MOST_ALERTS: Final = 1_000
"""Told of each side; with more, counts are whole and the list is cut."""
_TELL_EVERY: Final = 250
"""Pictures between two words of progress."""
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class WhatIfSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be compared."""

    folder: str
    since_us: int
    until_us: int
    time_zone: str
    before: str
    """CameraSettings as JSON, and those after the change."""
    after: str


class WhatIfProgress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How much of the time is done."""

    share: Share


class WhatIfPart(msgspec.Struct, frozen=True, kw_only=True, tag="part"):
    """A piece of the encoded result."""

    content: bytes
    is_last: bool


class WhatIfResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the two sets of rules told."""

    pictures: int
    seen_s: float
    """Seconds of the camera that were kept, holes left out."""
    from_us: int | None
    """Of the first and the last picture; None when nothing was kept."""
    until_us: int | None
    rules: tuple[RuleComparison, ...]
    before: tuple[ToldAlert, ...]
    after: tuple[ToldAlert, ...]
    not_looked_for: dict[str, tuple[str, ...]]
    """Labels by rule that nothing looked for in this time: what has them is missing."""
    no_still: tuple[str, ...]
    """Rules about what comes to rest, which nothing looked for in this time."""
    is_cut: bool
    """A crowd was larger than what is kept of one picture, or a list than what is told."""


Said = WhatIfProgress | WhatIfPart


def main() -> int:
    """Compare and end."""
    channel, _, given = stand_by_parent(sys.argv[1:])
    setup = msgspec.json.decode(given, type=WhatIfSetup)
    span_us = max(1, setup.until_us - setup.since_us)
    try:
        replayed = _Replayed(setup)
        for number, seen in enumerate(pictures_since(Path(setup.folder), setup.since_us)):
            replayed.take(seen)
            if number % _TELL_EVERY == 0:
                share = min(1.0, max(0.0, (seen.captured_at - setup.since_us) / span_us))
                channel.send(msgspec.msgpack.encode(WhatIfProgress(share=share)))
        content = msgspec.msgpack.encode(replayed.result())
        for part in parts_of(content):
            channel.send(msgspec.msgpack.encode(part))
        channel.receive(within_s=None)  # what is in the channel must be read before this end of it goes
    except ChannelClosedError:
        return 0
    return 0


def parts_of(content: bytes) -> list[WhatIfPart]:
    """Return an encoded result in pieces that fit a message each."""
    size = MOST_BYTES // 2
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return [WhatIfPart(content=piece, is_last=number == len(pieces) - 1) for number, piece in enumerate(pieces)]


class _Replayed:
    """Both sides over the same pictures."""

    def __init__(self, setup: WhatIfSetup) -> None:
        self._zone = ZoneInfo(setup.time_zone)
        self._rules_after = rules_of(CameraSettings.model_validate_json(setup.after))
        self._before = RuleReplay(rules_of(CameraSettings.model_validate_json(setup.before)))
        self._after = RuleReplay(self._rules_after)
        self._pictures = 0
        self._from_us: int | None = None
        self._until_us: int | None = None
        self._labels: frozenset[str] | None = None
        """Those that were looked for all the time."""
        self._still = True
        self._is_cut = False

    def take(self, seen: PictureSeen) -> None:
        """Judge one picture."""
        self._pictures += 1
        self._from_us = seen.captured_at if self._from_us is None else self._from_us
        self._until_us = seen.captured_at
        labels = frozenset(seen.labels)
        self._labels = labels if self._labels is None else self._labels & labels
        self._still = self._still and seen.still is not None
        self._is_cut = self._is_cut or seen.is_cut
        local = local_time(seen.captured_at, self._zone)
        for replay in (self._before, self._after):
            replay.take(
                seen.tracks,
                still=seen.still or (),
                at_s=seen.media_s,
                wall_s=seen.captured_at / 1_000_000,
                session=seen.session,
                local=local,
            )

    def result(self) -> WhatIfResult:
        """Close both sides and compare them."""
        for replay in (self._before, self._after):
            replay.close()
        before = [replace(alert, told_by=still_told(alert, self._after.alerts)) for alert in self._before.alerts]
        after = self._after.alerts
        rules = compared(
            before,
            after,
            exposures_before=self._before.exposures,
            exposures_after=self._after.exposures,
            same_tracks=True,
        )
        cut = self._is_cut or len(before) > MOST_ALERTS or len(after) > MOST_ALERTS
        return WhatIfResult(
            pictures=self._pictures,
            seen_s=self._after.seen_s,
            from_us=self._from_us,
            until_us=self._until_us,
            rules=tuple(_cut(rule) for rule in rules),
            before=tuple(before[-MOST_ALERTS:]),
            after=tuple(after[-MOST_ALERTS:]),
            not_looked_for=not_looked_for(self._rules_after, self._labels),
            no_still=() if self._still else tuple(rule.name for rule in self._rules_after if rule.wants_still_places),
            is_cut=cut,
        )


def not_looked_for(rules: Sequence[AnyRule], labels: frozenset[str] | None) -> dict[str, tuple[str, ...]]:
    """Return the labels of each rule that were not looked for; None for ``labels``: nothing is known."""
    if labels is None:
        return {}
    found = {}
    for rule in rules:
        missing = tuple(
            label for label in rule.wanted_labels if label not in labels and label not in (MOVING_OBJECT, STILL_OBJECT)
        )
        if missing:
            found[rule.name] = missing
    return found


def _cut(rule: RuleComparison) -> RuleComparison:
    return replace(rule, gone=rule.gone[-MOST_ALERTS:], new=rule.new[-MOST_ALERTS:])


if __name__ == "__main__":
    sys.exit(main())
