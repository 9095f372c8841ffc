"""What a camera's picture shows of its health, from how well it fits the view the camera usually has.

Pure: the comparison comes in as figures (``detect.camera_view`` makes them), conditions go out. The thresholds have
general reasons; what they gave on films and drawn disturbances stands in docs/design/camera-health.md.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.core.camera_health import HealthCondition

LEAST_CELLS: Final = 12
"""Cells with detail of their own that a view needs before anything but darkness can be judged by it."""
COVERED_SHARE: Final = 0.4
"""Share of those cells that must have lost their detail. A truck at the kerb hides a third; nobody sees an event in a
picture that is half gone."""
COVERED_FLAT: Final = 0.5
"""Share of the lost cells that show nothing instead: what covers a lens is too near to be sharp."""
COVERED_GAIN: Final = 0.4
"""What is still seen beside a cover keeps its contrast, give or take the exposure; in fog and dusk it loses it, too."""
ALL_GONE: Final = 0.15
"""With fewer cells that fit there is nothing left beside the cover (a clock drawn into the picture may still fit)."""
MOVED_FIT: Final = 0.3
"""A picture of which less fits where it was shows something else. Day, night, rain and snow keep the edges of houses;
a turn by 3 degrees leaves about this much."""
SHIFT_FIT: Final = 0.5
"""A shift explains the picture when so many cells fit after it; else it is turned, zoomed or another scene."""
MOVED_SHIFT: Final = 0.04
"""Of the picture's width or height: zones and masks are wrong by so much. Poles sway and drift by less."""
FINE_GONE: Final = 0.5
"""Fine detail must fall to half: compression and noise of the night take less from strong edges."""
FINE_OF_COARSE: Final = 0.75
"""Fine detail must fall by more than the coarse one: dusk and fog take from both alike."""
LARGE_ALIKE: Final = 0.85
"""Correlation of the large structures with the usual ones that says the scene is still there, only blurred."""
LARGE_CONTRAST: Final = 0.7
"""Share of their usual contrast that the large structures keep out of focus; haze takes it, and a cover brighter or
darker than the scene adds to it (1 / 0.7 is the most)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFit:
    """How a picture of the last seconds compares with the view of the last minutes; shares are of ``cells``."""

    cells: int
    """Cells that have detail of their own in the view."""
    fit: float
    """Share of them whose detail is found again, after the best shift."""
    fit_here: float
    """The same without a shift."""
    shift: tuple[float, float]
    """The best shift to the right and down, in shares of the picture; (0, 0) when none is better."""
    flat: float
    """Share of the cells that lost their detail and show nothing instead."""
    gain: float
    """Contrast of the cells that fit, 1 is the usual."""
    fine: float
    """Strength of the sharpest edges that nearly all cells stay below, 1 is the usual."""
    coarse: float
    """The same of the coarse edges."""
    large_alike: float
    """Correlation of the cells' brightness with the usual one, -1 to 1."""
    large_contrast: float
    """Spread of the cells' brightness, 1 is the usual."""


def judge(fit: PictureFit) -> frozenset[HealthCondition] | None:
    """Return the one condition the picture shows, or none; None when the view has too little detail to judge by."""
    if fit.cells < LEAST_CELLS:
        return None
    if _is_out_of_focus(fit):
        return frozenset({HealthCondition.DEFOCUSED})
    is_shifted = fit.fit >= SHIFT_FIT and max(map(abs, fit.shift)) > MOVED_SHIFT
    if is_shifted:
        return frozenset({HealthCondition.MOVED})
    lost = 1.0 - fit.fit
    if lost >= COVERED_SHARE and fit.flat >= COVERED_FLAT * lost:
        is_haze = fit.fit >= ALL_GONE and fit.gain < COVERED_GAIN
        return frozenset() if is_haze else frozenset({HealthCondition.COVERED})
    is_elsewhere = fit.fit < SHIFT_FIT and fit.fit_here < MOVED_FIT
    return frozenset({HealthCondition.MOVED}) if is_elsewhere else frozenset()


def _is_out_of_focus(fit: PictureFit) -> bool:
    same_contrast = LARGE_CONTRAST <= fit.large_contrast <= 1.0 / LARGE_CONTRAST
    same_scene = fit.large_alike >= LARGE_ALIKE and same_contrast
    return same_scene and fit.fine < FINE_GONE and fit.fine < FINE_OF_COARSE * fit.coarse
