"""The room's side of the media lane (docs/wire-protocol.md §8) as one pure machine: never ahead of stream A.

The shell (``edge_agent/link/media_link.py``) owns the socket and reads the files; it performs the instructions in order
and reports what happened as the next event. Nothing here waits, reads a clock or touches a byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, assert_never

from edge_agent.core.media_items import MediaItem, MediaState, goes_before
from edge_agent.core.media_talk import (
    Blocked,
    Broken,
    CloseSocket,
    Disconnected,
    Heard,
    LaneEvent,
    LaneInstruction,
    Looked,
    Offered,
    OpenSocket,
    RelaySeen,
    SendChunk,
    SendOffer,
    Sent,
    Settle,
    Ticked,
    Unsettled,
    Verify,
    Writable,
)
from patrol_wire.media import FINAL_REASONS, SILENT_AFTER_S, MediaReason, window_end
from patrol_wire.messages import Bye, Error, MediaDone, MediaWant, Who

LONGEST_SILENCE_S: Final = 300.0
"""A chunk may need minutes on a slow way: the patience doubles with each socket that brought nothing."""
QUICK_S: Final = 0.125
SLOW_S: Final = 0.25
"""How long a chunk in flight may take before fewer are sent ahead: what is in flight delays the next alert."""
FIRST_REST_S: Final = 2.0
LONGEST_REST_S: Final = 300.0
"""After a refusal that concerns the whole lane (no space, busy); doubling."""
FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 3_600.0
"""Before content that was refused alone is offered again; doubling."""
REMEMBERED: Final = 256
"""Refused contents whose next try is remembered; beyond that the one due soonest is forgotten and tried again."""
_OF_THE_LANE: Final = frozenset({MediaReason.NO_SPACE, MediaReason.UNWRITABLE, MediaReason.BUSY})


class LaneState(StrEnum):
    """Where the lane stands."""

    OFF = "off"
    """The relay takes no media, or has not said so yet: nothing is sent, everything is kept."""
    IDLE = "idle"
    """Nothing is on its way; what waits is offered as soon as it may be."""
    OFFERED = "offered"
    """The relay has not answered the offer."""
    SENDING = "sending"
    """Chunks go within the relay's credit and the room's own pace."""
    RESTING = "resting"
    """The relay cannot take anything now; tried again later."""


class LaneChange(StrEnum):
    """What moves it; the shell's events are told in these words."""

    OPEN = "open"
    """The relay said where its media gate is."""
    CLOSE = "close"
    """The relay takes no media any more."""
    OFFER = "offer"
    WANT = "want"
    FINISH = "finish"
    """Stored, refused, or nothing to send it from."""
    LOSE = "lose"
    """The connection, or the relay's memory of it, is gone: offer again."""
    REST = "rest"
    WAKE = "wake"


_S, _C = LaneState, LaneChange
LANE_TABLE: Final[Mapping[tuple[LaneState, LaneChange], LaneState]] = {
    (_S.OFF, _C.OPEN): _S.IDLE,
    (_S.IDLE, _C.OPEN): _S.IDLE,
    (_S.OFFERED, _C.OPEN): _S.IDLE,
    (_S.SENDING, _C.OPEN): _S.IDLE,
    (_S.RESTING, _C.OPEN): _S.IDLE,
    (_S.OFF, _C.CLOSE): _S.OFF,
    (_S.IDLE, _C.CLOSE): _S.OFF,
    (_S.OFFERED, _C.CLOSE): _S.OFF,
    (_S.SENDING, _C.CLOSE): _S.OFF,
    (_S.RESTING, _C.CLOSE): _S.OFF,
    (_S.IDLE, _C.OFFER): _S.OFFERED,
    # A snapshot goes before the rest of a clip.
    (_S.SENDING, _C.OFFER): _S.OFFERED,
    (_S.OFFERED, _C.WANT): _S.SENDING,
    (_S.SENDING, _C.WANT): _S.SENDING,
    (_S.OFFERED, _C.FINISH): _S.IDLE,
    (_S.SENDING, _C.FINISH): _S.IDLE,
    (_S.IDLE, _C.LOSE): _S.IDLE,
    (_S.OFFERED, _C.LOSE): _S.IDLE,
    (_S.SENDING, _C.LOSE): _S.IDLE,
    (_S.RESTING, _C.LOSE): _S.RESTING,
    (_S.IDLE, _C.REST): _S.RESTING,
    (_S.OFFERED, _C.REST): _S.RESTING,
    (_S.SENDING, _C.REST): _S.RESTING,
    (_S.RESTING, _C.REST): _S.RESTING,
    (_S.RESTING, _C.WAKE): _S.IDLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When refused content is offered again, and how often it was refused."""

    at: float
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLane:
    """Everything the machine knows; a replay of the events gives the same value."""

    state: LaneState = LaneState.OFF
    endpoint: str = ""
    reason: str = "the relay has not said whether it takes media"
    upcoming: tuple[MediaItem, ...] = ()
    """The first of what waits, as last looked at."""
    held: bool = True
    """Stream A has something the relay has not acknowledged, or there is no session: nothing is sent."""
    item: MediaItem | None = None
    """What is offered or sent."""
    sent: int = 0
    """Handed to the socket, in bytes from the beginning."""
    acked: int = 0
    """The relay has it."""
    window: int = 0
    """How far the relay's credit reaches."""
    flights: tuple[tuple[int, float], ...] = ()
    """End of each chunk in flight, and when it was handed over."""
    pace: int = 1
    """Chunks that may be in flight, by how quickly they are acknowledged."""
    busy: bool = False
    """An instruction is with the shell; its event comes next."""
    blocked_at: float | None = None
    """Since when the socket takes nothing."""
    heard_at: float = 0.0
    """When the relay last showed that it is there, or something was first owed."""
    patience_s: float = SILENT_AFTER_S
    rest_until: float = 0.0
    rest_s: float = FIRST_REST_S
    retries: Mapping[str, Retry] = field(default_factory=dict)

    @property
    def owed(self) -> bool:
        """Whether the relay owes an answer."""
        used_up = self.state is LaneState.SENDING and self.sent >= self.window
        return self.state is LaneState.OFFERED or bool(self.flights) or used_up


Step = tuple[MediaLane, tuple[LaneInstruction, ...]]


def step(lane: MediaLane, event: LaneEvent, *, now_s: float) -> Step:
    """Decide what one event means."""
    match event:
        case RelaySeen():
            return _relay_seen(lane, event.endpoint, event.reason)
        case Looked():
            return _go_on(replace(lane, busy=False, upcoming=event.upcoming, held=event.held), now_s)
        case Offered():
            return _offered(lane, event.item, now_s)
        case Sent():
            return _sent(lane, event.upto, now_s)
        case Blocked():
            since = now_s if lane.blocked_at is None else lane.blocked_at
            return replace(lane, busy=False, blocked_at=since), ()
        case Writable():
            return _go_on(replace(lane, blocked_at=None), now_s)
        case Heard():
            return _heard(replace(lane, heard_at=now_s), event, now_s)
        case Broken():
            return _broken(lane, event)
        case Unsettled():
            return _rest(lane, "the room's own disk takes nothing", now_s)
        case Disconnected():
            return _lose(lane, "the connection was lost"), ()
        case Ticked():
            return _ticked(lane, now_s)
        case _:
            assert_never(event)


def due_at(lane: MediaLane) -> float | None:
    """Return the moment of the next Ticked that can matter; None when only events can."""
    moments: list[float] = []
    if lane.state is LaneState.RESTING:
        moments.append(lane.rest_until)
    if lane.owed:
        moments.append(lane.heard_at + lane.patience_s)
    if lane.blocked_at is not None:
        moments.append(lane.blocked_at + lane.patience_s)
    if lane.state is LaneState.IDLE and not lane.held:
        moments.extend(lane.retries[item.sha256].at for item in lane.upcoming if item.sha256 in lane.retries)
    return min(moments, default=None)


def resting(lane: MediaLane, now_s: float) -> frozenset[str]:
    """Return the contents that are not to be offered yet: the shell looks past them."""
    return frozenset(sha256 for sha256, retry in lane.retries.items() if retry.at > now_s)


# --- transitions ----------------------------------------------------------------------------------------------


def _moved(lane: MediaLane, change: LaneChange) -> MediaLane:
    return replace(lane, state=LANE_TABLE[lane.state, change])


def _empty(lane: MediaLane) -> MediaLane:
    """Return the lane with nothing on its way."""
    return replace(lane, item=None, sent=0, acked=0, window=0, flights=(), busy=False)


def _relay_seen(lane: MediaLane, endpoint: str, reason: str) -> Step:
    if not endpoint:
        instructions: tuple[LaneInstruction, ...] = (CloseSocket(),) if lane.endpoint else ()
        lane = replace(_empty(_moved(lane, LaneChange.CLOSE)), endpoint="", reason=reason, blocked_at=None)
        return lane, instructions
    if endpoint == lane.endpoint:
        return lane, ()
    lane = _empty(_moved(lane, LaneChange.OPEN))
    lane = replace(lane, endpoint=endpoint, reason="", blocked_at=None, pace=1, patience_s=SILENT_AFTER_S)
    return lane, (OpenSocket(endpoint=endpoint, reason="the relay takes media"),)


def _go_on(lane: MediaLane, now_s: float) -> Step:
    """Say the next thing, if anything may be said now."""
    if lane.held or lane.busy or lane.blocked_at is not None:
        return lane, ()
    match lane.state:
        case LaneState.OFF | LaneState.RESTING | LaneState.OFFERED:
            return lane, ()
        case LaneState.IDLE:
            best = _best(lane, now_s)
            return (lane, ()) if best is None else (replace(lane, busy=True), (SendOffer(item=best),))
        case LaneState.SENDING:
            return _send_on(lane, now_s)
        case _:
            assert_never(lane.state)


def _best(lane: MediaLane, now_s: float) -> MediaItem | None:
    waiting = resting(lane, now_s)
    return next((item for item in lane.upcoming if item.sha256 not in waiting), None)


def _send_on(lane: MediaLane, now_s: float) -> Step:
    item = lane.item
    assert item is not None  # noqa: S101 - it is being sent
    best = _best(lane, now_s)
    if best is not None and goes_before(best, item):
        # What is in flight lands first: an answer to it must not be taken for one to the snapshot.
        return (lane, ()) if lane.flights else (replace(lane, busy=True), (SendOffer(item=best),))
    if lane.sent >= lane.window or len(lane.flights) >= lane.pace:
        return lane, ()
    return replace(lane, busy=True), (SendChunk(item=item, offset=lane.sent),)


def _offered(lane: MediaLane, item: MediaItem, now_s: float) -> Step:
    return replace(_empty(_moved(lane, LaneChange.OFFER)), item=item, heard_at=now_s), ()


def _sent(lane: MediaLane, upto: int, now_s: float) -> Step:
    lane = replace(lane, busy=False)
    if lane.state is not LaneState.SENDING:
        return _go_on(lane, now_s)
    heard_at = lane.heard_at if lane.flights else now_s
    return _go_on(replace(lane, sent=upto, flights=(*lane.flights, (upto, now_s)), heard_at=heard_at), now_s)


def _heard(lane: MediaLane, heard: Heard, now_s: float) -> Step:
    message = heard.message
    match message:
        case MediaWant():
            return _wanted(lane, message, now_s)
        case MediaDone():
            return _done(lane, message, now_s)
        case Who():
            # Also the echo of chunks that were in flight when a transfer ended: only one that still runs is lost.
            return _go_on(_lose(lane, "asked who"), now_s) if lane.state is LaneState.SENDING else (lane, ())
        case Error():
            return _rest(lane, f"{message.code}: {message.text}", now_s)
        case Bye():
            return _rest(lane, f"the relay said bye: {message.reason}", now_s)
        case _:
            return lane, ()


def _wanted(lane: MediaLane, want: MediaWant, now_s: float) -> Step:
    item = lane.item
    if item is None or item.sha256 != want.sha256 or lane.state not in (LaneState.OFFERED, LaneState.SENDING):
        return lane, ()  # of a transfer that another one took the place of
    fresh = lane.state is LaneState.OFFERED
    if not fresh and want.offset > lane.sent:
        return lane, ()
    landed = [at for end, at in lane.flights if end <= want.offset]
    lane = replace(
        _moved(lane, LaneChange.WANT),
        sent=want.offset if fresh else lane.sent,
        acked=want.offset,
        window=window_end(item.size_bytes, want.offset, want.credit),
        flights=tuple((end, at) for end, at in lane.flights if end > want.offset),
        pace=_paced(lane.pace, landed, now_s, want.credit),
        patience_s=max(SILENT_AFTER_S, 3.0 * (now_s - landed[-1])) if landed else lane.patience_s,
        rest_s=FIRST_REST_S,
    )
    return _go_on(lane, now_s)


def _paced(pace: int, landed: list[float], now_s: float, credit: int) -> int:
    """Return how many chunks may be in flight, by how long the last one took."""
    if not landed:
        return pace
    took_s = now_s - landed[-1]
    if took_s > SLOW_S:
        return max(1, pace // 2)
    return min(max(1, credit), pace + 1) if took_s < QUICK_S else pace


def _done(lane: MediaLane, done: MediaDone, now_s: float) -> Step:
    item = lane.item
    if item is None or item.sha256 != done.sha256 or lane.state not in (LaneState.OFFERED, LaneState.SENDING):
        return lane, ()
    if done.stored:
        lane = replace(_forget(_finished(lane), item), rest_s=FIRST_REST_S, patience_s=SILENT_AFTER_S)
        return lane, (Settle(item=item, state=MediaState.DELIVERED, reason=""),)
    if done.reason in FINAL_REASONS:
        return _forget(_finished(lane), item), (Settle(item=item, state=MediaState.REFUSED, reason=done.reason),)
    if done.reason in _OF_THE_LANE:
        return _rest(lane, f"the relay refuses: {done.reason}", now_s)
    lane = _put_off(_finished(lane), item, now_s)
    if done.reason == MediaReason.WRONG_HASH:
        return lane, (Verify(item=item),)
    return _go_on(lane, now_s)


def _finished(lane: MediaLane) -> MediaLane:
    """Return the lane without its item, which is not to be offered again before the shell has looked."""
    assert lane.item is not None  # noqa: S101 - it was offered
    return _without(_empty(_moved(lane, LaneChange.FINISH)), lane.item)


def _without(lane: MediaLane, gone: MediaItem) -> MediaLane:
    return replace(lane, upcoming=tuple(item for item in lane.upcoming if item.sha256 != gone.sha256))


def _forget(lane: MediaLane, item: MediaItem) -> MediaLane:
    return replace(lane, retries={sha256: retry for sha256, retry in lane.retries.items() if sha256 != item.sha256})


def _put_off(lane: MediaLane, item: MediaItem, now_s: float) -> MediaLane:
    before = lane.retries.get(item.sha256)
    times = 1 if before is None else before.times + 1
    pause_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(times - 1, 20))
    retries = {**lane.retries, item.sha256: Retry(at=now_s + pause_s, times=times)}
    if len(retries) > REMEMBERED:
        del retries[min(retries, key=lambda sha256: retries[sha256].at)]
    return replace(lane, retries=retries)


def _broken(lane: MediaLane, broken: Broken) -> Step:
    """The file cannot be sent: gone, or not what its name says."""
    if lane.item is not None and lane.item.sha256 == broken.item.sha256 and lane.state is LaneState.SENDING:
        lane = _finished(lane)
    lane = replace(_forget(_without(lane, broken.item), broken.item), busy=False)
    return lane, (Settle(item=broken.item, state=MediaState.LOST, reason=broken.reason),)


def _lose(lane: MediaLane, reason: str) -> MediaLane:
    """Return the lane after its connection or the relay's memory is gone; the item is offered again."""
    if lane.state is LaneState.OFF:
        return lane
    return replace(_empty(_moved(lane, LaneChange.LOSE)), reason=reason)


def _rest(lane: MediaLane, reason: str, now_s: float) -> Step:
    if lane.state is LaneState.OFF:
        return lane, ()
    lane = replace(_empty(_moved(lane, LaneChange.REST)), reason=reason, rest_until=now_s + lane.rest_s)
    return replace(lane, rest_s=min(LONGEST_REST_S, lane.rest_s * 2.0)), ()


def _ticked(lane: MediaLane, now_s: float) -> Step:
    if lane.state is LaneState.OFF:
        return lane, ()
    silent = lane.owed and now_s - lane.heard_at >= lane.patience_s
    shut = lane.blocked_at is not None and now_s - lane.blocked_at >= lane.patience_s
    if silent or shut:
        reason = "the media gate is silent" if silent else "the media gate cannot be reached"
        patience_s = min(LONGEST_SILENCE_S, lane.patience_s * 2.0)
        lane = replace(_lose(lane, reason), patience_s=patience_s, blocked_at=None, pace=1)
        return lane, (OpenSocket(endpoint=lane.endpoint, reason=reason),)
    if lane.state is LaneState.RESTING and now_s >= lane.rest_until:
        lane = _moved(lane, LaneChange.WAKE)
    return _go_on(lane, now_s)
