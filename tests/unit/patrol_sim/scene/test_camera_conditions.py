"""What camera health is to notice, and what must not be taken for it, are seen as they are named."""

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from patrol_sim.errors import SourceError
from patrol_sim.scene.effects import check_effects
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import EffectSpan, SceneSettings

FPS, FOR_S = 5, 20.0
Luma = npt.NDArray[np.float64]


def seen(name: str, *, strength: float = 1.0, ramp_s: float = 0.0, seed: int = 3) -> Scene:
    """Return a quiet street of 30 s with the effect from 5 s to 25 s."""
    span = EffectSpan(name=name, at_s=5.0, for_s=FOR_S, strength=strength, ramp_s=ramp_s)
    return Scene(
        SceneSettings(seed=seed, width=352, height=288, fps=FPS, duration_s=30.0, movers=0, noise=1.0, effects=(span,))
    )


def luma(scene: Scene, at_s: float) -> Luma:
    return np.asarray(cv2.cvtColor(scene.picture(round(at_s * FPS)), cv2.COLOR_BGR2GRAY), dtype=np.float64)


def likeness(one: Luma, other: Luma) -> float:
    """Return the correlation: 1 for the same picture in another light."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def sharpness(shown: Luma) -> float:
    return float(np.asarray(cv2.Laplacian(cv2.GaussianBlur(shown, (3, 3), 0), cv2.CV_64F)).std())


def hidden(shown: Luma, plain: Luma) -> float:
    """Return the share of the picture in which nothing of the street is left: no detail, another brightness."""
    detail = cv2.blur(np.abs(np.asarray(cv2.Laplacian(cv2.GaussianBlur(shown, (3, 3), 0), cv2.CV_64F))), (25, 25))
    usual = cv2.blur(np.abs(np.asarray(cv2.Laplacian(cv2.GaussianBlur(plain, (3, 3), 0), cv2.CV_64F))), (25, 25))
    return float((np.asarray(detail) < 0.5 * np.asarray(usual)).mean())


@pytest.mark.parametrize("name", ["black", "covered", "defocused", "moved", "dusk", "fog", "truck"])
def test_a_condition_holds_for_its_span_and_the_street_is_the_same_again(name: str) -> None:
    scene = seen(name)
    assert likeness(luma(scene, 4.8), luma(scene, 25.0)) > 0.97
    assert np.abs(luma(scene, 4.8) - luma(scene, 25.0)).mean() < 3.0


def test_black_leaves_no_street() -> None:
    scene = seen("black")
    assert luma(scene, 15.0).mean() < 8.0
    assert luma(scene, 15.0).max() < 20.0


@pytest.mark.parametrize("share", [0.6, 0.8, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_covered_hides_the_ordered_share(share: float, seed: int) -> None:
    scene = seen("covered", strength=share, seed=seed)
    assert hidden(luma(scene, 15.0), luma(scene, 4.0)) == pytest.approx(share, abs=0.12)
    assert np.abs(luma(scene, 12.0) - luma(scene, 18.0)).mean() < 3.0, "what covers the lens stays as it is"


def test_defocused_loses_detail_and_nothing_else() -> None:
    scene = seen("defocused")
    assert sharpness(luma(scene, 15.0)) < 0.4 * sharpness(luma(scene, 4.0))
    assert luma(scene, 15.0).mean() == pytest.approx(luma(scene, 4.0).mean(), abs=2.0)


def test_a_ramp_lets_a_condition_come_little_by_little() -> None:
    scene = seen("defocused", strength=2.0, ramp_s=8.0)
    ladder = [sharpness(luma(scene, at_s)) for at_s in (4.0, 6.0, 8.0, 11.0, 15.0)]
    assert all(later < 0.9 * earlier for earlier, later in pairwise(ladder))
    assert sharpness(luma(scene, 22.0)) > ladder[-1]


def test_moved_shows_the_street_elsewhere_and_as_sharp() -> None:
    scene = seen("moved")
    before, after = luma(scene, 4.0), luma(scene, 15.0)
    assert likeness(before, after) < 0.75
    patch = before[130:190, 146:206].astype(np.float32)  # the middle of the picture
    fits = cv2.matchTemplate(after.astype(np.float32), patch, cv2.TM_CCOEFF_NORMED)
    assert abs(cv2.minMaxLoc(fits)[3][0] - 146) == pytest.approx(0.25 * 352, abs=3.0)
    assert sharpness(after) > 0.6 * sharpness(before)
    assert likeness(luma(scene, 12.0), luma(scene, 18.0)) > 0.97, "it stays where it was turned to"


def test_dusk_comes_slowly_and_leaves_a_usable_picture() -> None:
    scene = seen("dusk")
    assert luma(scene, 15.0).mean() < 0.35 * luma(scene, 4.0).mean()
    assert likeness(luma(scene, 15.0), luma(scene, 4.0)) > 0.9
    means = [luma(scene, index / FPS).mean() for index in range(25, 125)]
    assert max(abs(later - earlier) for earlier, later in pairwise(means)) < 5.0


def test_fog_takes_contrast_and_not_the_street() -> None:
    scene = seen("fog")
    assert luma(scene, 15.0).std() < 0.5 * luma(scene, 4.0).std()
    assert likeness(luma(scene, 15.0)[150:], luma(scene, 4.0)[150:]) > 0.6


def test_a_truck_fills_the_picture_and_drives_on() -> None:
    scene = seen("truck")
    standing = luma(scene, 15.0)
    assert (np.abs(standing - luma(scene, 4.0)) > 10.0).mean() > 0.6
    assert np.abs(luma(scene, 10.0) - luma(scene, 20.0)).mean() < 3.0, "it stands"
    assert np.abs(luma(scene, 5.6) - luma(scene, 6.0)).mean() > 5.0, "it rolled in"


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (EffectSpan(name="earthquake", at_s=0.0, for_s=1.0), "there are"),
        (EffectSpan(name="fog", at_s=0.0, for_s=0.0), "for_s"),
        (EffectSpan(name="fog", at_s=float("nan"), for_s=1.0), "at_s"),
        (EffectSpan(name="fog", at_s=0.0, for_s=1.0, strength=-1.0), "strength -1"),
        (EffectSpan(name="fog", at_s=0.0, for_s=1.0, strength=11.0), "strength 11"),
        (EffectSpan(name="fog", at_s=0.0, for_s=1.0, ramp_s=0.6), "ramp_s 0.6"),
    ],
)
def test_an_impossible_effect_is_refused_by_its_key(span: EffectSpan, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        check_effects(SceneSettings(effects=(span,)))
    assert span.name in str(caught.value)
