"""The rules of a room's file reach the core with all they say."""

from edge_agent.core.rules import (
    AbandonedObject,
    Crowd,
    Intrusion,
    LineCrossing,
    Loitering,
    Sizes,
    Stage,
    StoppedVehicle,
    WrongWay,
)
from edge_agent.core.schedules import schedule_of
from edge_agent.core.zones import Direction
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.toml_file import parse_settings
from patrol_wire.ids import Forward, Severity

CAMERA = """
[[camera]]
name = "gate"
url = "gate.mp4"
  [[camera.zone]]
  name = "yard"
  polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
  [[camera.zone]]
  name = "bins"
  polygon = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]
  [[camera.line]]
  name = "kerb"
  points = [[0.65, 0.0], [0.65, 1.0]]
"""
RULES = """
  [[camera.rule]]
  name = "a"
  kind = "intrusion"
  zones = ["yard", "bins"]
  labels = ["car"]
  severity = "high"
  forward = "direct"
  min_frames = 7
  cool_down_s = 11.0
  linger_s = 2.0
  leave_margin = 0.03
  category = "theft"
  schedule = ["daily 22:00-06:00"]
  min_height = 0.1
  max_height = 0.9
  min_area = 0.02
  max_area = 0.5
  stages = [{ after_s = 60.0, severity = "critical" }]
  [[camera.rule]]
  name = "b"
  kind = "line_crossing"
  line = "kerb"
  direction = "right_to_left"
  beyond = 0.02
  debounce_s = 3.0
  [[camera.rule]]
  name = "c"
  kind = "loitering"
  zone = "yard"
  dwell_s = 33.0
  grace_s = 3.0
  [[camera.rule]]
  name = "d"
  kind = "crowd"
  zone = "yard"
  count = 9
  density = 0.4
  hold_s = 4.0
  grace_s = 1.0
  [[camera.rule]]
  name = "e"
  kind = "wrong_way"
  zone = "yard"
  way = [[0.1, 0.5], [0.9, 0.5]]
  distance = 3.0
  tolerance_deg = 40.0
  speed = 0.5
  [[camera.rule]]
  name = "f"
  kind = "stopped_vehicle"
  zone = "yard"
  stop_s = 90.0
  grace_s = 8.0
  queue = 4
  [[camera.rule]]
  name = "g"
  kind = "abandoned_object"
  zone = "yard"
  owner_labels = ["person"]
  unattended_s = 120.0
  reach = 2.0
  needs_owner = false
  fixtures = ["bins"]
"""


def test_every_kind_of_rule_arrives_with_its_values() -> None:
    intrusion, crossing, loitering, crowd, wrong_way, stopped, left = rules_of(
        parse_settings(CAMERA + RULES, source="room").cameras[0]
    )
    assert isinstance(intrusion, Intrusion)
    assert [zone.name for zone in intrusion.zones] == ["yard", "bins"]
    assert intrusion.zones[0].polygon == ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))
    assert (intrusion.labels, intrusion.severity, intrusion.forward) == (("car",), Severity.HIGH, Forward.DIRECT)
    assert (intrusion.min_frames, intrusion.cool_down_s, intrusion.category) == (7, 11.0, "theft")
    assert (intrusion.linger_s, intrusion.leave_margin) == (2.0, 0.03)
    assert intrusion.schedule == schedule_of(["daily 22:00-06:00"])
    assert intrusion.sizes == Sizes(min_height=0.1, max_height=0.9, min_area=0.02, max_area=0.5)
    assert intrusion.stages == (Stage(after_s=60.0, severity=Severity.CRITICAL),)
    assert isinstance(crossing, LineCrossing)
    assert crossing.direction is Direction.RIGHT_TO_LEFT
    assert crossing.line.points == ((0.65, 0.0), (0.65, 1.0))
    assert (crossing.beyond, crossing.debounce_s) == (0.02, 3.0)
    assert isinstance(loitering, Loitering)
    assert (loitering.dwell_s, loitering.grace_s) == (33.0, 3.0)
    assert isinstance(crowd, Crowd)
    assert (crowd.count, crowd.density, crowd.hold_s, crowd.grace_s) == (9, 0.4, 4.0, 1.0)
    assert isinstance(wrong_way, WrongWay)
    assert wrong_way.way == ((0.1, 0.5), (0.9, 0.5))
    assert (wrong_way.distance, wrong_way.tolerance_deg, wrong_way.speed) == (3.0, 40.0, 0.5)
    assert isinstance(stopped, StoppedVehicle)
    assert (stopped.stop_s, stopped.grace_s, stopped.queue) == (90.0, 8.0, 4)
    assert isinstance(left, AbandonedObject)
    assert (left.owner_labels, left.unattended_s, left.reach, left.needs_owner) == (("person",), 120.0, 2.0, False)
    assert [zone.name for zone in left.fixtures] == ["bins"]


def test_a_rule_that_says_nothing_has_the_defaults_of_its_kind() -> None:
    """The two places in which a default stands, settings and core, agree."""
    kinds = [
        ("intrusion", Intrusion, ""),
        ("loitering", Loitering, ""),
        ("crowd", Crowd, ""),
        ("wrong_way", WrongWay, "way = [[0.1, 0.5], [0.9, 0.5]]"),
        ("stopped_vehicle", StoppedVehicle, ""),
        ("abandoned_object", AbandonedObject, ""),
    ]
    for kind, core, more in kinds:
        text = f'{CAMERA}\n[[camera.rule]]\nname = "r"\nkind = "{kind}"\nzone = "yard"\n{more}\n'
        (rule,) = rules_of(parse_settings(text, source="room").cameras[0])
        needed = {"way": rule.way} if isinstance(rule, WrongWay) else {}
        assert rule == core(name="r", category=kind, zones=rule.zones, **needed)  # type: ignore[union-attr]  # the kinds of the table
    text = f'{CAMERA}\n[[camera.rule]]\nname = "r"\nkind = "line_crossing"\nline = "kerb"\n'
    (rule,) = rules_of(parse_settings(text, source="room").cameras[0])
    assert isinstance(rule, LineCrossing)
    assert rule == LineCrossing(name="r", category="line_crossing", line=rule.line)
