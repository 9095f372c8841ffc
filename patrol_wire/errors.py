"""The one error of the contract."""

from typing import Final

WIRE_REASONS: Final = frozenset(
    {
        "short_frame",
        "long_frame",
        "bad_magic",
        "unknown_version",
        "unknown_stream",
        "unknown_kind",
        "bad_body",
    }
)
"""Every reason a WireError can carry; they are also the ``code`` of the Error message sent back."""


class WireError(ValueError):
    """Bytes that are not a message of this protocol; the connection goes on, the message is refused and counted.

    ``reason`` is one of WIRE_REASONS and stable; the text says what was found.
    """

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(f"{reason}: {found}")
        self.reason = reason
        self.found = found
