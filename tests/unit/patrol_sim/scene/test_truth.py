"""The generated street shows what its truth says, the same for the same seed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol_sim.errors import SourceError
from patrol_sim.scene.cast import cast_of
from patrol_sim.scene.effects import EFFECTS
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import EffectSpan, SceneSettings
from patrol_sim.scene.truth import tell_truth

SMALL = SceneSettings(width=176, height=144, duration_s=20.0, seed=5)


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others() -> None:
    for index in (0, 70, 130):
        assert np.array_equal(Scene(SMALL).picture(index), Scene(SMALL).picture(index))
    assert not np.array_equal(Scene(SMALL).picture(70), Scene(SMALL.with_seed(6)).picture(70))


@pytest.mark.parametrize("seed", range(4))
def test_pictures_differ_from_the_empty_street_inside_the_true_boxes_and_nowhere_else(seed: int) -> None:
    chosen = SceneSettings(width=352, height=288, duration_s=20.0, seed=seed, noise=0.0)
    scene = Scene(chosen)
    street = scene.picture(0).astype(int)
    assert scene.truth.frames[0] == ()
    for index in range(0, chosen.frames, 3):
        changed = np.abs(scene.picture(index).astype(int) - street).max(axis=2) > 20
        boxes = scene.truth.frames[index]
        inside = np.zeros_like(changed)
        for true_box in boxes:
            left, top, right, bottom = true_box.box
            rows = slice(max(0, int(top * 288) - 4), int(bottom * 288) + 5)
            columns = slice(max(0, int(left * 352) - 4), int(right * 352) + 5)
            assert changed[rows, columns].mean() > 0.05, f"picture {index}: {true_box} cannot be seen"
            inside[rows, columns] = True
        # A figure of which less than a quarter is inside is no truth yet, but it is already drawn at the edge.
        inside[:, :40] = inside[:, -40:] = True
        assert not (changed & ~inside).any(), f"picture {index}: something moves outside the boxes"


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    busy_share=st.floats(0.0, 1.0),
    duration_s=st.floats(10.0, 60.0),
)
def test_the_busy_share_is_kept_and_visits_tell_the_same_as_frames(
    seed: int, busy_share: float, duration_s: float
) -> None:
    chosen = SceneSettings(seed=seed, busy_share=busy_share, duration_s=duration_s)
    truth = tell_truth(chosen, cast_of(chosen))
    assert busy_share - 0.35 <= truth.busy_share <= busy_share + 0.05
    empty_s = sum(end - begin for begin, end in truth.empty_s)
    assert empty_s == pytest.approx((1 - truth.busy_share) * chosen.frames / chosen.fps)
    for visit in truth.visits:
        assert 0.0 <= visit.enter_s < visit.leave_s <= chosen.frames / chosen.fps
        assert not any(begin < visit.leave_s and visit.enter_s < end for begin, end in truth.empty_s)


def test_the_number_of_movers_is_kept_and_the_seam_is_quiet() -> None:
    chosen = SceneSettings(movers=7, seed=3)
    truth = tell_truth(chosen, cast_of(chosen))
    assert len(truth.visits) == 7
    assert truth.frames[0] == truth.frames[-1] == ()


def test_the_json_form_holds_boxes_only_when_asked() -> None:
    truth = Scene(SMALL).truth
    short = truth.as_dict(SMALL, title="gate")
    assert "frames" not in short
    assert json.loads(json.dumps(truth.as_dict(SMALL, title="gate", with_frames=True)))["frames"][0]["boxes"] == []


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_changes_the_picture_within_its_span_only(name: str) -> None:
    kept = SceneSettings(width=176, height=144, duration_s=12.0, noise=0.0, movers=0)
    plain = Scene(kept)
    struck = Scene(replace(kept, effects=(EffectSpan(name=name, at_s=1.0, for_s=9.0),)))
    street = plain.picture(0).astype(int)
    assert np.array_equal(struck.picture(9), street)
    assert max(np.abs(struck.picture(index).astype(int) - street).max() for index in range(10, 100)) > 20
    assert np.array_equal(struck.picture(100), street)


@pytest.mark.parametrize(
    "wrong",
    [{"width": 703}, {"height": 8}, {"fps": 0}, {"gop": 0}, {"duration_s": 0.5}, {"busy_share": 1.2}, {"movers": -1}],
)
def test_an_impossible_scene_is_refused_by_its_key(wrong: dict[str, float]) -> None:
    with pytest.raises(SourceError, match=next(iter(wrong))):
        SceneSettings(**wrong)  # type: ignore[arg-type]  # the table holds whole numbers and shares
