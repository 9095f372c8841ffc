"""The one place of the simulator that asks the machine for wall-clock time; pacing uses the event loop's own clock."""

import time


def utc_s() -> float:
    """Return UTC seconds since 1970, for RTCP sender reports and for people."""
    return time.time()  # noqa: TID251 - the one place that may ask
