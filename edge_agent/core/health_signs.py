"""What a look at a camera or at the room shows of each health condition.

Pure: facts in, sightings with a sentence out. The facts are gathered by ``app.health_watch``.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.core.camera_health import CAMERA_CONDITIONS, PICTURE_CONDITIONS, HealthCondition, Sign
from edge_agent.core.camera_link import LinkState
from edge_agent.core.health_book import UNSEEN, Sighting, Sightings
from edge_agent.core.link_failures import Failure, FailureKind

JUMP_SHOWS_S: Final = 60.0
"""A jump of a clock counts as a sign for so long: as long as the media clock calls its times suspect."""
FULL_SHARE: Final = 0.95
"""Evidence that may not go fills the limit from this share of it on: the next clip may not fit."""
SLOW_S: Final = 2.0
"""A snapshot and a record take a sound disk some 20 ms."""

_GOOD: Final = Sighting(sign=Sign.GOOD)
_REACHED: Final = frozenset({FailureKind.SILENT, FailureKind.UNDECODABLE, FailureKind.NO_VIDEO_STREAM})
"""The camera answered, and then sent nothing that could be shown."""
_SEEN_AS: Final = {
    HealthCondition.BLACK: "almost no light and no detail in the picture",
    HealthCondition.COVERED: "a large part of the picture has lost its own detail",
    HealthCondition.DEFOCUSED: "fine detail is gone, the large structures are there",
    HealthCondition.MOVED: "the picture shows something else than usual",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """What is known of one camera at one moment."""

    state: LinkState
    reason: str
    """Of the state; empty while streaming."""
    failure: Failure | None
    """Why the last connection ended; None once pictures flow again."""
    is_connected: bool
    state_s: float
    """Seconds in this state."""
    frozen_after_s: float
    """0: the camera may show the same picture for ever."""
    picture: frozenset[HealthCondition] | None
    """What its pictures show; None when they cannot be judged."""
    gop_s: float | None
    blind_time_s: float
    """0: every picture is decoded as it comes, keyframes may lie as they like."""
    drift: float | None
    """Seconds the camera's clock loses per second; None when it keeps pace."""
    jump_age_s: float | None
    """Seconds since its timestamps jumped; None when they never did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """What is known of the room at one moment."""

    free_bytes: int | None
    """None when the disk cannot be asked."""
    least_free_bytes: int
    pinned_bytes: int
    """Evidence that may not go yet."""
    limit_bytes: int
    is_read_only: bool
    refusal: str
    """Why the last snapshot or clip was not stored; empty when it was."""
    disk_waits_s: float
    """How long the slowest alert of late took, or takes so far, to become durable."""
    clock_offset_s: float | None
    """This room's clock less the relay's; None without a session."""
    most_offset_s: float
    step_s: float | None
    step_age_s: float | None
    """How far this machine's clock was last set, and seconds since; None when it never was."""


def camera_sightings(facts: CameraFacts) -> Sightings:
    """Return what one look at a camera shows."""
    if facts.state is LinkState.DISABLED and not _is_our_fault(facts):
        return dict.fromkeys(CAMERA_CONDITIONS, _GOOD)  # switched off by a person, or the film is over
    streaming = facts.state in (LinkState.STREAMING, LinkState.FROZEN)
    return {
        HealthCondition.LOST: _lost(facts),
        HealthCondition.STALLED: _stalled(facts),
        HealthCondition.FROZEN: _frozen(facts),
        **(_picture(facts) if streaming else {}),
        HealthCondition.CLOCK_DRIFT: _camera_clock(facts) if streaming else UNSEEN,
        HealthCondition.GOP_TOO_LONG: _gop(facts) if streaming else UNSEEN,
    }


def room_sightings(facts: RoomFacts) -> Sightings:
    """Return what one look at the room shows."""
    return {
        HealthCondition.EVIDENCE_DISK_LOW: _disk(facts),
        HealthCondition.CLOCK_DRIFT: _room_clock(facts),
    }


def _bad(reason: str) -> Sighting:
    return Sighting(sign=Sign.BAD, reason=reason)


def _without_pictures(facts: CameraFacts) -> HealthCondition | None:
    """Return which of the three a camera without a connection that works has; None when it cannot be told yet."""
    if facts.failure is None:
        return None if facts.is_connected else HealthCondition.LOST
    if facts.failure.kind in _REACHED:
        return HealthCondition.STALLED
    return HealthCondition.FROZEN if facts.failure.kind is FailureKind.SAME_PICTURE else HealthCondition.LOST


def _is_our_fault(facts: CameraFacts) -> bool:
    return facts.failure is not None and facts.failure.kind is FailureKind.FAULT


def _why(facts: CameraFacts) -> str:
    """Word the failure itself: the reason of a new attempt would only say that it is one."""
    return facts.failure.sentence if facts.failure is not None else facts.reason


def _lost(facts: CameraFacts) -> Sighting:
    match facts.state:
        case LinkState.BACKING_OFF | LinkState.CONNECTING:
            found = _without_pictures(facts)
            return _bad(_why(facts)) if found is HealthCondition.LOST else UNSEEN
        case LinkState.DISABLED:
            return _bad(_why(facts))  # a fault of ours stopped it
        case LinkState.STREAMING | LinkState.FROZEN:
            return _GOOD
        case LinkState.STALLED:
            return UNSEEN


def _stalled(facts: CameraFacts) -> Sighting:
    match facts.state:
        case LinkState.STALLED:
            return _bad(facts.reason)
        case LinkState.BACKING_OFF | LinkState.CONNECTING:
            found = _without_pictures(facts)
            return _bad(_why(facts)) if found is HealthCondition.STALLED else UNSEEN
        case LinkState.STREAMING | LinkState.FROZEN:
            return _GOOD
        case LinkState.DISABLED:
            return UNSEEN


def _frozen(facts: CameraFacts) -> Sighting:
    match facts.state:
        case LinkState.FROZEN:
            return _bad(facts.reason)
        case LinkState.BACKING_OFF | LinkState.CONNECTING:
            found = _without_pictures(facts)
            return _bad(_why(facts)) if found is HealthCondition.FROZEN else UNSEEN
        case LinkState.STREAMING:
            # Only when the time for it is over is it known that the picture changes.
            return _GOOD if facts.state_s >= facts.frozen_after_s else UNSEEN
        case LinkState.STALLED | LinkState.DISABLED:
            return UNSEEN


def _picture(facts: CameraFacts) -> dict[HealthCondition, Sighting]:
    seen = facts.picture
    if seen is None:
        return {}
    return {
        condition: _bad(_SEEN_AS[condition]) if condition in seen else _GOOD for condition in sorted(PICTURE_CONDITIONS)
    }


def _gop(facts: CameraFacts) -> Sighting:
    if facts.blind_time_s <= 0.0:
        return _GOOD
    if facts.gop_s is None:
        return UNSEEN
    if facts.gop_s <= facts.blind_time_s:
        return _GOOD
    return _bad(
        f"keyframes are {facts.gop_s:.1f} s apart, blind_time_s is {facts.blind_time_s:g}: every picture is decoded"
    )


def _camera_clock(facts: CameraFacts) -> Sighting:
    if facts.drift is not None:
        word = "slow" if facts.drift > 0.0 else "fast"
        return _bad(f"the camera's clock runs {abs(facts.drift):.2%} too {word}")
    if facts.jump_age_s is not None and facts.jump_age_s < JUMP_SHOWS_S:
        return _bad("the camera's timestamps jumped")
    return _GOOD


def _room_clock(facts: RoomFacts) -> Sighting:
    offset_s = facts.clock_offset_s
    if offset_s is not None and abs(offset_s) > facts.most_offset_s:
        word = "ahead of" if offset_s > 0.0 else "behind"
        return _bad(f"this room's clock is {abs(offset_s):.1f} s {word} the relay's")
    if facts.step_age_s is not None and facts.step_s is not None and facts.step_age_s < JUMP_SHOWS_S:
        return _bad(f"this room's clock was set by {facts.step_s:+.1f} s")
    return _GOOD


def _disk(facts: RoomFacts) -> Sighting:
    if facts.free_bytes is None:
        return _bad("the disk of the evidence cannot be asked for its space")
    if facts.is_read_only:
        return _bad("the disk of the evidence is read-only")
    if facts.free_bytes < facts.least_free_bytes:
        mib, wanted = facts.free_bytes >> 20, facts.least_free_bytes >> 20
        return _bad(f"{mib} MiB are free on the disk of the evidence, {wanted} are wanted")
    if facts.pinned_bytes > FULL_SHARE * facts.limit_bytes:
        share = facts.pinned_bytes / facts.limit_bytes
        return _bad(f"evidence that the relay does not have yet fills {share:.0%} of evidence.max_mib")
    if facts.refusal:
        return _bad(facts.refusal)
    if facts.disk_waits_s >= SLOW_S:
        return _bad(f"the disk of the evidence is slow: an alert waited {facts.disk_waits_s:.0f} s for it")
    return _GOOD
