"""The notification: one attempt to tell one recipient over one channel. Machine facts; they stop no escalation."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from patrol_wire.ids import DispatchId, IncidentId
from relay.core.transitions import Illegal, Moved, look_up

CENTRE: Final = "centre"
"""Recipient: the duty officer's desk at the centre."""


class NotificationState(StrEnum):
    """How far a notification has come."""

    PLANNED = "planned"
    """Decided and durable; nothing has been sent."""
    SENT = "sent"
    """Handed to the channel."""
    DELIVERED = "delivered"
    """The recipient's device stored it."""
    SEEN = "seen"
    """A person had it on the screen."""
    FAILED_RETRYABLE = "failed_retryable"
    """The channel refused for now; it is tried again."""
    FAILED_PERMANENT = "failed_permanent"
    """The channel refused for good; another channel is needed."""
    SUPERSEDED = "superseded"
    """No longer wanted: taken by another, ended, or too old."""


class NotificationEvent(StrEnum):
    """What can happen to a notification."""

    SEND = "send"
    DELIVER = "deliver"
    SEE = "see"
    FAIL_FOR_NOW = "fail_for_now"
    FAIL_FOR_GOOD = "fail_for_good"
    SUPERSEDE = "supersede"


class Channel(StrEnum):
    """How a recipient is reached."""

    MAILBOX = "mailbox"
    """A unit's durable mailbox, read by its terminal."""
    DESK = "desk"
    """The duty officer's live page."""
    WEBHOOK = "webhook"
    """A program of others, by HTTP with a signature."""
    MAIL = "mail"
    """E-mail through the city's mail server."""
    PUSH = "push"
    """Web Push to the phone app: wakes it, so that it reads its mailbox."""
    HOOK = "hook"
    """A gateway for SMS or calls, by HTTP or as a program."""
    CAP = "cap"
    """A CAP 1.2 message to an aggregator, by HTTP."""


_S, _E = NotificationState, NotificationEvent

TABLE: Final[Mapping[tuple[NotificationState, NotificationEvent], NotificationState]] = {
    (_S.PLANNED, _E.SEND): _S.SENT,
    (_S.PLANNED, _E.FAIL_FOR_NOW): _S.FAILED_RETRYABLE,
    (_S.PLANNED, _E.FAIL_FOR_GOOD): _S.FAILED_PERMANENT,
    (_S.PLANNED, _E.SUPERSEDE): _S.SUPERSEDED,
    # A receipt proves that it was sent, even where the note of sending was lost in a crash.
    (_S.PLANNED, _E.DELIVER): _S.DELIVERED,
    (_S.PLANNED, _E.SEE): _S.SEEN,
    (_S.SENT, _E.DELIVER): _S.DELIVERED,
    (_S.SENT, _E.SEE): _S.SEEN,
    (_S.SENT, _E.FAIL_FOR_NOW): _S.FAILED_RETRYABLE,
    (_S.SENT, _E.FAIL_FOR_GOOD): _S.FAILED_PERMANENT,
    (_S.SENT, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.DELIVERED, _E.SEE): _S.SEEN,
    (_S.FAILED_RETRYABLE, _E.FAIL_FOR_NOW): _S.FAILED_RETRYABLE,
    (_S.FAILED_RETRYABLE, _E.DELIVER): _S.DELIVERED,
    (_S.FAILED_RETRYABLE, _E.SEE): _S.SEEN,
    (_S.FAILED_RETRYABLE, _E.SEND): _S.SENT,
    (_S.FAILED_RETRYABLE, _E.FAIL_FOR_GOOD): _S.FAILED_PERMANENT,
    (_S.FAILED_RETRYABLE, _E.SUPERSEDE): _S.SUPERSEDED,
}


class Notification(Struct, frozen=True, kw_only=True, gc=False):
    """A planned notification; the store gives it its number."""

    incident_id: IncidentId
    dispatch_id: DispatchId | None
    recipient: str
    """A unit, CENTRE, or the name of a channel's receiver in the configuration."""
    channel: Channel
    state: NotificationState
    reason: str
    planned_us: int


def step(state: NotificationState, happening: NotificationEvent) -> Moved[NotificationState] | Illegal:
    """Return the state after the happening, or why it cannot happen."""
    return look_up(TABLE, state, happening, machine="the notification")


def states_before(happening: NotificationEvent) -> tuple[NotificationState, ...]:
    """Return the states from which a happening is possible: the guard of a bulk update."""
    return tuple(state for state, what in TABLE if what is happening)
