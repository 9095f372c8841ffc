"""Scenes look as they always did: benches and figures of earlier versions compare with those of today."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import EffectSpan, SceneSettings

GOLDEN = Path(__file__).with_name("same_pictures.json")
CELL = 16
EFFECTS = ("lightning", "exposure_jump", "gain_noise", "rain", "cloud_shadow")


def cells(settings: SceneSettings, at_s: float) -> npt.NDArray[np.float64]:
    """Return the mean of every 16×16 cell and colour: bytes may differ by a rounding from processor to processor."""
    shown = Scene(settings).picture(round(at_s * settings.fps)).astype(np.float64)
    high, wide = shown.shape[0] // CELL, shown.shape[1] // CELL
    means: npt.NDArray[np.float64] = shown.reshape(high, CELL, wide, CELL, 3).mean(axis=(1, 3))
    return means.round(2)


def cases() -> dict[str, tuple[SceneSettings, float]]:
    plain = SceneSettings(seed=5, width=176, height=144, duration_s=20.0)
    spans = tuple(EffectSpan(name=name, at_s=2.0 * index, for_s=2.0) for index, name in enumerate(EFFECTS))
    struck = SceneSettings(seed=6, width=176, height=144, duration_s=20.0, busy_share=1.0, movers=9, effects=spans)
    found = {"plain": (plain, 7.0), "busy": (struck, 15.0)}
    return found | {name: (struck, 2.0 * index + 0.6) for index, name in enumerate(EFFECTS)}


@pytest.mark.parametrize("name", cases())
def test_a_scene_without_newer_keys_looks_as_it_did(name: str) -> None:
    golden = np.array(json.loads(GOLDEN.read_text(encoding="ascii"))[name])
    assert np.abs(cells(*cases()[name]) - golden).max() < 0.1
