"""Presence of a room, a unit or a camera: how long ago anything was heard of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relay.core.transitions import Illegal, Moved, look_up


class Presence(StrEnum):
    """How present a peer is."""

    ONLINE = "online"
    """Heard of within the late limit."""
    LATE = "late"
    """Silent for longer than it should be; nobody is told yet."""
    LOST = "lost"
    """Silent so long that people must know, or never heard of."""


class PresenceEvent(StrEnum):
    """What can happen to presence."""

    HEARD = "heard"
    LATE_LIMIT = "late_limit"
    LOST_LIMIT = "lost_limit"


_P, _E = Presence, PresenceEvent

TABLE: Final[Mapping[tuple[Presence, PresenceEvent], Presence]] = {
    (_P.ONLINE, _E.HEARD): _P.ONLINE,
    (_P.LATE, _E.HEARD): _P.ONLINE,
    (_P.LOST, _E.HEARD): _P.ONLINE,
    (_P.ONLINE, _E.LATE_LIMIT): _P.LATE,
    (_P.LATE, _E.LATE_LIMIT): _P.LATE,
    # After a sleep of the relay itself both limits may have passed at once.
    (_P.ONLINE, _E.LOST_LIMIT): _P.LOST,
    (_P.LATE, _E.LOST_LIMIT): _P.LOST,
    (_P.LOST, _E.LATE_LIMIT): _P.LOST,
    (_P.LOST, _E.LOST_LIMIT): _P.LOST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceLimits:
    """Silence in seconds after which a peer is late, then lost."""

    late_after_s: float = 30.0
    lost_after_s: float = 60.0


def step(state: Presence, happening: PresenceEvent) -> Moved[Presence] | Illegal:
    """Return the presence after the happening."""
    return look_up(TABLE, state, happening, machine="presence")


def judge(last_seen_us: int | None, now_us: int, limits: PresenceLimits) -> Presence:
    """Return the presence that an age stands for; None was never heard of. A moment ahead of us counts as now."""
    if last_seen_us is None:
        return Presence.LOST
    silent_s = (now_us - last_seen_us) / 1e6
    if silent_s >= limits.lost_after_s:
        return Presence.LOST
    return Presence.LATE if silent_s >= limits.late_after_s else Presence.ONLINE
