"""Exposure: how long cameras watched and units patrolled, so that counts can be read as rates.

Only time that somebody vouched for counts: a report speaks for the time since the one before it, and for none of it
when that is longer ago than reports ever are. What is credited once is never credited again.
"""

from typing import NamedTuple


class Span(NamedTuple):
    """Time from (included) to (excluded), UTC microseconds."""

    from_us: int
    to_us: int


def credited(until_us: int | None, at_us: int, *, longest_us: int) -> Span | None:
    """Return the time a report made at ``at_us`` adds; None: it adds none, and moves nothing.

    ``until_us`` is up to when time was credited or known to be a gap; None before the first report. An empty span means
    that a gap ends here: from now on time counts again. A report from before ``until_us`` (sent twice, a clock put
    back) adds nothing.
    """
    if until_us is None or at_us - until_us > longest_us:
        return Span(at_us, at_us)
    if at_us <= until_us:
        return None
    return Span(until_us, at_us)
