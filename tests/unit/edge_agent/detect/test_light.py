"""The light of a picture against its background: found whatever stands there, and taken over when it stays."""

import numpy as np
import pytest

from edge_agent.detect.light import USUAL, LightWatch, Plane, light_of
from edge_agent.detect.local_light import shaded


def street(seed: int = 1) -> Plane:
    """Return 144 rows of a street, smooth as small pictures are."""
    rough = np.random.default_rng(seed).integers(50, 170, (18, 22), dtype=np.uint8)
    wide: Plane = rough.repeat(8, axis=0).repeat(8, axis=1)
    return wide


def lit(plane: Plane, gain: float, offset: float) -> Plane:
    changed: Plane = np.clip(plane.astype(np.float32) * gain + offset, 0, 255).astype(np.uint8)
    return changed


@pytest.mark.parametrize(
    ("gain", "offset"),
    [
        (1.0, 12.0),  # dusk, picture by picture
        (0.6, 0.0),  # a step of the exposure
        (1.5, 70.0),  # lightning: a good part is burnt out
        (0.3, 4.0),  # night falls
    ],
)
def test_the_light_is_found_though_a_lorry_fills_a_fifth_of_the_picture(gain: float, offset: float) -> None:
    before = street()
    now = lit(before, gain, offset)
    now[40:110, 20:90] = 30
    light = light_of(now, before)
    assert light is not None
    off = np.abs(light.seen_in(before).astype(int) - lit(before, gain, offset).astype(int))
    assert np.median(off) <= 2
    assert off.max() < 14, "the least difference that counts as motion"


def test_nothing_is_said_of_the_light_of_a_black_or_a_burnt_out_picture() -> None:
    assert light_of(np.full((144, 176), 2, np.uint8), street()) is None
    assert light_of(np.full((144, 176), 254, np.uint8), street()) is None


def test_lightning_is_a_jump_and_is_over_before_it_becomes_the_background() -> None:
    watch, before = LightWatch(stays_s=3.0), street()
    seen = [watch.look(lit(before, gain, offset), before) for gain, offset in ((1.0, 0.0), (1.4, 60.0), (1.0, 0.0))]
    assert seen[0] is USUAL
    assert seen[2] is USUAL
    assert watch.jumped, "back again is a jump too"
    assert not watch.stays(USUAL, 1.0)


def test_light_that_stays_becomes_the_background_s() -> None:
    watch, before = LightWatch(stays_s=3.0), street()
    light = watch.look(lit(before, 0.7, 0.0), before)
    assert light is not None
    assert [watch.stays(light, at_s) for at_s in (0.0, 1.0, 2.9, 3.1)] == [False, False, False, True]


def test_a_soft_shadow_is_expected_where_it_falls_and_a_car_is_not() -> None:
    before = street()
    across = np.exp(-(((np.arange(176) - 60) / 44) ** 2))
    shade = lit(before, 1.0, 0.0) * (1.0 - 0.45 * across)[None, :]
    now = shade.astype(np.uint8)
    now[60:90, 100:150] = 20
    expected = shaded(now, before)
    off = np.abs(expected.astype(int) - shade.astype(int))
    assert np.median(off) <= 4
    assert np.median(np.abs(before.astype(int) - shade.astype(int))) > 2 * np.median(off)
    assert np.median(np.abs(expected[60:90, 100:150].astype(int) - 20)) > 30
