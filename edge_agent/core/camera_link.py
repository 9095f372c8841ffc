"""The camera link machine: whether a camera delivers pictures, and when to try again if it does not.

Owns states, failure classes and the back-off. The shell (``capture.camera_thread``) opens and closes connections,
measures silence and sameness, and brings the time and the randomness with every event.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar, cast

from edge_agent.core.link_failures import Failure, FailureClass, FailureKind


class LinkState(StrEnum):
    """Where a camera's connection stands."""

    CONNECTING = "connecting"  # a connection is being opened, or is open and has not shown a picture yet
    STREAMING = "streaming"  # pictures arrive and differ from each other
    STALLED = "stalled"  # the connection is open, but no picture came for stall_after_s
    FROZEN = "frozen"  # pictures arrive, but they were all the same for frozen_after_s
    BACKING_OFF = "backing_off"  # no connection; the next try is at next_try_s
    DISABLED = "disabled"  # switched off; nothing is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """The patience of one camera link, in seconds."""

    open_within_s: float = 15.0
    """A connection that is not open by then is abandoned (host names and handshakes included)."""
    first_picture_within_s: float = 40.0
    """Packets may flow so long before the first picture: cameras with a keyframe every 30 s exist."""
    stall_after_s: float = 5.0
    give_up_after_s: float = 10.0
    """Silence after which the connection is given up and opened anew."""
    frozen_after_s: float = 10.0
    """0 switches the test off."""
    reopen_frozen_after_s: float = 60.0
    """A camera frozen for so long is connected anew; each time in a row doubles the patience, up to 16 times."""
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0
    shortest_wait_s: float = 0.1
    """Full jitter may draw nearly 0; a refusing host is still not asked more often than this."""
    good_after_s: float = 20.0
    """Streaming for so long forgets earlier failures."""


# --- events: what the shell saw; every one carries the instant (monotonic seconds) ------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Enable:
    """The camera is to be watched."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Disable:
    """The camera is to be left alone."""

    at_s: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The connection is open and carries a video stream."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPicture:
    """The first picture of this connection was decoded."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The regular look at an attempt: seconds since the last packet, the last picture and the last new picture."""

    at_s: float
    silent_s: float
    no_picture_s: float
    same_s: float
    randomness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The attempt or the connection ended by itself."""

    at_s: float
    failure: Failure
    randomness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOver:
    """The instant next_try_s has come."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryNow:
    """A person asks to try at once."""

    at_s: float


LinkEvent = Enable | Disable | Opened | FirstPicture | Looked | Failed | WaitOver | RetryNow


# --- instructions: what the shell must do, in order ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConnection:
    """Begin a new attempt; earlier attempts no longer count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseConnection:
    """End the current attempt, if there is one, without waiting for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """The state or its reason changed: tell whoever watches this link."""


LinkInstruction = OpenConnection | CloseConnection | Announce

_OPEN: Final = OpenConnection()
_CLOSE: Final = CloseConnection()
_ANNOUNCE: Final = Announce()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBook:
    """Everything the machine remembers about one camera."""

    settings: LinkSettings = LinkSettings()
    state: LinkState = LinkState.DISABLED
    since_s: float = 0.0
    reason: str = "not started"
    failure: Failure | None = None
    """Why the last connection ended; None once pictures flow again."""
    opened_s: float | None = None
    failures_in_row: int = 0
    next_try_s: float | None = None
    reconnects: int = 0
    """Connections begun after the first one."""
    frozen_in_row: int = 0


Step = tuple[LinkBook, tuple[LinkInstruction, ...]]


class LinkOrderError(AssertionError):
    """The shell reported an event that cannot happen in this state; a defect of ours, never of a camera."""


def step(book: LinkBook, event: LinkEvent) -> Step:
    """Decide what one event means for the camera link.

    The caller performs the instructions in order. Raises LinkOrderError for an event the state does not know.
    """
    handler = TABLE.get((book.state, type(event)))
    if handler is None:
        raise LinkOrderError(f"camera link in state {book.state} got {type(event).__name__}")
    return handler(book, event)


def back_off_s(
    settings: LinkSettings, *, failures_in_row: int, failure_class: FailureClass, randomness: float
) -> float:
    """Return how long to wait after the n-th failure in a row (n from 1).

    Retryable: exponential with full jitter (uniform between the shortest wait and 0.5 s, 1 s, 2 s … 60 s), so that a
    hundred cameras behind one switch do not come back in the same second. Permanent: between half the longest wait and
    all of it, from the first failure on.
    """
    if failure_class is FailureClass.PERMANENT:
        return settings.longest_wait_s * (0.5 + 0.5 * randomness)
    ceiling_s = min(settings.longest_wait_s, settings.first_wait_s * 2.0 ** min(failures_in_row - 1, 32))
    return max(settings.shortest_wait_s, ceiling_s * randomness)


def _enter(book: LinkBook, state: LinkState, at_s: float, reason: str) -> LinkBook:
    return replace(book, state=state, since_s=at_s, reason=reason)


def _stay(book: LinkBook, _: LinkEvent) -> Step:
    return book, ()


def _connect(book: LinkBook, at_s: float, *, reason: str, again: bool) -> Step:
    entered = _enter(book, LinkState.CONNECTING, at_s, reason)
    reconnects = book.reconnects + 1 if again else book.reconnects
    return replace(entered, opened_s=None, next_try_s=None, reconnects=reconnects), (_OPEN, _ANNOUNCE)


def _enable(book: LinkBook, event: Enable) -> Step:
    fresh = replace(book, failures_in_row=0, frozen_in_row=0, failure=None)
    return _connect(fresh, event.at_s, reason="connecting", again=False)


def _disable(book: LinkBook, event: Disable) -> Step:
    entered = _enter(book, LinkState.DISABLED, event.at_s, event.reason)
    return replace(entered, next_try_s=None, opened_s=None), (_CLOSE, _ANNOUNCE)


def _opened(book: LinkBook, event: Opened) -> Step:
    return replace(book, opened_s=event.at_s, reason="connected; waiting for the first keyframe"), (_ANNOUNCE,)


def _first_picture(book: LinkBook, event: FirstPicture) -> Step:
    entered = _enter(book, LinkState.STREAMING, event.at_s, "")
    return replace(entered, failure=None, opened_s=book.opened_s or event.at_s), (_ANNOUNCE,)


def _fail(book: LinkBook, at_s: float, failure: Failure, randomness: float) -> Step:
    in_row = book.failures_in_row + 1
    wait_s = back_off_s(
        book.settings, failures_in_row=in_row, failure_class=failure.failure_class, randomness=randomness
    )
    entered = _enter(book, LinkState.BACKING_OFF, at_s, failure.sentence)
    waiting = replace(entered, failure=failure, failures_in_row=in_row, next_try_s=at_s + wait_s, opened_s=None)
    return waiting, (_CLOSE, _ANNOUNCE)


def _failed(book: LinkBook, event: Failed) -> Step:
    return _fail(book, event.at_s, event.failure, event.randomness)


def _look_while_connecting(book: LinkBook, event: Looked) -> Step:
    patience = book.settings
    if book.opened_s is None:
        if event.at_s - book.since_s < patience.open_within_s:
            return book, ()
        failure = Failure(
            kind=FailureKind.TIMED_OUT, sentence=f"no answer within {patience.open_within_s:g} s of connecting"
        )
    elif event.silent_s >= patience.give_up_after_s:
        failure = Failure(kind=FailureKind.SILENT, sentence=f"connected, but no packet for {event.silent_s:.0f} s")
    elif event.at_s - book.opened_s >= patience.first_picture_within_s:
        failure = Failure(
            kind=FailureKind.UNDECODABLE,
            sentence=f"packets arrive, but none became a picture within {patience.first_picture_within_s:g} s "
            "(no keyframe or no parameter sets)",
        )
    else:
        return book, ()
    return _fail(book, event.at_s, failure, event.randomness)


def _look_while_streaming(book: LinkBook, event: Looked) -> Step:
    patience = book.settings
    if event.silent_s >= patience.stall_after_s:
        return _enter(book, LinkState.STALLED, event.at_s, f"no packet for {event.silent_s:.0f} s"), (_ANNOUNCE,)
    if event.no_picture_s >= patience.first_picture_within_s:
        reason = f"packets arrive, but none became a picture for {event.no_picture_s:.0f} s"
        return _enter(book, LinkState.STALLED, event.at_s, reason), (_ANNOUNCE,)
    if patience.frozen_after_s and event.same_s >= patience.frozen_after_s:
        return _enter(book, LinkState.FROZEN, event.at_s, f"the same picture for {event.same_s:.0f} s"), (_ANNOUNCE,)
    if event.at_s - book.since_s >= patience.good_after_s and (book.failures_in_row or book.frozen_in_row):
        return replace(book, failures_in_row=0, frozen_in_row=0), ()
    return book, ()


def _look_while_stalled(book: LinkBook, event: Looked) -> Step:
    patience = book.settings
    if event.silent_s >= patience.give_up_after_s:
        failure = Failure(kind=FailureKind.SILENT, sentence=f"no packet for {event.silent_s:.0f} s")
        return _fail(book, event.at_s, failure, event.randomness)
    if event.no_picture_s >= patience.first_picture_within_s + patience.give_up_after_s:
        failure = Failure(
            kind=FailureKind.UNDECODABLE,
            sentence=f"packets arrive, but none became a picture for {event.no_picture_s:.0f} s",
        )
        return _fail(book, event.at_s, failure, event.randomness)
    if event.silent_s < patience.stall_after_s and event.no_picture_s < patience.stall_after_s:
        return _enter(book, LinkState.STREAMING, event.at_s, ""), (_ANNOUNCE,)
    return book, ()


def _look_while_frozen(book: LinkBook, event: Looked) -> Step:
    patience = book.settings
    if event.silent_s >= patience.stall_after_s:
        return _enter(book, LinkState.STALLED, event.at_s, f"no packet for {event.silent_s:.0f} s"), (_ANNOUNCE,)
    if event.same_s < patience.frozen_after_s:
        return _enter(book, LinkState.STREAMING, event.at_s, ""), (_ANNOUNCE,)
    if event.at_s - book.since_s >= patience.reopen_frozen_after_s * 2.0 ** min(book.frozen_in_row, 4):
        failure = Failure(kind=FailureKind.SAME_PICTURE, sentence=f"the same picture for {event.same_s:.0f} s")
        entered = _enter(book, LinkState.BACKING_OFF, event.at_s, f"{failure.sentence}; connecting anew")
        waiting = replace(
            entered,
            failure=failure,
            frozen_in_row=book.frozen_in_row + 1,
            next_try_s=event.at_s + patience.shortest_wait_s,
            opened_s=None,
        )
        return waiting, (_CLOSE, _ANNOUNCE)
    return book, ()


def _wait_over(book: LinkBook, event: WaitOver) -> Step:
    if book.next_try_s is not None and event.at_s < book.next_try_s:
        return book, ()
    return _connect(book, event.at_s, reason=f"connecting again after: {book.reason}", again=True)


def _retry_now(book: LinkBook, event: RetryNow) -> Step:
    return _connect(book, event.at_s, reason="connecting again, as asked", again=True)


def _reopen(book: LinkBook, event: RetryNow) -> Step:
    connecting, instructions = _retry_now(book, event)
    return connecting, (_CLOSE, *instructions)


Handler = Callable[[LinkBook, LinkEvent], Step]
E = TypeVar("E", bound=LinkEvent)


def _row(state: LinkState, kind: type[E], handler: Callable[[LinkBook, E], Step]) -> tuple[LinkState, type[E], Handler]:
    """Return one line of the table; the cast is sound because ``step`` looks handlers up by the event's own type."""
    return state, kind, cast("Handler", handler)


_ROWS: Final = (
    _row(LinkState.DISABLED, Enable, _enable),
    _row(LinkState.DISABLED, Disable, _stay),
    _row(LinkState.DISABLED, RetryNow, _stay),
    _row(LinkState.CONNECTING, Enable, _stay),
    _row(LinkState.CONNECTING, Disable, _disable),
    _row(LinkState.CONNECTING, Opened, _opened),
    _row(LinkState.CONNECTING, FirstPicture, _first_picture),
    _row(LinkState.CONNECTING, Looked, _look_while_connecting),
    _row(LinkState.CONNECTING, Failed, _failed),
    _row(LinkState.CONNECTING, RetryNow, _stay),
    _row(LinkState.STREAMING, Enable, _stay),
    _row(LinkState.STREAMING, Disable, _disable),
    _row(LinkState.STREAMING, Looked, _look_while_streaming),
    _row(LinkState.STREAMING, Failed, _failed),
    _row(LinkState.STREAMING, RetryNow, _stay),
    _row(LinkState.STALLED, Enable, _stay),
    _row(LinkState.STALLED, Disable, _disable),
    _row(LinkState.STALLED, Looked, _look_while_stalled),
    _row(LinkState.STALLED, Failed, _failed),
    _row(LinkState.STALLED, RetryNow, _reopen),
    _row(LinkState.FROZEN, Enable, _stay),
    _row(LinkState.FROZEN, Disable, _disable),
    _row(LinkState.FROZEN, Looked, _look_while_frozen),
    _row(LinkState.FROZEN, Failed, _failed),
    _row(LinkState.FROZEN, RetryNow, _reopen),
    _row(LinkState.BACKING_OFF, Enable, _stay),
    _row(LinkState.BACKING_OFF, Disable, _disable),
    _row(LinkState.BACKING_OFF, WaitOver, _wait_over),
    _row(LinkState.BACKING_OFF, RetryNow, _retry_now),
)
TABLE: Final[dict[tuple[LinkState, type[LinkEvent]], Handler]] = {(state, kind): do for state, kind, do in _ROWS}
"""Every event a state knows; the diagram in the documentation is drawn from it."""
