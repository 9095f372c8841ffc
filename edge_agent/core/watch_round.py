"""A round: a virtual patrol through a named set of cameras, attested camera by camera.

Pure. "Seen, nothing to report" is worth something only for a picture that was live when it was looked at, so a camera
that gives none cannot be attested; it stays a gap in the round's coverage, and the round says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round under way."""

    round_id: str
    operator: str
    shift_id: str
    camera_set: str
    cameras: tuple[str, ...]
    began_at: int
    """UTC microseconds."""
    seen: frozenset[str] = frozenset()

    @property
    def missed(self) -> tuple[str, ...]:
        """Cameras nobody attested, in the order of the set."""
        return tuple(camera for camera in self.cameras if camera not in self.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSeen:
    """A camera cannot be attested; ``reason`` is for the operator."""

    camera: str
    reason: str


def see(current: Round, cameras: Collection[str], *, troubles: Mapping[str, str]) -> tuple[Round, tuple[NotSeen, ...]]:
    """Attest cameras; ``troubles`` says of those that give no live picture now, why.

    Seeing a camera again changes nothing.
    """
    refused: list[NotSeen] = []
    seen = set(current.seen)
    for camera in cameras:
        if camera not in current.cameras:
            refused.append(NotSeen(camera=camera, reason=f"is not in the set {current.camera_set}"))
        elif camera in troubles:
            refused.append(NotSeen(camera=camera, reason=troubles[camera]))
        else:
            seen.add(camera)
    return replace(current, seen=frozenset(seen)), tuple(refused)


def coverage(*, cameras: int, seen: int) -> float:
    """Return the share of a round's cameras that was seen, 0-1; an empty set is no round and covers nothing."""
    return seen / cameras if cameras else 0.0


def round_figures(ended: Round, *, now_us: int, nothing_to_report: bool) -> dict[str, int]:
    """Return what the shift log says of a finished round."""
    return {
        "cameras": len(ended.cameras),
        "seen": len(ended.seen),
        "took_s": max(0, (now_us - ended.began_at) // 1_000_000),
        "nothing_to_report": int(nothing_to_report),
    }
