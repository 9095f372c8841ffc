"""Cameras for whole-site tests: generated streets, encoded once for all of them."""

from collections.abc import Iterator

import pytest

from patrol_sim.cameras import scene_cameras
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer


@pytest.fixture(scope="session")
def street_cameras() -> Iterator[SimServer]:
    """Four cameras of small generated streets where something moves most of the time."""
    scene = SceneSettings(seed=11, width=352, height=288, fps=10, duration_s=20.0, busy_share=0.8)
    with SimServer(scene_cameras(4, settings=scene, variety=2), control_port=None) as server:
        yield server
