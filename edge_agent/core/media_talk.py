"""What the media lane's machine and its shell tell each other: events in, instructions out.

``media_lane.py`` decides, ``edge_agent/link/media_link.py`` performs; both import the words from here.
"""

from dataclasses import dataclass

from edge_agent.core.media_items import MediaItem, MediaState
from patrol_wire.messages import Message

# --- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySeen:
    """Where the relay's media gate is; empty when it takes no media, and then why."""

    endpoint: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What waits, the first to go first, and whether stream A (or a session that is not open) holds it back."""

    upcoming: tuple[MediaItem, ...]
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The offer was handed to the socket."""

    item: MediaItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A chunk was handed to the socket; ``upto`` is where it ends."""

    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The socket took nothing; nothing is sent until Writable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """The socket takes messages again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the relay."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The content cannot be sent: its file is gone, or its bytes are not what its name says."""

    item: MediaItem
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """What became of content could not be written down; it still waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The transport lost its peer and is trying to reach it again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Time passed."""


LaneEvent = (
    RelaySeen | Looked | Offered | Sent | Blocked | Writable | Heard | Broken | Unsettled | Disconnected | Ticked
)


# --- instructions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSocket:
    """Close the socket if there is one and connect a new one."""

    endpoint: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSocket:
    """Close it: the relay takes no media."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOffer:
    """Offer this content; answer with Offered, Blocked, or Looked when stream A has come in between."""

    item: MediaItem


@dataclass(frozen=True, slots=True, kw_only=True)
class SendChunk:
    """Send the chunk at ``offset``; answer with Sent, Blocked, Broken, or Looked when stream A has come in between."""

    item: MediaItem
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """The relay says that the bytes are wrong: hash the file, answer with Broken when it is this room's fault."""

    item: MediaItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Write down what became of content, then let retention have its file; answer with Looked or Unsettled."""

    item: MediaItem
    state: MediaState
    reason: str


LaneInstruction = OpenSocket | CloseSocket | SendOffer | SendChunk | Verify | Settle
