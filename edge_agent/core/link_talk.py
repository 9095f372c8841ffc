"""What the session machine and its shell tell each other: events in, instructions out.

``session.py`` decides, ``edge_agent/link`` performs; both import the words from here.
"""

from dataclasses import dataclass

from edge_agent.core.outbox import LaneMarks
from patrol_wire.ids import Stream
from patrol_wire.messages import Message

# --- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The outbox stored or gave up records; its marks now."""

    lanes: tuple[LaneMarks, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A batch was handed to the socket: the records after ``after`` up to ``upto``."""

    stream: Stream
    after: int
    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The socket took nothing; nothing is sent until Writable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """The outbox did not have what was asked for (it gave records up); nothing is sent until the next tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """The socket takes messages again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The transport lost its peer and is trying to reach it again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the relay; ``stream`` is that of its prefix."""

    message: Message
    stream: Stream | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Time passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLearned:
    """A next key of the relay was announced and is kept now: the relay is told by a new hello."""


SessionEvent = Recorded | Sent | Blocked | Unread | Writable | Disconnected | Heard | Ticked | KeyLearned


# --- instructions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSocket:
    """Close the socket if there is one and connect a new one."""

    endpoint: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendHello:
    """Send hello with this session number and the outbox's retained marks."""

    session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBatch:
    """Send at most ``limit`` records after ``after``; answer with Sent, Blocked or Unread."""

    stream: Stream
    after: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPing:
    """Send ping with what is still held."""

    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Tell the outbox what the relay holds."""

    stream: Stream
    stored: int
    final: int
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlarm:
    """Tell people: this does not mend itself."""

    code: str
    text: str


Instruction = BuildSocket | SendHello | SendBatch | SendPing | Settle | RaiseAlarm
