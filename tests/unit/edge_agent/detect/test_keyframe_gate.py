"""What wakes a resting camera, on pictures made for it: noise, light and things of known size."""

import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.detect.keyframe_gate import KeyframeGate

Plane = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 704, 576


def street(*, noise: float = 2.0, seed: int = 1, light: float = 0.0) -> Plane:
    """Return a textured picture with fresh sensor noise."""
    texture = np.random.default_rng(0).integers(60, 180, size=(HEIGHT // 16, WIDTH // 16))
    floor = np.kron(texture, np.ones((16, 16)))
    dirt = np.random.default_rng(seed).normal(0.0, noise, size=floor.shape)
    return np.clip(floor + dirt + light, 0, 255).astype(np.uint8)


def with_thing(picture: Plane, *, wide: int, high: int, left: int = 300, top: int = 300, differs_by: int = 25) -> Plane:
    changed = picture.copy()
    part = changed[top : top + high, left : left + wide].astype(np.int16)
    changed[top : top + high, left : left + wide] = np.clip(part + differs_by, 0, 255).astype(np.uint8)
    return changed


def after(first: Plane, second: Plane) -> bool:
    gate = KeyframeGate()
    gate.moved(first)
    return gate.moved(second)


def test_the_first_picture_and_a_new_shape_count_as_motion() -> None:
    gate = KeyframeGate()
    assert gate.moved(street())
    assert not gate.moved(street(seed=2))
    assert gate.moved(street()[:, :640])


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_sensor_noise_does_not_wake_a_camera(noise: float) -> None:
    gate = KeyframeGate()
    gate.moved(street(noise=noise))
    assert not any(gate.moved(street(noise=noise, seed=seed)) for seed in range(2, 12))


def test_light_that_changes_everywhere_alike_does_not_wake_it() -> None:
    assert not after(street(), street(seed=2, light=20.0))


@pytest.mark.parametrize(
    ("wide", "high", "differs_by"),
    [
        (16, 48, 25),  # a person far away
        (10, 24, 30),  # half the size that detect.motion asks for
        (60, 160, 14),  # a grey shirt on a grey road
    ],
)
def test_a_thing_that_came_or_went_wakes_it(wide: int, high: int, differs_by: int) -> None:
    empty = street()
    thing = with_thing(street(seed=2), wide=wide, high=high, differs_by=differs_by)
    assert after(empty, thing)
    assert after(thing, empty)


def test_a_thing_that_stays_where_it_is_wakes_it_once() -> None:
    gate = KeyframeGate()
    gate.moved(street())
    assert gate.moved(with_thing(street(seed=2), wide=40, high=100))
    assert not gate.moved(with_thing(street(seed=3), wide=40, high=100))


def test_a_picture_smaller_than_the_gate_is_taken_as_it_is() -> None:
    small = street()[:96, :128]
    assert not after(small, small)
    assert after(small, with_thing(small, wide=10, high=20, left=30, top=30))
