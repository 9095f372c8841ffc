"""What must raise no alert raises none, with every kind of rule on, and what happens in the midst of it is caught.

Minutes of what ``./dev bench false-alarms`` plays for hours, with the agent's own analyser and without a model, which
is harder: everything that moves is a ``moving_object``.
"""

from collections import Counter

import pytest

from bench.false_alarm_scenes import DISTURBANCES, FPS, ROOM, busy_scene, quiet_scene, wanted_of
from edge_agent.core.alerts import AlertRaised
from edge_agent.detect.assembly import analyser_of
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.picture import Picture
from edge_agent.settings.toml_file import parse_settings
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import SceneSettings

SIZE = (352, 288)
SINGLE = sorted(set(DISTURBANCES) - {"all"})


def alerts_of(settings: SceneSettings) -> tuple[Scene, list[AlertRaised]]:
    scene, room = Scene(settings), parse_settings(ROOM, source="room")
    analyser = analyser_of(room.cameras[0], room.detector, MotionDetector())
    alerts: list[AlertRaised] = []
    for number, drawn in enumerate(scene.pictures()):
        changes = analyser.analyse(Picture.from_bgr(drawn), number / FPS).alert_changes
        alerts += [change for change in changes if isinstance(change, AlertRaised)]
    return scene, alerts


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SINGLE)
def test_a_disturbance_with_nobody_there_raises_nothing(name: str, seed: int) -> None:
    """Before, five minutes of rain raised 500 alerts, of trees 40."""
    _, alerts = alerts_of(quiet_scene(name, seed, duration_s=90.0, size=SIZE))
    assert Counter(alert.rule for alert in alerts) == {}


@pytest.mark.parametrize("name", SINGLE)
def test_who_passes_in_the_midst_of_it_is_told_of(name: str) -> None:
    """A detector that says nothing raises no false alarm either."""
    scene, alerts = alerts_of(busy_scene(name, 1, duration_s=65.0, size=SIZE))
    wanted = wanted_of(scene)
    assert {one.rule for one in wanted} == {"intrusion", "line_crossing"}
    missed = [one for one in wanted if not any(one.explains(alert.rule, alert.raised_s) for alert in alerts)]
    assert [one.rule for one in missed if one.rule == "intrusion"] == []
