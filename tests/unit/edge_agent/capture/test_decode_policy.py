"""When only keyframes are decoded, and what is decoded afterwards."""

from fractions import Fraction

import pytest

from edge_agent.capture.decode_policy import CALM_S, LEARN_GROUPS, NOTHING, DecodeMode, DecodePolicy
from edge_agent.capture.ring import RingPacket, StreamShape

SHAPE = StreamShape(codec_name="h264", width=64, height=48, time_base=Fraction(1, 1000), extradata=b"")


def packet(number: int, gop: int) -> RingPacket:
    return RingPacket(
        data=b"x",
        pts_ticks=number * 100,
        dts_ticks=number * 100,
        media_s=number / 10,
        is_keyframe=number % gop == 0,
        is_corrupt=False,
        hidden=False,
        shape=SHAPE,
        connection=1,
    )


def run(policy: DecodePolicy, first: int, last: int, *, gop: int = 10, moves: bool = False) -> None:
    """Take packets; the gate sees every keyframe that is decoded."""
    for number in range(first, last):
        plan = policy.take(packet(number, gop))
        if plan.packet is not None and plan.packet.is_keyframe and not moves:
            policy.still(plan.packet.media_s)


def mode(policy: DecodePolicy) -> DecodeMode:
    """Read through a call, so that the type checker does not believe the mode stands still."""
    return policy.mode


def resting(*, gop: int = 10) -> DecodePolicy:
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    run(policy, 0, 155, gop=gop)
    return policy


def test_everything_is_decoded_until_the_keyframe_interval_is_known_and_a_keyframe_is_still() -> None:
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    run(policy, 0, 10 * LEARN_GROUPS)
    assert mode(policy) is DecodeMode.FULL
    run(policy, 10 * LEARN_GROUPS, 10 * LEARN_GROUPS + 1)
    assert mode(policy) is DecodeMode.KEYFRAMES


def test_while_keyframes_differ_everything_is_decoded_and_nothing_twice() -> None:
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    plans = [policy.take(packet(number, 10)) for number in range(200)]
    assert all(plan.packet is not None and not plan.alone and not plan.replay for plan in plans)
    assert policy.motion() is NOTHING
    assert mode(policy) is DecodeMode.FULL


def test_while_resting_keyframes_are_decoded_alone_and_the_rest_is_only_kept() -> None:
    policy = resting()
    assert policy.take(packet(155, 10)) is NOTHING
    plan = policy.take(packet(160, 10))
    assert plan.alone
    assert plan.packet is not None
    assert plan.packet.media_s == 16.0


def test_motion_on_a_keyframe_replays_the_group_before_it_and_itself() -> None:
    """What the keyframe shows began somewhere between it and the one before."""
    policy = resting()
    run(policy, 155, 161)
    plan = policy.motion()
    assert [kept.media_s for kept in plan.replay] == pytest.approx([15 + number / 10 for number in range(11)])
    assert mode(policy) is DecodeMode.FULL


def test_attention_replays_the_current_group_and_keeps_decoding_until_calm_returns() -> None:
    policy = resting()
    plan = policy.attend(15.4)
    assert [kept.media_s for kept in plan.replay] == pytest.approx([15.0, 15.1, 15.2, 15.3, 15.4])
    run(policy, 155, 161)
    assert mode(policy) is DecodeMode.FULL, "the keyframe at 16.0 is too near to the attention"
    run(policy, 161, 171)
    assert CALM_S < 17.0 - 15.4
    assert mode(policy) is DecodeMode.KEYFRAMES


def test_a_stream_with_long_groups_is_decoded_fully() -> None:
    """A keyframe every five seconds would leave five seconds unseen; the setting says two."""
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    run(policy, 0, 500, gop=50)
    assert mode(policy) is DecodeMode.FULL
    assert policy.gop_s == 5.0


def test_a_keyframe_that_stays_away_ends_the_rest_and_nothing_is_lost() -> None:
    policy = resting()
    plans = [policy.take(packet(number, 1_000)) for number in range(155, 180)]
    replayed = next(plan for plan in plans if plan.replay)
    assert replayed.replay[0].media_s == 15.0
    assert replayed.replay[-1].media_s == pytest.approx(17.6)
    assert mode(policy) is DecodeMode.FULL


@pytest.mark.parametrize(("blind_time_s", "adaptive"), [(0.0, True), (2.0, False)])
def test_resting_can_be_switched_off(blind_time_s: float, adaptive: bool) -> None:
    policy = DecodePolicy(blind_time_s=blind_time_s, adaptive=adaptive)
    run(policy, 0, 500)
    assert mode(policy) is DecodeMode.FULL


def test_nothing_is_decoded_before_the_first_keyframe() -> None:
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    assert policy.take(packet(3, 10)) is NOTHING
    assert not policy.has_keyframe


def test_a_camera_that_is_behind_gets_its_keyframes_only_and_no_replay() -> None:
    policy = DecodePolicy(blind_time_s=0.0, adaptive=False)
    run(policy, 0, 15)
    policy.behind(True)
    assert policy.take(packet(15, 10)) is NOTHING
    assert policy.take(packet(20, 10)).alone
    assert policy.motion() is NOTHING
    assert policy.attend(2.0) is NOTHING
    assert mode(policy) is DecodeMode.BEHIND


def test_a_camera_that_has_caught_up_goes_on_from_the_next_keyframe() -> None:
    policy = DecodePolicy(blind_time_s=2.0, adaptive=True)
    run(policy, 0, 15)
    policy.behind(True)
    run(policy, 15, 25)
    policy.behind(False)
    assert policy.take(packet(25, 10)) is NOTHING
    plan = policy.take(packet(30, 10))
    assert [kept.media_s for kept in plan.replay] == [3.0]
    assert policy.take(packet(31, 10)).packet is not None
    assert mode(policy) is DecodeMode.FULL
