"""The relay's one book of refusals: any thread writes, the web reads; a log line when one begins and when it ends."""

from threading import Lock
from typing import Final

import structlog

from relay.core.refusals import RefusalBook, Refused, hush, note
from relay.ops.clock import Clock

_LOG: Final = structlog.get_logger("relay.refusals")


class RefusalLog:
    """Owns the book. In memory only: what must outlive the relay is in the log and in the dead letters."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._book = RefusalBook()

    @property
    def book(self) -> RefusalBook:
        """The book as it is now; a value."""
        return self._book

    def note(self, refused: Refused) -> None:
        """Write a refusal down (relay.core.refusals.NoteRefusal)."""
        with self._lock:
            self._book, began = note(self._book, refused, self._clock.now_us())
        if began:
            _LOG.warning(
                "peer_refused",
                gate=refused.gate,
                peer=refused.peer,
                code=refused.code,
                times=refused.times,
                found=refused.detail,
            )

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
