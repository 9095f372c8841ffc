"""Which versions of the protocol this code speaks; versioned apart from the package (docs/wire-protocol.md §9)."""

from typing import Final

PROTOCOL_VERSION: Final = 1
OLDEST_SPOKEN: Final = 1


def choose_version(lowest: int, highest: int) -> int | None:
    """Return the highest version both sides speak, or None when the ranges do not meet."""
    best = min(highest, PROTOCOL_VERSION)
    return best if best >= max(lowest, OLDEST_SPOKEN) else None
