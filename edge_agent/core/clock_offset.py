"""How far this room's clock is from the relay's, from one ping and its answer."""

from typing import Final

LONGEST_US: Final = 2_000_000
"""A longer round trip says too little: the answer was given at any moment of it."""


def clock_offset_s(*, sent_us: int, answered_us: int, received_us: int) -> float | None:
    """Return this room's clock less the relay's, in seconds; wrong by at most half the round trip.

    ``sent_us`` and ``received_us`` are this room's clock, ``answered_us`` is the relay's. None when the round trip was
    too long, or this room's clock was set back during it.
    """
    if not 0 <= received_us - sent_us <= LONGEST_US:
        return None
    return ((sent_us + received_us) / 2 - answered_us) / 1e6
