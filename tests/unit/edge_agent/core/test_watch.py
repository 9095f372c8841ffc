"""Shifts, rounds and their figures: what is allowed, what is attested, what is counted."""

import pytest

from edge_agent.core.watch import Impossible, Moved, ShiftAct, ShiftState, rest_due_us, step
from edge_agent.core.watch_figures import Act, ActKind, RoundDone, shift_figures
from edge_agent.core.watch_round import Round, coverage, round_figures, see

MINUTE_US = 60_000_000


@pytest.mark.parametrize("act", list(ShiftAct))
def test_an_ended_shift_stays_ended(act: ShiftAct) -> None:
    assert isinstance(step(ShiftState.ENDED, act), Impossible)


def test_a_hand_over_needs_an_offer_and_ends_the_shift() -> None:
    assert isinstance(step(ShiftState.ON_WATCH, ShiftAct.RELIEVE), Impossible)
    assert step(ShiftState.ON_WATCH, ShiftAct.OFFER) == Moved(state=ShiftState.HANDING_OVER)
    assert step(ShiftState.HANDING_OVER, ShiftAct.RELIEVE) == Moved(state=ShiftState.ENDED)


@pytest.mark.parametrize(
    ("began", "rested", "remind_min", "due"),
    [
        (0, 0, 20.0, 20),
        (0, 15, 20.0, 35),  # a rest begins the clock anew
        (0, 0, 0.0, None),  # nobody is reminded
    ],
)
def test_a_rest_is_due_so_long_after_the_last(began: int, rested: int, remind_min: float, due: int | None) -> None:
    found = rest_due_us(began_at=began * MINUTE_US, rested_at=rested * MINUTE_US, remind_after_s=remind_min * 60)
    assert found == (None if due is None else due * MINUTE_US)


def a_round() -> Round:
    return Round(round_id="r", operator="li", shift_id="s", camera_set="gates", cameras=("a", "b", "c"), began_at=0)


def test_only_a_live_picture_can_be_attested_and_a_gap_stays_a_gap() -> None:
    current, refused = see(a_round(), ["a", "b", "z"], troubles={"b": "gives no live picture now"})
    assert [(one.camera, one.reason) for one in refused] == [
        ("b", "gives no live picture now"),
        ("z", "is not in the set gates"),
    ]
    assert current.missed == ("b", "c")
    again, refused = see(current, ["a", "b"], troubles={})  # it came back
    assert (again.missed, refused) == (("c",), ())
    figures = round_figures(again, now_us=48 * 1_000_000, nothing_to_report=True)
    assert figures == {"cameras": 3, "seen": 2, "took_s": 48, "nothing_to_report": 1}
    assert coverage(cameras=3, seen=2) == pytest.approx(2 / 3)
    assert coverage(cameras=0, seen=0) == 0.0


def test_a_shifts_figures_count_acts_and_leave_out_medians_of_nothing() -> None:
    empty = shift_figures([], [], began_at=0, now_us=90 * MINUTE_US, open_matters=2)
    assert (empty["seconds"], empty["flags"], empty["open_matters"]) == (5_400, 0, 2)
    assert "look_back_ms_median" not in empty
    acts = [
        Act(kind=ActKind.FLAG, took_ms=10_000), Act(kind=ActKind.FLAG, took_ms=20_000),
        Act(kind=ActKind.WITHDRAWN, took_ms=0),
        Act(kind=ActKind.ACCEPTED, took_ms=4_000), Act(kind=ActKind.DISMISSED, took_ms=9_000),
        Act(kind=ActKind.DISMISSED, took_ms=2_000),
    ]  # fmt: skip
    rounds = [RoundDone(cameras=6, seen=6), RoundDone(cameras=6, seen=3)]
    full = shift_figures(acts, rounds, began_at=0, now_us=MINUTE_US, open_matters=0)
    assert (full["flags"], full["withdrawn"], full["judged"], full["accepted"], full["dismissed"]) == (2, 1, 3, 1, 2)
    assert (full["rounds"], full["round_cameras"], full["round_seen"]) == (2, 12, 9)
    assert (full["look_back_ms_median"], full["judged_after_ms_median"]) == (15_000, 4_000)
