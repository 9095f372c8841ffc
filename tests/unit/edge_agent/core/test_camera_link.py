"""The camera link machine: states, patience, back-off."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.camera_link import (
    TABLE,
    Announce,
    CloseConnection,
    Disable,
    Enable,
    Failed,
    FirstPicture,
    LinkBook,
    LinkEvent,
    LinkOrderError,
    LinkSettings,
    LinkState,
    Looked,
    OpenConnection,
    Opened,
    RetryNow,
    WaitOver,
    back_off_s,
    step,
)
from edge_agent.core.link_failures import Failure, FailureClass, FailureKind

REFUSED = Failure(kind=FailureKind.REFUSED, sentence="refused")
UNAUTHORISED = Failure(kind=FailureKind.UNAUTHORISED, sentence="wrong password")


def looked(
    at_s: float, *, silent_s: float = 0.0, no_picture_s: float = 0.0, same_s: float = 0.0, randomness: float = 1.0
) -> Looked:
    return Looked(at_s=at_s, silent_s=silent_s, no_picture_s=no_picture_s, same_s=same_s, randomness=randomness)


def after(*link_events: LinkEvent, book: LinkBook | None = None) -> LinkBook:
    current = book or LinkBook()
    for link_event in link_events:
        current, _ = step(current, link_event)
    return current


STREAMING = after(Enable(at_s=0.0), Opened(at_s=1.0), FirstPicture(at_s=2.0))


def test_an_enabled_camera_is_opened_at_once_and_streams_with_its_first_picture() -> None:
    book, instructions = step(LinkBook(), Enable(at_s=5.0))
    assert (book.state, instructions) == (LinkState.CONNECTING, (OpenConnection(), Announce()))
    assert STREAMING.state is LinkState.STREAMING
    assert STREAMING.reason == ""


@pytest.mark.parametrize(
    ("look", "state", "reason"),
    [
        (looked(10.0, silent_s=4.9), LinkState.STREAMING, ""),
        (looked(10.0, silent_s=5.0), LinkState.STALLED, "no packet for 5 s"),
        (looked(10.0, same_s=9.9), LinkState.STREAMING, ""),
        (looked(20.0, same_s=10.0), LinkState.FROZEN, "the same picture for 10 s"),
        # a camera that is silent is not called frozen, although its last picture stands still, too
        (looked(20.0, silent_s=6.0, same_s=12.0), LinkState.STALLED, "no packet for 6 s"),
        (looked(60.0, no_picture_s=40.0), LinkState.STALLED, "packets arrive, but none became a picture for 40 s"),
    ],
)
def test_a_look_at_a_streaming_camera_tells_stalled_and_frozen_apart(
    look: Looked, state: LinkState, reason: str
) -> None:
    book = after(look, book=STREAMING)
    assert (book.state, book.reason) == (state, reason)


def test_a_stalled_camera_that_sends_again_streams_without_a_new_connection() -> None:
    book, instructions = step(after(looked(10.0, silent_s=5.0), book=STREAMING), looked(12.0, silent_s=0.1))
    assert book.state is LinkState.STREAMING
    assert instructions == (Announce(),)


def test_a_camera_silent_for_too_long_is_given_up_and_tried_again() -> None:
    stalled = after(looked(10.0, silent_s=5.0), book=STREAMING)
    book, instructions = step(stalled, looked(15.0, silent_s=10.0))
    assert book.state is LinkState.BACKING_OFF
    assert instructions == (CloseConnection(), Announce())
    assert book.next_try_s == 15.5
    assert book.failure is not None
    assert book.failure.kind is FailureKind.SILENT


def test_frozen_ends_with_the_first_different_picture() -> None:
    frozen = after(looked(20.0, same_s=10.0), book=STREAMING)
    assert after(looked(21.0, same_s=0.2), book=frozen).state is LinkState.STREAMING


def test_a_camera_frozen_for_a_minute_is_connected_anew_and_the_next_time_only_after_two() -> None:
    """An encoder that hangs often comes back with a new session; a scene that rightly stands still must not suffer."""
    frozen = after(looked(20.0, same_s=10.0), book=STREAMING)
    assert after(looked(79.0, same_s=69.0), book=frozen).state is LinkState.FROZEN
    again = after(looked(80.0, same_s=70.0), book=frozen)
    assert again.state is LinkState.BACKING_OFF
    assert again.next_try_s == pytest.approx(80.1)
    frozen_again = after(
        WaitOver(at_s=80.1), Opened(at_s=80.2), FirstPicture(at_s=80.3), looked(90.3, same_s=10.0), book=again
    )
    assert after(looked(200.0, same_s=119.0), book=frozen_again).state is LinkState.FROZEN
    assert after(looked(210.4, same_s=130.0), book=frozen_again).state is LinkState.BACKING_OFF


def test_the_frozen_test_can_be_switched_off() -> None:
    book = replace(STREAMING, settings=LinkSettings(frozen_after_s=0.0))
    assert after(looked(900.0, same_s=800.0), book=book).state is LinkState.STREAMING


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        # no answer to the connection
        ((looked(15.0),), FailureKind.TIMED_OUT),
        # connected, then nothing
        ((Opened(at_s=1.0), looked(11.0, silent_s=10.0)), FailureKind.SILENT),
        # packets without a keyframe
        ((Opened(at_s=1.0), looked(41.0, silent_s=0.1)), FailureKind.UNDECODABLE),
    ],
)
def test_connecting_has_a_limit_for_each_of_its_steps(events: tuple[LinkEvent, ...], kind: FailureKind) -> None:
    book = after(Enable(at_s=0.0), *events)
    assert book.state is LinkState.BACKING_OFF
    assert book.failure is not None
    assert book.failure.kind is kind


def test_failures_wait_ever_longer_up_to_a_minute_and_good_streaming_forgets_them() -> None:
    book, waits = after(Enable(at_s=0.0)), []
    now_s = 0.0
    for _ in range(10):
        book = after(Failed(at_s=now_s, failure=REFUSED, randomness=1.0), book=book)
        assert book.next_try_s is not None
        waits.append(book.next_try_s - now_s)
        now_s = book.next_try_s
        book = after(WaitOver(at_s=now_s), book=book)
    assert waits == pytest.approx([0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60])
    book = after(Opened(at_s=now_s), FirstPicture(at_s=now_s), looked(now_s + 19.9), book=book)
    assert book.failures_in_row == 10
    assert after(looked(now_s + 20.0), book=book).failures_in_row == 0


def test_a_stream_that_breaks_right_after_its_first_picture_does_not_reset_the_back_off() -> None:
    """Otherwise a camera that dies at each first frame is reconnected twice a second for ever."""
    book = after(Enable(at_s=0.0), Failed(at_s=1.0, failure=REFUSED, randomness=1.0), WaitOver(at_s=2.0))
    book = after(Opened(at_s=2.0), FirstPicture(at_s=2.1), Failed(at_s=2.2, failure=REFUSED, randomness=1.0), book=book)
    assert book.failures_in_row == 2


def test_a_wrong_password_is_tried_again_slowly_from_the_first_time_on() -> None:
    book = after(Enable(at_s=0.0), Failed(at_s=0.0, failure=UNAUTHORISED, randomness=0.0))
    assert book.next_try_s == 30.0
    assert book.reason == "wrong password"


@given(
    failures=st.integers(1, 10_000),
    randomness=st.floats(0.0, 1.0, exclude_max=True),
    kind=st.sampled_from(FailureClass),
)
def test_every_wait_lies_between_the_shortest_and_the_longest(
    failures: int, randomness: float, kind: FailureClass
) -> None:
    wait_s = back_off_s(LinkSettings(), failures_in_row=failures, failure_class=kind, randomness=randomness)
    assert 0.1 <= wait_s <= 60.0


def test_waiting_is_not_over_before_its_time_but_a_person_may_cut_it_short() -> None:
    waiting = after(Enable(at_s=0.0), Failed(at_s=0.0, failure=UNAUTHORISED, randomness=1.0))
    assert after(WaitOver(at_s=59.9), book=waiting).state is LinkState.BACKING_OFF
    book, instructions = step(waiting, RetryNow(at_s=3.0))
    assert book.state is LinkState.CONNECTING
    assert instructions == (OpenConnection(), Announce())
    assert book.reconnects == 1


def test_disabling_closes_and_enabling_begins_afresh() -> None:
    book, instructions = step(STREAMING, Disable(at_s=9.0, reason="switched off"))
    assert (book.state, book.reason) == (LinkState.DISABLED, "switched off")
    assert instructions == (CloseConnection(), Announce())
    assert after(Enable(at_s=10.0), book=book).reconnects == 0


def test_an_event_that_cannot_happen_is_an_error_not_a_shrug() -> None:
    with pytest.raises(LinkOrderError, match="streaming got WaitOver"):
        step(STREAMING, WaitOver(at_s=1.0))


def test_every_state_can_be_left_and_every_state_knows_the_off_switch() -> None:
    for state in LinkState:
        assert (state, Disable) in TABLE
        assert sum(1 for known, _ in TABLE if known is state) >= 2


EVENTS = st.sampled_from(
    (
        Enable(at_s=0.0),
        Disable(at_s=0.0, reason="off"),
        Opened(at_s=0.0),
        FirstPicture(at_s=0.0),
        looked(0.0),
        looked(0.0, silent_s=7.0),
        looked(0.0, silent_s=70.0),
        looked(0.0, same_s=70.0),
        looked(0.0, no_picture_s=70.0),
        Failed(at_s=0.0, failure=REFUSED, randomness=0.5),
        Failed(at_s=0.0, failure=UNAUTHORISED, randomness=0.5),
        WaitOver(at_s=0.0),
        RetryNow(at_s=0.0),
    )
)


@given(st.lists(st.tuples(EVENTS, st.floats(0.0, 100.0)), max_size=60))
def test_whatever_happens_a_connection_is_open_exactly_in_the_states_that_have_one(
    story: list[tuple[LinkEvent, float]],
) -> None:
    book, is_open, now_s = LinkBook(), False, 0.0
    for link_event, later_s in story:
        now_s += later_s
        try:
            book, instructions = step(book, replace(link_event, at_s=now_s))
        except LinkOrderError:
            continue
        for instruction in instructions:
            match instruction:
                case OpenConnection():
                    assert not is_open, "two connections to one camera"
                    is_open = True
                case CloseConnection():
                    is_open = False
                case Announce():
                    pass
        assert is_open is (book.state not in (LinkState.DISABLED, LinkState.BACKING_OFF))
        assert (book.next_try_s is not None) is (book.state is LinkState.BACKING_OFF)
        assert book.reason or book.state is LinkState.STREAMING
