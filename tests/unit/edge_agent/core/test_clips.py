"""Which seconds a clip needs and whether a cut holds its event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.clips import ClipReadiness, clip_span, cover, readiness, seconds_to_keep

SPAN = clip_span(event_start_s=20.0, event_end_s=24.0, pre_roll_s=5.0, post_roll_s=3.0)


def test_a_span_is_the_event_with_its_rolls() -> None:
    assert (SPAN.start_s, SPAN.end_s) == (15.0, 27.0)


def test_a_long_event_keeps_its_beginning() -> None:
    span = clip_span(event_start_s=100.0, event_end_s=900.0, pre_roll_s=5.0, post_roll_s=5.0, longest_s=60.0)
    assert (span.start_s, span.end_s, span.event_end_s) == (95.0, 155.0, 155.0)


def test_an_event_that_ends_before_it_starts_is_a_defect() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        clip_span(event_start_s=2.0, event_end_s=1.0, pre_roll_s=0.0, post_roll_s=0.0)


@pytest.mark.parametrize(
    ("newest_s", "silent_s", "expected"),
    [
        (26.9, 0.1, ClipReadiness.WAIT),
        (27.0, 0.1, ClipReadiness.READY),
        (25.0, 9.9, ClipReadiness.WAIT),
        # the camera was unplugged: better half a clip than none
        (25.0, 10.0, ClipReadiness.CUT_SHORT),
    ],
)
def test_a_clip_waits_for_its_end_but_not_for_ever(newest_s: float, silent_s: float, expected: ClipReadiness) -> None:
    assert readiness(SPAN, newest_s=newest_s, silent_s=silent_s) is expected


@pytest.mark.parametrize(
    ("first_s", "last_s", "contains", "before_s", "after_s"),
    [
        (14.0, 27.0, True, 0.0, 0.0),
        # the ring was too short for the pre-roll, the event is whole
        (18.0, 27.0, True, 3.0, 0.0),
        (21.0, 27.0, False, 6.0, 0.0),
        (14.0, 22.0, False, 0.0, 5.0),
    ],
)
def test_a_cut_is_judged_by_whether_it_holds_the_event(
    first_s: float, last_s: float, contains: bool, before_s: float, after_s: float
) -> None:
    judged = cover(SPAN, first_s=first_s, last_s=last_s)
    assert (judged.contains_event, judged.missing_before_s, judged.missing_after_s) == (contains, before_s, after_s)


@given(
    start_s=st.floats(0.0, 1e6),
    length_s=st.floats(0.0, 1e4),
    pre_s=st.floats(0.0, 100.0),
    post_s=st.floats(0.0, 100.0),
)
def test_no_span_is_longer_than_allowed_or_misses_the_beginning(
    start_s: float, length_s: float, pre_s: float, post_s: float
) -> None:
    span = clip_span(event_start_s=start_s, event_end_s=start_s + length_s, pre_roll_s=pre_s, post_roll_s=post_s)
    assert span.end_s - span.start_s <= 120.0 + 1e-6
    assert span.start_s <= span.event_start_s <= span.end_s
    assert span.event_start_s <= span.event_end_s <= span.end_s + 1e-6


def test_the_ring_holds_the_pre_roll_of_an_alert_that_was_long_in_coming() -> None:
    kept_s = seconds_to_keep(pre_roll_s=5.0, longest_look_back_s=10.0, confirm_s=20.0, gop_s=2.0)
    assert kept_s >= 5.0 + 20.0 + 2.0
