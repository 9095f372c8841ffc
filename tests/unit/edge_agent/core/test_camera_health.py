"""The health machine: told once, cleared once, and never before its hold-off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.camera_health import (
    CAMERA_CONDITIONS,
    HEALTH_TABLE,
    LONGEST_LOOK_S,
    ROOM_CONDITIONS,
    TOLD,
    HealthCondition,
    HealthEntry,
    HealthPatience,
    HealthState,
    HealthTurn,
    Sign,
    look,
    replaced,
)

BAD, GOOD, UNKNOWN = Sign.BAD, Sign.GOOD, Sign.UNKNOWN
THIRTY = HealthPatience(after_s=30.0, clear_after_s=60.0)


def watched(
    signs: list[Sign], patience: HealthPatience = THIRTY, *, every_s: float = 1.0, entry: HealthEntry | None = None
) -> list[HealthEntry]:
    """Return the machine after each of the looks."""
    found: list[HealthEntry] = []
    entry = entry or HealthEntry()
    begin_s = max(entry.at_s, 0.0)
    for number, sign in enumerate(signs):
        entry = look(entry, sign, at_s=begin_s + (number + 1) * every_s, patience=patience)
        found.append(entry)
    return found


def told_at(entries: list[HealthEntry]) -> list[int]:
    """Return the looks at which the alert was raised or cleared, in order."""
    before = [HealthEntry(), *entries[:-1]]
    return [number for number, entry in enumerate(entries) if entry.is_told != before[number].is_told]


@pytest.mark.parametrize(
    ("signs", "turns"),
    [
        ([BAD] * 31, [30]),  # 30 s lie between 31 looks
        ([BAD] * 30, []),
        ([BAD] * 20 + [GOOD] * 5 + [BAD] * 40, [38]),  # 19 s, less 2 that wore off, and 13 more
        ([BAD] * 20 + [GOOD] * 40 + [BAD] * 30, []),  # worn off: it begins anew
        ([BAD] * 40 + [GOOD] * 61, [30, 100]),  # cleared after 60 good seconds at a stretch
        ([BAD] * 40 + [GOOD] * 60, [30]),
        ([BAD] * 40 + ([GOOD] * 50 + [BAD] * 2) * 6, [30]),  # a flapping cable is told once
        ([BAD] * 40 + [UNKNOWN] * 500, [30]),  # nobody knows: it stays open
        ([BAD] * 20 + [UNKNOWN] * 500 + [BAD] * 12, [531]),  # nobody knows: the time stands still
        ([GOOD] * 500, []),
    ],
)
def test_an_alert_is_raised_after_its_hold_off_and_cleared_after_good_time(signs: list[Sign], turns: list[int]) -> None:
    assert told_at(watched(signs)) == turns


@pytest.mark.parametrize(
    ("bad_s", "good_s", "is_raised"),
    [
        (10, 15, True),  # there for 40 % of the time, which is more than 30 / (30 + 60)
        (5, 20, False),  # 20 %
        (1, 30, False),
    ],
)
def test_what_flaps_is_raised_when_it_is_bad_for_more_than_its_share_of_the_time(
    bad_s: int, good_s: int, is_raised: bool
) -> None:
    """A camera that is gone for 10 of 25 seconds is of no use, though it never is for 30 at a stretch."""
    entries = watched(([BAD] * (bad_s + 1) + [GOOD] * (good_s + 1)) * 60)
    assert told_at(entries)[:1] == ([entries.index(next(e for e in entries if e.is_told))] if is_raised else [])


def test_a_hold_off_of_nothing_raises_and_clears_with_the_look() -> None:
    at_once = HealthPatience(after_s=0.0, clear_after_s=0.0)
    assert [entry.state for entry in watched([GOOD, BAD, GOOD, BAD, UNKNOWN], at_once)] == [
        HealthState.CLEAR,
        HealthState.RAISED,
        HealthState.CLEAR,
        HealthState.RAISED,
        HealthState.RAISED,
    ]


def test_a_machine_that_slept_has_not_seen_the_time_between() -> None:
    """A room that was suspended for an hour knows of one look before and one after."""
    entry = watched([BAD])[0]
    entry = look(entry, BAD, at_s=entry.at_s + 3_600.0, patience=THIRTY)
    assert (entry.state, entry.suspicion_s) == (HealthState.SUSPECTED, LONGEST_LOOK_S)


def test_what_is_replaced_is_clear_and_begins_anew() -> None:
    raised = watched([BAD] * 31)[-1]
    assert replaced(raised) == HealthEntry(sign=BAD, at_s=raised.at_s)
    assert told_at(watched([BAD] * 29, entry=replaced(raised))) == []
    assert told_at(watched([BAD] * 30, entry=replaced(raised))) == [29]


def test_every_state_knows_every_turn_that_can_come() -> None:
    """Only what the counting forbids is missing: a condition just told cannot begin to last, a clear one not half."""
    impossible = {(state, HealthTurn.SIGN_LASTED) for state in TOLD} | {(HealthState.CLEAR, HealthTurn.GOOD)}
    assert set(HEALTH_TABLE) == {(state, turn) for state in HealthState for turn in HealthTurn} - impossible


def test_the_room_and_its_cameras_share_only_the_clock() -> None:
    assert set(HealthCondition) == CAMERA_CONDITIONS | ROOM_CONDITIONS
    assert {HealthCondition.CLOCK_DRIFT} == CAMERA_CONDITIONS & ROOM_CONDITIONS


PATIENCES = st.builds(
    HealthPatience,
    after_s=st.sampled_from([0.0, 1.0, 7.5, 30.0]),
    clear_after_s=st.sampled_from([0.0, 1.0, 12.5, 60.0]),
)
STRETCHES = st.lists(st.tuples(st.sampled_from([BAD, GOOD, UNKNOWN]), st.integers(1, 50)), max_size=12)


def looks_of(stretches: list[tuple[Sign, int]]) -> list[Sign]:
    return [sign for sign, count in stretches for _ in range(count)]


@given(stretches=STRETCHES, patience=PATIENCES, every_s=st.sampled_from([0.25, 1.0, 3.0]))
def test_raising_and_clearing_take_turns_and_keep_their_hold_offs(
    stretches: list[tuple[Sign, int]], patience: HealthPatience, every_s: float
) -> None:
    """Whatever is seen: no two raises without a clear between, and each after its time, the good one unbroken."""
    signs = looks_of(stretches)
    entries = watched(signs, patience, every_s=every_s)
    turns = told_at(entries)
    since = 0
    for number, turn in enumerate(turns):
        seen = signs[since : turn + 1]
        if number % 2 == 0:
            assert entries[turn].is_told
            assert signs[turn] is BAD
            assert (seen.count(BAD) - 1) * every_s >= patience.after_s - 1e-6
        else:
            assert not entries[turn].is_told
            last_bad = max((i for i, sign in enumerate(seen) if sign is BAD), default=-1)
            assert (seen[last_bad + 1 :].count(GOOD) - 1) * every_s >= patience.clear_after_s - 1e-6
        since = turn + 1
    for entry in entries:
        assert 0.0 <= entry.suspicion_s <= patience.after_s
        assert entry.good_s == 0.0 or entry.state is HealthState.CLEARING
        assert entry.suspicion_s == 0.0 or entry.state is HealthState.SUSPECTED


@given(stretches=STRETCHES, patience=PATIENCES, worse=st.sets(st.integers(0, 600), max_size=60))
def test_a_camera_that_is_worse_is_told_no_later(
    stretches: list[tuple[Sign, int]], patience: HealthPatience, worse: set[int]
) -> None:
    """Monotone: turning good looks into bad ones never delays the first alert."""
    signs = looks_of(stretches)
    changed = [BAD if number in worse and sign is GOOD else sign for number, sign in enumerate(signs)]
    first, first_changed = told_at(watched(signs, patience)), told_at(watched(changed, patience))
    if first:
        assert first_changed
        assert first_changed[0] <= first[0]
