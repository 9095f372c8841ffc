"""The relay's one book of refusals: any thread writes, the web reads; a log line when one begins and when it ends."""

from threading import Lock
from typing import Final

import structlog

from relay.core.refusals import RefusalBook, RefusalTally, Refused, Tallies, hush, merged_tallies, note, tally
from relay.ops.clock import Clock

_LOG: Final = structlog.get_logger("relay.refusals")


class RefusalLog:
    """Owns the book in memory, and what of it is not in the store yet (``take`` and ``give_back``)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._book = RefusalBook()
        self._unstored: Tallies = {}

    @property
    def book(self) -> RefusalBook:
        """The book as it is now; a value."""
        return self._book

    def note(self, refused: Refused) -> None:
        """Write a refusal down (relay.core.refusals.NoteRefusal)."""
        now_us = self._clock.now_us()
        with self._lock:
            self._book, began = note(self._book, refused, now_us)
            self._unstored = tally(self._unstored, refused, now_us)
        if began:
            _LOG.warning(
                "peer_refused",
                gate=refused.gate,
                peer=refused.peer,
                code=refused.code,
                times=refused.times,
                found=refused.detail,
            )

    def take(self) -> tuple[RefusalTally, ...]:
        """Return what is not stored yet; whoever takes it stores it or gives it back."""
        with self._lock:
            taken, self._unstored = tuple(self._unstored.values()), {}
        return taken

    def give_back(self, taken: tuple[RefusalTally, ...]) -> None:
        """It could not be stored: it is counted with what came since."""
        with self._lock:
            self._unstored = merged_tallies({each[:4]: each for each in taken}, self._unstored.values())

    def settle(self) -> None:
        """Tell which refusals have ended; call now and then."""
        with self._lock:
            before = self._book
            self._book, ended = hush(before, self._clock.now_us())
        for key in ended:
            _LOG.info(
                "peer_refused_no_more",
                gate=key.gate,
                peer=key.peer,
                code=key.code,
                times=before.entries[key].count,
            )
