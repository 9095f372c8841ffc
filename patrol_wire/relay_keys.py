"""Which public keys of the relay a peer keeps, and which one it tries: pure; where they are kept is the peer's affair.

A peer begins with the key a technician gave it. The relay announces the next one over a connection that the present
one vouches for; the peer keeps both, tries the next one when the present one is refused, and from the first session
under the next one never accepts the one before it again (docs/wire-protocol.md §2).
"""

from typing import Final

import msgspec

from patrol_wire.limits import RelayKey

_REFUSED_AGAIN: Final = 3


class RelayKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a peer keeps, as JSON."""

    given: RelayKey
    """What a technician configured; with another one there everything else is void."""
    current: RelayKey
    following: RelayKey = ""
    """Announced, not yet used; empty: none."""

    @property
    def newest(self) -> str:
        """What the peer tells the relay."""
        return self.following or self.current


def begin(given: str) -> RelayKeys:
    """Return the keys of a peer that knows only what it was given."""
    return RelayKeys(given=given, current=given)


def learn(keys: RelayKeys, announced: str) -> RelayKeys:
    """Take a key that the relay announced over a session; empty or known: nothing changes."""
    if announced in ("", keys.current, keys.following):
        return keys
    return msgspec.structs.replace(keys, following=announced)


def prove(keys: RelayKeys, used: str) -> RelayKeys:
    """A session came about with the key ``used``: when it is the following one, it takes the place of the current."""
    if not keys.following or used != keys.following:
        return keys
    return RelayKeys(given=keys.given, current=used)


def other(keys: RelayKeys, used: str) -> str:
    """Return which key to try after ``used`` was refused: the same one when there is no other."""
    if used == keys.current and keys.following:
        return keys.following
    return keys.current


def refusals_before_other(turns: int) -> int:
    """Return how many handshakes must fail before the other key is tried, after so many turns without a session.

    The first time one is enough, for the announced change is the likely reason; later the socket's own pauses between
    three of them keep a peer that neither key helps from knocking without end.
    """
    return 1 if turns == 0 else _REFUSED_AGAIN


def load(text: bytes, *, given: str) -> RelayKeys:
    """Return what was kept; what cannot be read or follows from another given key counts for nothing."""
    try:
        kept = msgspec.json.decode(text, type=RelayKeys)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return begin(given)
    return kept if kept.given == given and kept.current else begin(given)


def dump(keys: RelayKeys) -> bytes:
    """Return what is to be kept."""
    return msgspec.json.encode(keys) + b"\n"
