"""Identifiers and closed sets that both ends of a link must spell alike."""

from enum import StrEnum
from typing import NewType

NodeName = NewType("NodeName", str)
"""A peer with a key of its own: a room, a unit terminal, an index consumer. 1-64 of ``a-z 0-9 . _ -``."""
CameraName = NewType("CameraName", str)
"""A camera, unique within its room. Same alphabet as NodeName."""
UnitId = NewType("UnitId", str)
"""A patrol unit; equal to the node name of its terminal."""
AlertId = NewType("AlertId", str)
"""UUIDv7 in its canonical text form, made in the room when the alert is stored."""
IncidentId = NewType("IncidentId", str)
"""UUIDv7 made at the relay."""
DispatchId = NewType("DispatchId", str)
"""UUIDv7 made at the relay: one unit assigned to one incident."""
CommandId = NewType("CommandId", str)
"""UUIDv7 made by whoever gives the command; replaying it has no second effect."""
AreaId = NewType("AreaId", str)
"""An area of the city, e.g. ``t03-c07`` (community 7 of town 3)."""
Epoch = NewType("Epoch", int)
"""Random 63-bit number born with an outbox file; a new file is a new epoch."""
Seq = NewType("Seq", int)
"""Position of a record in one stream of one epoch; the first is 1, without holes."""
Micros = NewType("Micros", int)
"""UTC microseconds since 1970-01-01, the form of time on the wire and in SQL."""
Sha256 = NewType("Sha256", str)
"""Content address: 64 lower-case hexadecimal digits."""


class Role(StrEnum):
    """What a key may do; the gate learns it from the key, never from a message."""

    ROOM = "room"
    TERMINAL = "terminal"
    INDEX = "index"


class Stream(StrEnum):
    """Independent lanes of one outbox; B and C never delay A."""

    ALERTS = "a"
    """Alerts, flags and judgements: what people act on."""
    REPORTS = "b"
    """Health, shift log, attestations."""
    MEDIA = "c"
    """Manifests of snapshots and clips."""


class Severity(StrEnum):
    """How urgent an alert is; decides the escalation clock."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Forward(StrEnum):
    """Who is asked first about a machine alert."""

    SUGGEST = "suggest"
    """The room's operator judges it before units are told; the centre sees it unverified at once."""
    DIRECT = "direct"
    """Units are told at once."""


class Verdict(StrEnum):
    """An operator's judgement of a machine alert."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Step(StrEnum):
    """What a unit tells about its dispatch, in the order of the work; the last three move no state."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEAR = "clear"
    CHECK_IN = "check_in"
    """All is well: starts the check-in time on the scene again."""
    ASSIST = "assist"
    """Another unit is needed beside this one."""
    HAND_OVER = "hand_over"
    """This unit wants to be relieved; it stays until another has accepted."""


class Outcome(StrEnum):
    """How a unit found the incident when it clears it."""

    CONFIRMED = "confirmed"
    """It happened."""
    NOTHING_FOUND = "nothing_found"
    """Nobody there, nothing seen; stays in reported, adds nothing to confirmed."""
    FALSE_ALARM = "false_alarm"
    """The camera or the operator was mistaken; stays in reported, adds nothing to confirmed."""


class Receipt(StrEnum):
    """Machine facts about a mailbox entry; they never stop an escalation."""

    DELIVERED = "delivered"
    SEEN = "seen"


class Measure(StrEnum):
    """What an incident count counts (DESIGN.md §6)."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
