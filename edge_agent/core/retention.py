"""How long evidence is kept, and when the clock is too doubtful to say so.

Owns ``forget_before`` and ``kept_for_s``. Pure. A clock that is a year ahead would make everything old at once;
evidence that is gone does not come back when the clock is set right.
"""

from typing import Final

DOUBTFUL_OFFSET_S: Final = 3_600.0
"""A room further from the relay's clock than this does not know how old anything is."""
DOUBTFUL_STEP_S: Final = 86_400.0
"""So long after the clock was set, somebody has seen what it did."""


def forget_before(
    *, now_us: int, max_age_s: float, clock_offset_s: float | None, stepped_s_ago: float | None
) -> int | None:
    """Return the moment (UTC microseconds) before which evidence is too old; None: nothing goes because of its age.

    ``max_age_s`` 0 keeps everything. ``clock_offset_s`` is the room's clock less the relay's where it is known,
    ``stepped_s_ago`` how long ago the room's clock was set, None when it never was.
    """
    if max_age_s <= 0.0:
        return None
    if clock_offset_s is not None and abs(clock_offset_s) > DOUBTFUL_OFFSET_S:
        return None
    if stepped_s_ago is not None and stepped_s_ago < DOUBTFUL_STEP_S:
        return None
    return now_us - round(max_age_s * 1_000_000)


LEAST_AGE_S: Final = 600.0
"""A rate taken of less than this tells more about the last alert than about the day."""


def kept_for_s(
    *, kept_bytes: int, limit_bytes: int, spare_bytes: int, oldest_age_s: float | None, max_age_s: float
) -> float | None:
    """Return how long evidence will be kept, in seconds, if it goes on coming as it came; None: too early to say.

    ``spare_bytes`` is what the disk has above its reserve, ``oldest_age_s`` the age of the oldest content kept (None:
    nothing is kept), ``max_age_s`` the age at which it goes in any case (0: it does not).
    """
    if oldest_age_s is None or oldest_age_s < LEAST_AGE_S or kept_bytes <= 0:
        return None
    left = max(0, min(limit_bytes - kept_bytes, spare_bytes))
    by_space_s = oldest_age_s * (1.0 + left / kept_bytes)
    return min(by_space_s, max_age_s) if max_age_s > 0.0 else by_space_s
