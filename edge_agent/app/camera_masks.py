"""The privacy masks of one camera while a technician changes them.

Owns which masks hold for which picture: a new one at once and for everything that leaves memory from then on, pictures
of before included; one that was taken away still for the pictures of before, as long as they are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from edge_agent.evidence.masks import Mask
from edge_agent.ops.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaving:
    mask: Mask
    until_s: float


class CameraMasks:
    """See the module; any thread."""

    def __init__(self, masks: Sequence[Mask], *, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._live = tuple(masks)
        self._leaving: tuple[_Leaving, ...] = ()
        self.version = 0
        """Grows with every change; what was made under an older one is not shown any more."""

    def live(self) -> tuple[Mask, ...]:
        """Return the masks for pictures of now."""
        return self._live

    def evidence(self) -> tuple[Mask, ...]:
        """Return the masks for pictures that may be of before: snapshots, clips, looking back."""
        if not self._leaving:
            return self._live
        now_s = self._clock.instant()
        with self._lock:
            self._leaving = tuple(one for one in self._leaving if one.until_s > now_s)
            return (*self._live, *(one.mask for one in self._leaving if one.mask not in self._live))

    def change(self, masks: Sequence[Mask], *, kept_s: float) -> None:
        """Put others in force; pictures of before are kept for at most ``kept_s``."""
        until_s = self._clock.instant() + kept_s
        with self._lock:
            gone = (_Leaving(mask=mask, until_s=until_s) for mask in self._live if mask not in masks)
            # First what hides more: a reader between the two sees both.
            self._leaving = (*self._leaving, *gone)
            self._live = tuple(masks)
            self.version += 1
