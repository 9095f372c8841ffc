"""The rules of a room's file reach the core with all they say."""

from edge_agent.core.rules import Crowd, Intrusion, LineCrossing, Loitering
from edge_agent.core.zones import Direction
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.toml_file import parse_settings
from patrol_wire.ids import Forward, Severity

ROOM = """
[[camera]]
name = "gate"
url = "gate.mp4"
  [[camera.zone]]
  name = "yard"
  polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
  [[camera.line]]
  name = "kerb"
  points = [[0.65, 0.0], [0.65, 1.0]]
  [[camera.rule]]
  name = "a"
  kind = "intrusion"
  zone = "yard"
  labels = ["car"]
  severity = "high"
  forward = "direct"
  min_frames = 7
  cool_down_s = 11.0
  category = "theft"
  [[camera.rule]]
  name = "b"
  kind = "line_crossing"
  line = "kerb"
  direction = "right_to_left"
  [[camera.rule]]
  name = "c"
  kind = "loitering"
  zone = "yard"
  dwell_s = 33.0
  [[camera.rule]]
  name = "d"
  kind = "crowd"
  zone = "yard"
  count = 9
  hold_s = 4.0
"""


def test_every_kind_of_rule_arrives_with_its_values() -> None:
    intrusion, crossing, loitering, crowd = rules_of(parse_settings(ROOM, source="room").cameras[0])
    assert isinstance(intrusion, Intrusion)
    assert intrusion.zone.polygon == ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))
    assert (intrusion.labels, intrusion.severity, intrusion.forward) == (("car",), Severity.HIGH, Forward.DIRECT)
    assert (intrusion.min_frames, intrusion.cool_down_s, intrusion.category) == (7, 11.0, "theft")
    assert isinstance(crossing, LineCrossing)
    assert crossing.direction is Direction.RIGHT_TO_LEFT
    assert crossing.line.points == ((0.65, 0.0), (0.65, 1.0))
    assert isinstance(loitering, Loitering)
    assert loitering.dwell_s == 33.0
    assert isinstance(crowd, Crowd)
    assert (crowd.count, crowd.hold_s) == (9, 4.0)
