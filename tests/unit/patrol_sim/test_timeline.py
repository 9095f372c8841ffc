"""Where a camera is in its loop, over laps, joins and switches."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from patrol_sim.media.loop import MediaLoop, Sample, build_loop
from patrol_sim.rtp.nal import Codec
from patrol_sim.timeline import Join, Timeline, begin_timeline, plan_join, switch_timeline

SPS, PPS, IDR, SLICE = b"\x67\x42\x80\x16", b"\x68\xce", b"\x65\x88", b"\x41\x9a"
FRAME = 9_000


def make_loop(pictures: int, gop: int, *, reorder: bool = False) -> MediaLoop:
    """Return a loop at 10 fps; with ``reorder`` each second picture is shown after its follower, as with B-frames."""
    samples = []
    for index in range(pictures):
        key = index % gop == 0
        shown = index
        if reorder and not key:
            shown = index + (1 if index % gop % 2 == 1 and (index + 1) % gop and index + 1 < pictures else 0)
            shown -= 1 if index % gop % 2 == 0 else 0
        units = (SPS, PPS, IDR) if key else (SLICE,)
        samples.append(Sample(pts_90k=shown * FRAME, dts_90k=(index - reorder) * FRAME, units=units))
    return build_loop(
        title="t",
        codec=Codec.H264,
        size=(64, 64),
        fps=10.0,
        parameter_sets=(),
        samples=samples,
        duration_90k=pictures * FRAME,
    )


@given(
    pictures=st.integers(2, 40),
    gop=st.integers(1, 12),
    reorder=st.booleans(),
    now_s=st.floats(0, 50, allow_nan=False),
    offset_s=st.floats(0, 10),
)
def test_the_next_tick_is_the_first_that_is_not_yet_due(
    pictures: int, gop: int, reorder: bool, now_s: float, offset_s: float
) -> None:
    timeline = begin_timeline(make_loop(pictures, gop, reorder=reorder), offset_s=offset_s, now_s=0.0)
    tick = timeline.next_tick(now_s)
    assert timeline.due_s(tick) >= now_s
    assert tick == 0 or timeline.due_s(tick - 1) < now_s


@given(pictures=st.integers(2, 30), gop=st.integers(1, 12), reorder=st.booleans())
def test_no_picture_leaves_before_it_is_shown_and_the_seam_is_one_picture_long(
    pictures: int, gop: int, reorder: bool
) -> None:
    timeline = begin_timeline(make_loop(pictures, gop, reorder=reorder), offset_s=0.0, now_s=0.0)
    dues = [timeline.due_90k(tick) for tick in range(3 * pictures)]
    assert {late - early for early, late in pairwise(dues)} == {FRAME}
    assert all(timeline.shown_90k(tick) <= due for tick, due in enumerate(dues))
    shown = sorted(timeline.shown_90k(tick) for tick in range(3 * pictures))
    assert shown == [index * FRAME for index in range(3 * pictures)]


def test_the_offset_is_where_the_loop_is_now_and_with_it_the_phase_of_the_keyframes() -> None:
    timeline = begin_timeline(make_loop(30, 10), offset_s=1.7, now_s=50.0)
    assert timeline.next_tick(50.0) == 17
    assert timeline.key_not_before(17) == 20


def test_a_far_keyframe_is_not_waited_for() -> None:
    """A GOP of 25 s would leave a client without a picture until its timeout."""
    timeline = begin_timeline(make_loop(100, 100), offset_s=0.0, now_s=0.0)
    assert plan_join(timeline, now_tick=30, join=Join.AUTO).first == 0
    assert plan_join(timeline, now_tick=30, join=Join.WAIT).first == 100
    assert plan_join(timeline, now_tick=90, join=Join.AUTO).first == 100
    assert plan_join(timeline, now_tick=90, join=Join.BURST).first == 0


def test_a_session_that_comes_back_never_gets_a_picture_twice() -> None:
    timeline = begin_timeline(make_loop(100, 100), offset_s=0.0, now_s=0.0)
    assert plan_join(timeline, now_tick=30, join=Join.AUTO, not_before=25).first == 25


@given(tick=st.integers(0, 95), gop=st.integers(1, 30), other_gop=st.integers(1, 30))
def test_a_switch_goes_on_with_the_very_next_picture(tick: int, gop: int, other_gop: int) -> None:
    timeline = begin_timeline(make_loop(32, gop), offset_s=0.0, now_s=5.0)
    wanted = make_loop(32, other_gop)
    switched = switch_timeline(timeline, wanted, tick=tick)
    if tick % 32 % other_gop:
        assert switched is None
    else:
        assert switched is not None
        other: Timeline = switched[0]
        assert other.unit(switched[1]).keyframe
        assert other.shown_90k(switched[1]) == tick * FRAME
        assert other.due_s(switched[1]) == timeline.due_s(tick)
