"""Intake: which records of a batch are new, per (node, epoch, stream).

Only the next sequence number is taken, a lower one is acknowledged again, a higher one is a gap. The running hash
tells a cloned, restored or rotten outbox, whose stream is put in quarantine instead of guessing. Never expires.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from patrol_wire.chain import CHAIN_START, chain_link
from relay.core.transitions import Illegal, Moved, look_up


class StreamState(StrEnum):
    """Whether a stream's records are taken."""

    LIVE = "live"
    """Records follow one another and are taken."""
    QUARANTINED = "quarantined"
    """Its chain broke: nothing is taken until the room begins a new epoch and people have looked."""


class StreamEvent(StrEnum):
    """What can happen to a stream."""

    FOLLOWED = "followed"
    BROKE = "broke"


TABLE: Final[Mapping[tuple[StreamState, StreamEvent], StreamState]] = {
    (StreamState.LIVE, StreamEvent.FOLLOWED): StreamState.LIVE,
    (StreamState.LIVE, StreamEvent.BROKE): StreamState.QUARANTINED,
    (StreamState.QUARANTINED, StreamEvent.BROKE): StreamState.QUARANTINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a stream is durable: its last sequence number and the chain value after it."""

    seq: int = 0
    chain: bytes = CHAIN_START
    state: StreamState = StreamState.LIVE
    base_seq: int = 0
    """Where the unbroken log begins: what lies before was settled by another relay, or given up by the room."""
    reason: str = ""
    """Why it is in quarantine, or which records the room gave up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The last ``new`` records of the batch are new; ``position`` holds once they are durable. 0: all known."""

    position: Position
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The batch begins beyond the next number: nothing is taken, the sender goes back to ``expected``."""

    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """The chain does not follow: nothing is taken and the stream goes to quarantine (``position`` says why)."""

    expected: int
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """The stream is in quarantine: nothing is taken."""

    expected: int


Intake = Taken | Gap | Fork | Quarantined


def step(state: StreamState, happening: StreamEvent) -> Moved[StreamState] | Illegal:
    """Return the stream's state after the happening, or why it cannot happen."""
    return look_up(TABLE, state, happening, machine="the stream")


def _broken(position: Position, reason: str) -> Fork:
    moved = step(position.state, StreamEvent.BROKE)
    state = moved.state if isinstance(moved, Moved) else position.state
    return Fork(expected=position.seq + 1, position=replace(position, state=state, reason=reason))


def judge_batch(position: Position, first_seq: int, records: Sequence[tuple[bytes, bytes]]) -> Intake:
    """Decide which of ``records`` (chain after it, body), numbered from ``first_seq``, are new."""
    if position.state is StreamState.QUARANTINED:
        return Quarantined(expected=position.seq + 1)
    if first_seq > position.seq + 1:
        return Gap(expected=position.seq + 1)
    known = position.seq - first_seq + 1
    if 0 < known <= len(records) and records[known - 1][0] != position.chain:
        return _broken(position, f"record {position.seq} was sent again with another chain value")
    if known >= len(records):
        return Taken(position=position, new=0)
    chain = position.chain
    for offset, (claimed, body) in enumerate(records[known:]):
        chain = chain_link(chain, body)
        if chain != claimed:
            return _broken(position, f"the chain breaks at record {position.seq + 1 + offset}")
    new = len(records) - known
    return Taken(position=replace(position, seq=position.seq + new, chain=chain), new=new)


def judge_hello(
    known: Position | None, retained_seq: int, retained_chain: bytes, *, may_lapse: bool = False
) -> Taken | Fork | Quarantined:
    """Decide where a room goes on, given the mark just before the oldest record it still holds.

    ``may_lapse``: streams B and C, of which a room may give up old records while the relay is away. Such a stream
    goes on at the room's mark and its position says what is missing; stream A never lapses.

    A stream the relay never met begins at the room's mark (another relay settled what lies before it). A room that
    no longer holds what this relay has not stored cannot go on: the relay was restored from an old copy.
    """
    if known is None:
        begun = Position(seq=retained_seq, chain=retained_chain, base_seq=retained_seq)
        if retained_seq == 0 and retained_chain != CHAIN_START:
            return _broken(Position(), "the room's chain does not begin at the start value")
        return Taken(position=begun, new=0)
    if known.state is StreamState.QUARANTINED:
        return Quarantined(expected=known.seq + 1)
    if retained_seq > known.seq and may_lapse:
        reason = f"records {known.seq + 1} to {retained_seq} were given up by the room"
        lapsed = Position(seq=retained_seq, chain=retained_chain, base_seq=retained_seq, reason=reason)
        return Taken(position=lapsed, new=0)
    if retained_seq > known.seq:
        return _broken(known, f"the room kept nothing before record {retained_seq + 1}, stored are {known.seq}")
    if retained_seq == known.seq and retained_chain != known.chain:
        return _broken(known, f"the room's chain differs after record {known.seq}")
    return Taken(position=known, new=0)


def credit_for(*, backlog: int, commit_ms: float, window: int) -> int:
    """Return how many records a room may have in flight: less when commits are slow, 0 when the relay drowns."""
    if backlog > 20_000:
        return 0
    return window // 4 if commit_ms > 250.0 or backlog > 10_000 else window
