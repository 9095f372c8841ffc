"""A fault order is checked before anything happens, and the refusal says what would be right."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_sim.errors import FaultError
from patrol_sim.faults import Fault, FaultValue, RefuseWay, check_fault


def check(name: str, value: FaultValue = None, for_s: float | None = None) -> FaultValue:
    return check_fault(name, value, for_s=for_s, now_s=100.0, fps=10.0).value


@pytest.mark.parametrize(
    ("name", "given_value", "checked"),
    [
        ("drop", None, 0.05),
        ("corrupt", 1, 1.0),
        ("wrong_rate", None, 20.0),  # twice the true rate
        ("clock_jump", -5, -5.0),
        ("refuse", None, RefuseWay.RESET),
        ("refuse", "503", RefuseWay.UNAVAILABLE),
        ("refuse", 404, RefuseWay.NOT_FOUND),  # a number from a person's JSON
        ("resolution", "320x240", "320x240"),
        ("auth_change", "new", "new"),
        ("stall", None, None),
        ("jitter", None, 5.0),
        ("drift", None, 200.0),
        ("drift", -80, -80.0),
        ("flap", None, 0.3),
        ("flap", 0, 0.0),
    ],
)
def test_values_and_their_defaults(name: str, given_value: FaultValue, checked: FaultValue) -> None:
    assert check(name, given_value) == checked


@pytest.mark.parametrize(
    ("name", "value", "for_s"),
    [
        ("explode", None, None),
        ("drop", 1.5, None),
        ("drop", "half", None),
        ("drop", float("nan"), None),
        ("wrong_rate", 0, None),
        ("clock_jump", float("inf"), None),
        ("refuse", "politely", None),
        ("resolution", "321x240", None),
        ("resolution", "big", None),
        ("resolution", "16x16", None),
        ("auth_change", None, None),
        ("auth_change", "", None),
        ("stall", 3, None),
        ("jitter", 0, None),
        ("jitter", 61, None),
        ("drift", "fast", None),
        ("drift", 200_000, None),
        ("flap", -1, None),
        ("stall", None, 0),
        ("stall", None, -1),
        ("stall", None, float("nan")),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, value: FaultValue, for_s: float | None) -> None:
    with pytest.raises(FaultError, match=name):
        check(name, value, for_s)


@given(name=st.sampled_from(Fault), value=st.one_of(st.none(), st.floats(), st.text(max_size=12)))
def test_every_value_is_either_taken_or_refused(name: Fault, value: FaultValue) -> None:
    with suppress(FaultError):
        check(name, value)


def test_for_s_says_when_it_ends() -> None:
    assert check_fault("stall", None, for_s=2.5, now_s=100.0, fps=10.0).ends_s == 102.5
