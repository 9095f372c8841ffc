"""Every kind of rule over generated scenes, through settings, analyser and book: what it finds and leaves alone.

People and cars are named by a model that sees as well as a good one; bags have no name, as with small models. The
truth of the acts is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from edge_agent.core.alerts import AlertChange, AlertEnded, AlertRaised
from edge_agent.detect.assembly import analyser_of
from edge_agent.detect.detector import Detector
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.picture import Picture
from edge_agent.settings.toml_file import parse_settings
from patrol_sim.scene.acts import Act, Furnish, Gather, KeepBag, LeaveBag, Loiter, Pass, Side, Stop, ToAndFro
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.true_act import TrueAct
from tests.support.scene_model import SceneModel

FPS = 5
ROOM = """
[[camera]]
name = "street"
url = "street.mp4"
  [[camera.zone]]
  name = "all"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.zone]]
  name = "near"
  polygon = [[0.0, 0.86], [1.0, 0.86], [1.0, 1.0], [0.0, 1.0]]
  [[camera.zone]]
  name = "far"
  polygon = [[0.0, 0.5], [1.0, 0.5], [1.0, 0.66], [0.0, 0.66]]
  [[camera.line]]
  name = "middle"
  points = [[0.5, 0.4], [0.5, 1.0]]
  [[camera.rule]]
  name = "r"
"""
MIDDLE = ((0.5, 0.8), (0.5, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a rule told of a scene, and what really happened."""

    raised: tuple[AlertRaised, ...]
    ended: tuple[AlertEnded, ...]
    act: TrueAct

    def moment(self, what: str) -> float:
        return next(moment.at_s for moment in self.act.moments if moment.what == what)


def play(
    rule: str, *acts: Act, duration_s: float, motion: bool = False, parked: int = 0, movers: int = 0, seed: int = 1
) -> Played:
    """Analyse a scene of 352 × 288 at five pictures a second under one rule."""
    wanted = SceneSettings(
        seed=seed, width=352, height=288, fps=FPS, movers=movers, duration_s=duration_s, acts=acts, parked=parked
    )
    scene = Scene(wanted)
    settings = parse_settings(ROOM + rule, source="room")
    model = SceneModel(scene, labels=("person", "bicycle", "car"))
    detector: Detector = MotionDetector() if motion else model
    analyser = analyser_of(settings.cameras[0], settings.detector, detector)
    changes: list[AlertChange] = []
    for number in range(scene.settings.frames):
        model.picture = number
        changes += analyser.analyse(Picture.from_bgr(scene.picture(number)), number / FPS).alert_changes
    changes += analyser.close()
    return Played(
        raised=tuple(change for change in changes if isinstance(change, AlertRaised)),
        ended=tuple(change for change in changes if isinstance(change, AlertEnded)),
        act=scene.truth.acts[0],
    )


# --- intrusion, line crossing ------------------------------------------------------------------------------------

INTRUSION = 'kind = "intrusion"\nzone = "near"\nlabels = ["person"]\n'
CROSSING = 'kind = "line_crossing"\nline = "middle"\ndirection = "left_to_right"\nlabels = ["person"]\n'


def test_who_walks_through_the_zone_intrudes_and_who_passes_behind_it_does_not() -> None:
    inside = play(INTRUSION, Pass(at_s=1.0, figure="person", y=0.92, crossing_s=9.0), duration_s=12.0)
    (alert,) = inside.raised
    assert alert.start_s == pytest.approx(1.5, abs=1.0)
    assert play(INTRUSION, Pass(at_s=1.0, figure="person", y=0.7, crossing_s=9.0), duration_s=12.0).raised == ()


def test_a_cat_sized_thing_is_too_small_for_a_rule_about_people() -> None:
    acts = [Pass(at_s=1.0, figure="person", y=0.92, crossing_s=9.0)]
    assert play(INTRUSION + "min_height = 0.4\n", *acts, duration_s=12.0).raised == ()


@pytest.mark.parametrize(("enters", "alerts"), [(Side.LEFT, 1), (Side.RIGHT, 0)])
def test_a_crossing_counts_in_its_direction(enters: Side, alerts: int) -> None:
    played = play(CROSSING, Pass(at_s=1.0, figure="person", y=0.9, enters=enters, crossing_s=9.0), duration_s=12.0)
    assert len(played.raised) == alerts
    for alert in played.raised:
        assert alert.start_s == pytest.approx(played.moment("left_to_right"), abs=0.3)


@pytest.mark.parametrize(("debounce_s", "alerts"), [(0.0, 1), (3.0, 0)])
def test_going_to_and_fro_counts_once_or_with_a_debounce_not_at_all(debounce_s: float, alerts: int) -> None:
    """Six times over the line and back within two seconds each, from the left and to the left."""
    rule = CROSSING.replace("left_to_right", "both") + f"debounce_s = {debounce_s}\n"
    act = ToAndFro(at_s=1.0, line=MIDDLE, times=6, reach=0.05, every_s=1.6)
    assert len(play(rule, act, duration_s=32.0).raised) == alerts


# --- loitering, crowd --------------------------------------------------------------------------------------------

LOITERING = 'kind = "loitering"\nzone = "near"\nlabels = ["person"]\ndwell_s = 15.0\n'
CROWD = 'kind = "crowd"\nzone = "all"\nlabels = ["person"]\ncount = 5\nhold_s = 2.0\n'


def test_who_stays_loiters_in_stages_and_who_goes_on_in_time_does_not() -> None:
    stages = 'severity = "low"\nstages = [{ after_s = 25.0, severity = "high" }]\n'
    stays = play(LOITERING + stages, Loiter(at_s=1.0, y=0.92, for_s=26.0, roam=0.05), duration_s=44.0)
    assert [str(alert.severity) for alert in stays.raised] == ["low", "high"]
    first, second = stays.raised
    assert first.start_s == second.start_s == pytest.approx(1.5, abs=1.0)  # the zone reaches from edge to edge
    assert first.raised_s == pytest.approx(first.start_s + 15.0, abs=0.5)
    assert second.raised_s == pytest.approx(first.start_s + 25.0, abs=0.5)
    assert play(LOITERING, Pass(at_s=1.0, figure="person", y=0.92, crossing_s=12.0), duration_s=16.0).raised == ()


def test_six_are_a_crowd_of_five_and_four_are_none() -> None:
    many = play(CROWD, Gather(at_s=1.0, count=6, for_s=8.0, spacing=1.6), duration_s=32.0)
    (alert,) = many.raised
    assert alert.start_s <= many.act.begin_s + 0.5  # five of them are there before the sixth
    (end,) = many.ended
    assert end.end_s >= many.act.end_s - 0.5
    assert play(CROWD, Gather(at_s=1.0, count=4, for_s=8.0), duration_s=32.0).raised == ()


@pytest.mark.parametrize(("spacing", "alerts"), [(0.8, 1), (2.5, 0)])
def test_a_dense_crowd_is_told_from_a_loose_one(spacing: float, alerts: int) -> None:
    rule = CROWD.replace('zone = "all"', 'zone = "middle"') + "density = 0.35\n"
    narrow = '  [[camera.zone]]\n  name = "middle"\n  polygon = [[0.3, 0.6], [0.7, 0.6], [0.7, 1.0], [0.3, 1.0]]\n'
    act = Gather(at_s=1.0, count=6, for_s=8.0, spacing=spacing)
    assert len(play(rule + narrow, act, duration_s=32.0).raised) == alerts


# --- vehicles ----------------------------------------------------------------------------------------------------

WRONG_WAY = 'kind = "wrong_way"\nzone = "all"\nway = [[0.1, 0.75], [0.9, 0.75]]\n'
STOPPED = 'kind = "stopped_vehicle"\nzone = "all"\nstop_s = 12.0\n'
CAR_SIZED = "min_area = 0.03\n"
"""Without a model a person is a moving object too; only size tells them from a car."""


@pytest.mark.parametrize("motion", [False, True])
def test_a_car_against_the_way_alerts_and_one_along_it_does_not(motion: bool) -> None:
    wrong = play(WRONG_WAY + CAR_SIZED, Pass(at_s=1.0, enters=Side.RIGHT), duration_s=8.0, motion=motion)
    assert len(wrong.raised) == 1
    assert wrong.raised[0].start_s == pytest.approx(1.4, abs=1.0)
    assert play(WRONG_WAY + CAR_SIZED, Pass(at_s=1.0), duration_s=8.0, motion=motion).raised == ()


def test_people_walk_either_way() -> None:
    act = Pass(at_s=1.0, figure="person", y=0.9, enters=Side.RIGHT, crossing_s=9.0)
    assert play(WRONG_WAY, act, duration_s=12.0).raised == ()


@pytest.mark.parametrize("motion", [False, True])
def test_a_car_that_stands_too_long_alerts_until_it_drives_on(motion: bool) -> None:
    played = play(STOPPED + CAR_SIZED, Stop(at_s=1.0, for_s=24.0), duration_s=40.0, motion=motion)
    (alert,) = played.raised
    assert alert.start_s == pytest.approx(played.act.begin_s, abs=1.5)
    assert alert.raised_s == pytest.approx(alert.start_s + 12.0, abs=0.5)
    (end,) = played.ended
    assert played.act.end_s <= end.end_s <= played.act.end_s + 5.0  # it starts slowly


def test_a_short_stop_a_queue_and_parked_cars_do_not_alert() -> None:
    assert play(STOPPED, Stop(at_s=1.0, for_s=5.0), duration_s=20.0).raised == ()
    queue = [Stop(at_s=1.0 + n, x=0.8 - 0.3 * n, y=0.7, for_s=20.0) for n in range(3)]
    assert play(STOPPED, *queue, duration_s=34.0).raised == ()
    passing = [Pass(at_s=2.0 + 5 * n, y=0.8, enters=Side.LEFT if n % 2 else Side.RIGHT) for n in range(4)]
    assert play(STOPPED, *passing, parked=4, duration_s=28.0).raised == ()


# --- abandoned objects -------------------------------------------------------------------------------------------

LEFT = 'kind = "abandoned_object"\nzone = "all"\nunattended_s = 12.0\n'


@pytest.mark.parametrize("motion", [False, True])
def test_a_bag_whose_owner_walks_off_alerts_with_the_bag_in_its_box(motion: bool) -> None:
    played = play(LEFT, LeaveBag(at_s=1.0), duration_s=40.0, motion=motion)
    (alert,) = played.raised
    left_s, gone_s = played.moment("owner_walks_off"), played.moment("owner_gone")
    assert left_s <= alert.start_s <= gone_s
    assert alert.raised_s == pytest.approx(alert.start_s + 12.0, abs=8.0)
    left, top, right, bottom = played.act.box
    assert alert.box.centre[0] == pytest.approx((left + right) / 2, abs=0.03)
    assert alert.box.bottom == pytest.approx(bottom, abs=0.03)
    assert alert.box.height < 1.5 * (bottom - top)


def test_a_bag_that_is_fetched_in_time_does_not_alert_and_one_fetched_late_ends_its_alert() -> None:
    rule = LEFT.replace("12.0", "25.0")
    assert play(rule, LeaveBag(at_s=1.0, back_after_s=4.0), duration_s=48.0).raised == ()
    late = play(LEFT, LeaveBag(at_s=1.0, back_after_s=22.0), duration_s=62.0)
    (end,) = late.ended
    assert late.moment("owner_back") < end.end_s <= late.moment("taken") + 6.0


@pytest.mark.parametrize("motion", [False, True])
def test_a_bag_whose_owner_stays_with_it_does_not_alert(motion: bool) -> None:
    assert play(LEFT, KeepBag(at_s=1.0, for_s=30.0), duration_s=54.0, motion=motion).raised == ()


@pytest.mark.parametrize("motion", [False, True])
def test_somebody_who_stands_still_and_a_car_that_parks_are_no_things(motion: bool) -> None:
    assert play(LEFT, Loiter(at_s=1.0, for_s=30.0), duration_s=50.0, motion=motion).raised == ()
    assert play(LEFT, Stop(at_s=1.0, for_s=30.0), duration_s=44.0, motion=motion).raised == ()


def test_a_plant_that_is_put_up_is_a_fixture_where_the_settings_say_so() -> None:
    act = Furnish(at_s=1.0)
    assert len(play(LEFT, act, duration_s=40.0).raised) == 1
    assert play(LEFT + 'fixtures = ["far"]\n', act, duration_s=40.0).raised == ()


def test_passers_by_put_nothing_down() -> None:
    """A minute of a busy street, with parked cars that people walk before."""
    acts: Sequence[Act] = [
        Pass(at_s=1.0 + 4 * n, figure="person", y=0.62 + 0.1 * (n % 4), enters=Side.LEFT if n % 3 else Side.RIGHT)
        for n in range(12)
    ]
    assert play(LEFT, *acts, parked=4, duration_s=60.0).raised == ()
