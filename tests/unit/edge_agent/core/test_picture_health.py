"""Which figures of a comparison mean which condition, and which mean weather, light or traffic."""

from dataclasses import replace

import pytest

from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.picture_health import PictureFit, judge

USUAL = PictureFit(
    cells=100,
    fit=0.95,
    fit_here=0.95,
    shift=(0.0, 0.0),
    flat=0.01,
    gain=1.0,
    fine=1.0,
    coarse=1.0,
    large_alike=0.98,
    large_contrast=1.0,
)
BLACK_CLOTH = {"fit": 0.3, "fit_here": 0.3, "flat": 0.65, "large_alike": 0.2, "large_contrast": 1.3}
BLUR = {"fine": 0.3, "coarse": 0.85}


@pytest.mark.parametrize(
    ("changed", "condition"),
    [
        ({}, None),
        (BLACK_CLOTH, HealthCondition.COVERED),
        ({**BLACK_CLOTH, "fit": 0.0, "fit_here": 0.0, "flat": 1.0, "gain": 1.0}, HealthCondition.COVERED),
        ({**BLACK_CLOTH, "fit": 0.65, "fit_here": 0.65, "flat": 0.3}, None),  # a van at the kerb
        ({**BLACK_CLOTH, "gain": 0.1}, None),  # fog: what is still seen is faint, too
        ({"fit": 0.4, "fit_here": 0.4, "flat": 0.1}, None),  # a crowd: other detail instead
        (BLUR, HealthCondition.DEFOCUSED),
        ({"fine": 0.02, "coarse": 0.1, "fit": 0.2, "fit_here": 0.2, "flat": 0.8}, HealthCondition.DEFOCUSED),
        ({**BLUR, "large_contrast": 0.4}, None),  # haze
        ({**BLUR, "large_alike": 0.5}, None),  # another light
        ({"fine": 0.3, "coarse": 0.3}, None),  # dusk takes from both
        ({"fine": 0.6, "coarse": 0.9}, None),  # a little soft
        ({"fit": 0.9, "fit_here": 0.1, "shift": (0.06, 0.0)}, HealthCondition.MOVED),
        ({"fit": 0.9, "fit_here": 0.1, "shift": (0.0, -0.06)}, HealthCondition.MOVED),
        ({"fit": 0.9, "fit_here": 0.1, "shift": (0.03, 0.03)}, None),  # a pole that sways
        ({"fit": 0.35, "fit_here": 0.05, "shift": (0.25, 0.06)}, HealthCondition.MOVED),  # turned as well
        ({"fit": 0.1, "fit_here": 0.1, "flat": 0.2}, HealthCondition.MOVED),  # another scene
        ({"fit": 0.35, "fit_here": 0.35, "flat": 0.2}, None),  # turned by 3 degrees
        ({**BLUR, "fit": 0.9, "fit_here": 0.1, "shift": (0.06, 0.0)}, HealthCondition.DEFOCUSED),
    ],
)
def test_figures_mean_one_condition_or_none(changed: dict[str, object], condition: HealthCondition | None) -> None:
    found = judge(replace(USUAL, **changed))  # type: ignore[arg-type]  # each row names the figures it changes
    assert found == (frozenset() if condition is None else {condition})


def test_a_view_without_detail_judges_nothing() -> None:
    """A white wall cannot be told from a hand."""
    assert judge(replace(USUAL, cells=11, fit=0.0, fit_here=0.0, flat=1.0)) is None
