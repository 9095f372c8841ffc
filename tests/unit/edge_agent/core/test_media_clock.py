"""Stream time to a continuous timeline and to the wall clock, under everything cameras and networks do."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.media_clock import MediaClock

TICK = Fraction(1, 90_000)
WALL_US = 1_790_000_000_000_000
"""Wall time at instant 0."""


def begun(at_s: float = 0.0) -> MediaClock:
    clock = MediaClock()
    clock.begin(tick_s=TICK, start_ticks=None, at_s=at_s)
    return clock


def feed(clock: MediaClock, stamp_s: float, arrived_s: float, *, wall_shift_s: float = 0.0) -> float:
    """Place one packet; returns its media seconds."""
    stamp = round(stamp_s / TICK)
    wall_us = WALL_US + round((arrived_s + wall_shift_s) * 1_000_000)
    return clock.place(pts=stamp, dts=stamp, arrived_s=arrived_s, wall_us=wall_us).media_s


def test_a_steady_stream_lies_at_its_true_time() -> None:
    clock = begun()
    for number in range(100):
        media_s = feed(clock, 777.0 + number / 10, number / 10 + 0.05)
        assert media_s == pytest.approx(number / 10)
    moment = clock.moment(9.9)
    assert moment.captured_at == WALL_US + 9_950_000
    assert moment.time_error_ms <= 25
    assert not moment.clock_suspect


def test_five_seconds_of_jitter_move_the_capture_time_by_a_tenth_of_a_second_at_most() -> None:
    """Arrivals wander by seconds, timestamps do not; one packet in fifty holds up all behind it, as TCP does."""
    dice, clock, arrived_s = random.Random(7), begun(), 0.0
    for number in range(1_200):
        taken_s = number / 10
        arrived_s = max(arrived_s, taken_s + (dice.random() * 5.0 if dice.random() < 0.02 else 0.0))
        feed(clock, taken_s, arrived_s)
        if number > 200:
            error_s = (clock.moment(taken_s).captured_at - WALL_US) / 1e6 - taken_s
            assert abs(error_s) <= 0.1
            assert abs(error_s) * 1_000 <= clock.moment(taken_s).time_error_ms


@pytest.mark.parametrize("ppm", [-200, -50, 50, 200])
def test_a_drifting_camera_clock_is_followed_for_hours_without_a_jump(ppm: int) -> None:
    clock, last = begun(), None
    for number in range(7_200):  # two hours at one packet per second
        arrived_s = float(number)
        media_s = feed(clock, arrived_s * (1 + ppm * 1e-6), arrived_s)
        captured_s = (clock.moment(media_s).captured_at - WALL_US) / 1e6
        assert abs(captured_s - arrived_s) < 0.05
        if last is not None:
            assert 0.998 < captured_s - last < 1.002
        last = captured_s
    assert clock.jumps == 0


@pytest.mark.parametrize("jump_s", [3_600.0, -3_600.0, 5.0, -5.0, 2.0**33 / 90_000 * -1])
def test_a_jump_of_the_cameras_clock_does_not_tear_the_timeline_and_is_marked(jump_s: float) -> None:
    clock = begun()
    for number in range(100):
        feed(clock, 5_000.0 + 2.0**33 / 90_000 + number / 10, number / 10)
    assert not clock.moment(9.9).clock_suspect
    places = [feed(clock, 5_000.0 + 2.0**33 / 90_000 + jump_s + number / 10, number / 10) for number in range(100, 200)]
    assert places == pytest.approx([number / 10 for number in range(100, 200)], abs=0.11)
    assert clock.jumps == 1
    assert clock.moment(places[-1]).clock_suspect
    assert abs(clock.moment(places[-1]).captured_at - WALL_US - 19_900_000) < 200_000


def test_a_stall_followed_by_a_burst_is_lateness_not_a_jump() -> None:
    clock = begun()
    for number in range(100):
        feed(clock, number / 10, number / 10)
    for number in range(100, 150):  # nothing for five seconds, then all of it at once
        feed(clock, number / 10, 15.0 + (number - 100) * 0.001)
    assert clock.jumps == 0
    assert abs(clock.moment(12.0).captured_at - WALL_US - 12_000_000) < 20_000


def test_packets_lost_in_a_gap_leave_a_gap_in_the_timeline() -> None:
    clock = begun()
    feed(clock, 0.0, 0.0)
    feed(clock, 0.1, 0.1)
    assert feed(clock, 8.0, 8.0) == pytest.approx(8.0)
    assert clock.jumps == 0


def test_what_a_server_had_buffered_does_not_spoil_the_estimate() -> None:
    """Servers begin with the last keyframe: seconds of pictures in one burst, all of them old."""
    clock = begun(at_s=100.0)
    for number in range(40):
        feed(clock, number / 10, 100.0 + number * 0.001)
    for number in range(40, 200):
        feed(clock, number / 10, 96.0 + number / 10)
    assert abs(clock.moment(19.9).captured_at - WALL_US - 115_900_000) < 20_000


def test_a_step_of_the_wall_clock_is_adopted_and_marked_for_a_minute() -> None:
    clock = begun()
    for number in range(100):
        feed(clock, number / 10, number / 10)
    feed(clock, 10.0, 10.0, wall_shift_s=-30.0)
    moment = clock.moment(10.0)
    assert moment.clock_suspect
    assert moment.captured_at == pytest.approx(WALL_US - 20_000_000, abs=20_000)
    for number in range(101, 800):
        feed(clock, number / 10, number / 10, wall_shift_s=-30.0)
    assert not clock.moment(79.9).clock_suspect
    assert clock.wall_steps == 1


def test_a_clock_that_was_never_set_is_suspect() -> None:
    clock = begun()
    clock.place(pts=0, dts=0, arrived_s=5.0, wall_us=5_000_000)
    assert clock.moment(0.0).clock_suspect


def test_the_timeline_goes_on_over_a_reconnect_and_over_the_loop_of_a_film() -> None:
    clock = begun()
    for number in range(50):
        feed(clock, number / 10, number / 10)
    clock.begin(tick_s=TICK, start_ticks=None, at_s=10.0)
    assert feed(clock, 321.0, 10.2) == pytest.approx(10.0, abs=0.2)
    clock.restart(start_ticks=None)
    assert feed(clock, 0.0, 10.3) == pytest.approx(10.1, abs=0.2)


def test_a_film_begins_at_zero_where_its_container_says_even_with_a_hidden_lead() -> None:
    clock = MediaClock()
    clock.begin(tick_s=Fraction(1, 24_000), start_ticks=0, at_s=0.0)
    placed = clock.place(pts=-16_000, dts=-16_000, arrived_s=0.0, wall_us=WALL_US)
    assert placed.media_s == pytest.approx(-2 / 3)
    assert clock.place(pts=0, dts=0, arrived_s=0.0, wall_us=WALL_US).media_s == 0.0


def test_missing_timestamps_follow_the_frame_rate() -> None:
    clock = begun()
    feed(clock, 0.0, 0.0)
    feed(clock, 0.1, 0.1)
    placed = clock.place(pts=None, dts=None, arrived_s=0.2, wall_us=WALL_US + 200_000)
    assert placed.media_s == pytest.approx(0.2)


def test_asking_before_the_first_packet_is_a_defect() -> None:
    with pytest.raises(ValueError, match="no packet"):
        begun().moment(0.0)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(2**40), 2**40)),
            st.one_of(st.none(), st.integers(-(2**40), 2**40)),
            st.floats(0.0, 30.0),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_stamps_come_the_timeline_advances_and_every_moment_can_be_told(
    stamps: list[tuple[int | None, int | None, float]],
) -> None:
    clock, arrived_s, last_dts = begun(), 0.0, None
    for pts, dts, later_s in stamps:
        arrived_s += later_s
        placed = clock.place(pts=pts, dts=dts, arrived_s=arrived_s, wall_us=WALL_US + round(arrived_s * 1e6))
        if last_dts is not None:
            assert (placed.dts_ticks - last_dts) * TICK >= -1.0, "the timeline falls back by more than a second"
        last_dts = placed.dts_ticks
        assert clock.moment(placed.media_s).time_error_ms >= 0


@pytest.mark.parametrize("rate", [2.0, 0.5])
def test_a_camera_that_stamps_another_rate_than_it_sends_is_known_within_a_minute(rate: float) -> None:
    clock = begun()
    for number in range(60 * 10):
        feed(clock, number / 10 * rate, number / 10 + 0.05)
    assert clock.drift == pytest.approx(1.0 - rate, rel=0.05)
    assert clock.jumps == 0


def test_jitter_of_seconds_is_no_drift() -> None:
    dice, clock, arrived_s = random.Random(3), begun(), 0.0
    for number in range(600 * 10):
        taken_s = number / 10
        arrived_s = max(arrived_s, taken_s + (dice.random() * 5.0 if dice.random() < 0.02 else 0.0))
        feed(clock, taken_s, arrived_s)
        assert clock.drift is None


def test_a_jump_of_the_cameras_clock_is_dated_and_is_no_drift() -> None:
    clock = begun()
    for number in range(60):
        feed(clock, float(number), float(number))
    assert clock.jumps == 0
    for number in range(60, 120):
        feed(clock, 3_600.0 + number, float(number))
    assert (clock.jumps, clock.jumped_at_s, clock.drift) == (1, 60.0, None)


def test_a_connection_whose_first_packet_has_no_timestamp_is_no_jump() -> None:
    """libav gives the first packet of every RTSP session without one; the second one's says where the stream is."""
    clock = begun()
    for number in range(50):
        feed(clock, number / 10, number / 10)
    for again in (10.0, 20.0):
        clock.begin(tick_s=TICK, start_ticks=None, at_s=again)
        first = clock.place(pts=None, dts=None, arrived_s=again, wall_us=WALL_US + round(again * 1e6))
        assert first.media_s == pytest.approx(again, abs=0.11)
        following = [feed(clock, number / 10, again + number / 10) for number in range(1, 20)]
        assert following == pytest.approx([again + number / 10 for number in range(1, 20)], abs=0.11)
        assert following[0] > first.media_s
        assert not clock.moment(following[-1]).clock_suspect
    assert clock.jumps == 0
