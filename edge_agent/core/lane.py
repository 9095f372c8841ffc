"""One stream of the outbox as the link sees it during a session: what is there, sent, stored and final."""

from dataclasses import dataclass, replace

from edge_agent.core.outbox import LaneMarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Sequence numbers of one stream; always ``base <= stored <= sent <= last`` while it is not halted."""

    base: int = 0
    """Everything up to here has left the room."""
    last: int = 0
    """The newest durable record."""
    stored: int = 0
    """Acknowledged by the relay."""
    sent: int = 0
    """Handed to the socket in this session."""
    halted: str = ""
    """Why nothing of this stream is sent any more; empty while it flows."""
    rewound_to: int = 0
    """Where the last gap made us go back to; further answers to the same gap are ignored for a moment."""
    rewound_at: float = 0.0
    told: int = 0
    """The most this session's relay has said it stores; below ``base`` only when it was restored from an old copy."""

    @property
    def in_flight(self) -> int:
        """Records the relay was given and has not acknowledged."""
        return 0 if self.halted else self.sent - self.stored

    @property
    def pending(self) -> int:
        """Records the relay has not acknowledged."""
        return self.last - self.stored

    @property
    def waiting(self) -> bool:
        """Tell whether there is something to send."""
        return not self.halted and self.sent < self.last


def lane_from(marks: LaneMarks) -> Lane:
    """Return the lane at the beginning of a session, before the relay said what it has."""
    stored = max(marks.stored, marks.base.seq)
    return Lane(base=marks.base.seq, last=marks.last.seq, stored=stored, sent=stored)


def grown(lane: Lane, marks: LaneMarks) -> Lane:
    """Take over what the outbox has meanwhile stored or given up."""
    base = marks.base.seq
    return replace(lane, base=base, last=marks.last.seq, stored=max(lane.stored, base), sent=max(lane.sent, base))


def unsent(lane: Lane) -> Lane:
    """Return the lane after its session is lost: what was in flight is to be sent again."""
    return replace(lane, sent=lane.stored, rewound_to=0)
