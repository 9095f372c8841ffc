"""Alerts against what happened: zone visits and directed crossings drawn by the truth, cars and riders, passes.

The pipeline is the agent's at its usual five pictures a second, with a model and with motion alone. The other kinds
(``accuracy_kinds.py``) are judged in a pass of their own: asking a model for luggage changes what it tells of the rest.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.accuracy_boxes import MIN_SCORE
from bench.accuracy_kinds import kind_hits, kind_rules
from bench.accuracy_scores import Hits, moment_hits
from bench.footage import pictures, true_events
from edge_agent.core.alerts import AlertRaised
from edge_agent.core.rules import Anchor, AnyRule, Intrusion, LineCrossing
from edge_agent.core.zones import Direction, Line, Zone
from edge_agent.detect.analyser import Analyser, AnalyserSettings
from edge_agent.detect.detector import Detector
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.room_analysis import WEAK_SHARE
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.toml_file import load_settings

ROOMS: Final = Path(__file__).parent.parent / "tests" / "support" / "rooms"
_A_SECOND: Final = 5.0
_WITHIN_S: Final = 1.0
"""An alert may begin so much earlier or later than the truth says (plus the truth's own tolerance)."""
_GLANCE_S: Final = 0.6
"""A visit that is over within three pictures is too short for min_frames = 3: nobody wants an alert of it."""
_SIDES: Final = {"right": Direction.LEFT_TO_RIGHT, "left": Direction.RIGHT_TO_LEFT}


def rule_alerts(film: Path, *, models_dir: Path, model: str) -> dict[str, Any]:
    """Return per detector and per rule of the film what its alerts got right."""
    found: dict[str, Any] = {}
    for kind in ("model", "motion"):
        detector: Detector = MotionDetector()
        if kind == "model":
            detector = OnnxDetector.from_catalogue(model, models_dir=models_dir, min_score=MIN_SCORE * WEAK_SHARE)
        truth = true_events(film)
        rules = _drawn_rules(truth) if "zones" in truth else _room_rules(film.stem)
        alerts = alerts_of(film, rules, detector)
        judged = _judge_drawn(truth, alerts) if "zones" in truth else _judge_room(truth, alerts)
        others = kind_rules(truth, ROOMS / f"{film.stem}_ways.toml")
        judged |= kind_hits(film, truth, others, alerts_of(film, others, detector))
        found[kind] = {name: one.figures() for name, one in judged.items()}
    return found


def alerts_of(film: Path, rules: Sequence[AnyRule], detector: Detector) -> list[AlertRaised]:
    """Return every alert of a film."""
    analyser = Analyser(rules, detector, AnalyserSettings(min_score=MIN_SCORE))
    alerts: list[AlertRaised] = []
    for seen in pictures(film, a_second=_A_SECOND):
        changes = analyser.analyse(seen.picture, seen.at_s).alert_changes
        alerts.extend(change for change in changes if isinstance(change, AlertRaised))
    return alerts


def _drawn_rules(truth: dict[str, Any]) -> list[AnyRule]:
    """Return an intrusion rule per zone and a crossing rule per line and direction of the truth."""
    rules: list[AnyRule] = [
        Intrusion(
            name=name,
            category="bench",
            zones=(Zone(name=name, polygon=tuple((x, y) for x, y in corners)),),
            cool_down_s=_WITHIN_S,
        )
        for name, corners in truth["zones"].items()
    ]
    for name, ends in truth["lines"].items():
        line = Line(name=name, points=((ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])))
        rules.extend(
            LineCrossing(
                name=f"{name} {side}",
                category="bench",
                line=line,
                direction=direction,
                anchor=Anchor.BOTTOM_CENTRE,
                cool_down_s=_WITHIN_S,
            )
            for side, direction in _SIDES.items()
        )
    return rules


def _judge_drawn(truth: dict[str, Any], alerts: Sequence[AlertRaised]) -> dict[str, Hits]:
    judged: dict[str, Hits] = {}
    for name in truth["zones"]:
        visits = [visit for visit in truth["zone_visits"] if visit["zone"] == name]
        if visits:
            judged[f"visits to {name}"] = _visit_hits([a.start_s for a in alerts if a.rule == name], visits)
    for name in truth["lines"]:
        for side in _SIDES:
            wanted = [c["at_s"] for c in truth["line_crossings"] if (c["line"], c["direction"]) == (name, side)]
            said = [alert.start_s for alert in alerts if alert.rule == f"{name} {side}"]
            judged[f"crossings of {name} to the {side}"] = moment_hits(said, wanted, within_s=_WITHIN_S)
    return judged


def _visit_hits(said: Sequence[float], visits: Sequence[dict[str, Any]]) -> Hits:
    """Pair each alert with a visit during which it began; a glance counts neither for nor against."""
    left = sorted(visits, key=lambda visit: float(visit["leave_s"]))
    right = wrong = 0
    for moment in sorted(said):
        fits = [v for v in left if v["enter_s"] - _WITHIN_S <= moment <= v["leave_s"] + _WITHIN_S]
        match = min(fits, key=lambda visit: abs(visit["enter_s"] - moment), default=None)
        if match is None:
            wrong += 1
            continue
        left.remove(match)
        right += match["leave_s"] - match["enter_s"] > _GLANCE_S
    return Hits(right=right, wrong=wrong, missed=sum(v["leave_s"] - v["enter_s"] > _GLANCE_S for v in left))


def _room_rules(name: str) -> Sequence[AnyRule]:
    room = ROOMS / f"{name}.toml"
    if not room.is_file():
        raise SystemExit(f"{room}: is missing; a film whose truth draws no zones needs a room with its rules")
    return rules_of(load_settings(room).cameras[0])


def _judge_room(truth: dict[str, Any], alerts: Sequence[AlertRaised]) -> dict[str, Hits]:
    within_s = max(_WITHIN_S if "events" in truth else 0.0, float(truth["tolerance_s"]))
    wanted = truth["passes_s"] if "passes_s" in truth else [entry["enter_s"] for entry in truth["events"]]
    return {"events": moment_hits([alert.start_s for alert in alerts], wanted, within_s=within_s)}
