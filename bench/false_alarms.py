"""False alarms: an hour of each disturbance with nobody there, every kind of rule on, and what users take instead.

The agent's own analyser is fed generated pictures as fast as they are drawn. Beside it, on the very same pictures, what
people build with OpenCV: the frame difference and the MOG2 background, both with a threshold and a least contour area.
Then the same disturbance plays over acts, which must be caught. A scene lasts ten minutes at most, so an hour is six
scenes with seeds of their own, and each of them begins with an agent that knows nothing of the street.
"""

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2

from bench.false_alarm_scenes import DISTURBANCES, FPS, ROOM, busy_scene, quiet_scene, wanted_of
from bench.motion_beside import FrameDifference, MogDifference, MotionEvents
from bench.plot import Bar, Chart
from edge_agent.core.alerts import AlertRaised
from edge_agent.detect.analyser import Analyser, AnalyserSettings
from edge_agent.detect.assembly import analyser_of
from edge_agent.detect.detector import Detector
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.picture import Picture
from edge_agent.detect.room_analysis import WEAK_SHARE
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.toml_file import parse_settings
from patrol_sim.scene.picture import Scene

ABOUT: Final = "false alarms: an hour of shadows, lightning, rain, trees, exposure jumps and parked cars"
NONE: Final = "none"
_BESIDE: Final = Path(__file__).parent.parent.parent / "shared"
_SIZE: Final = (352, 288)
_MIN_SCORE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What one process plays: one scene."""

    disturbance: str
    seed: int
    acts: bool
    duration_s: float
    size: tuple[int, int]
    model: str | None
    models_dir: Path


@dataclass(slots=True, kw_only=True)
class _Told:
    """What one scene gave."""

    scene_s: float = 0.0
    alerts: Counter[str] = field(default_factory=Counter)
    """By rule: those that no act explains."""
    frame_difference: int = 0
    mog2: int = 0
    wanted: Counter[str] = field(default_factory=Counter)
    """By act and rule."""
    missed: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    """The analysis alone, without drawing."""

    def add(self, other: "_Told") -> None:
        self.scene_s += other.scene_s
        self.alerts += other.alerts
        self.frame_difference += other.frame_difference
        self.mog2 += other.mog2
        self.wanted += other.wanted
        self.missed += other.missed
        self.cpu_s += other.cpu_s


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--seeds", default="101,102,103,104,105,106", help="one scene of each disturbance per seed")
    parser.add_argument("--seconds", type=float, default=600.0, help="length of a scene, 600 at most")
    parser.add_argument("--disturbances", default=",".join(DISTURBANCES), help="which, with commas")
    parser.add_argument("--size", default=f"{_SIZE[0]}x{_SIZE[1]}", help="of the pictures")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--model", default="yolox-nano", help="of --models-dir, for the runs with a model")
    parser.add_argument("--models-dir", type=Path, default=_BESIDE / "models", help="folder of ONNX weights")
    parser.add_argument(
        "--model-seeds", default="", help="seeds of the scenes that are played with the model too; none by default"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Play every scene of every disturbance, without acts and with them."""
    wide, high = (int(side) for side in options.size.split("x"))
    names = options.disturbances.split(",")
    if not set(names) <= set(DISTURBANCES):
        raise SystemExit(f"--disturbances: there are {', '.join(DISTURBANCES)}")
    pieces = [
        _Piece(
            disturbance=name,
            seed=seed,
            acts=acts,
            duration_s=options.seconds,
            size=(wide, high),
            model=model,
            models_dir=options.models_dir,
        )
        for model, seeds in ((None, options.seeds), (options.model, options.model_seeds))
        for acts in (False, True)
        for name in (*names, *((NONE,) if acts else ()))
        for seed in map(int, filter(None, seeds.split(",")))
    ]
    with ProcessPoolExecutor(options.processes) as pool:
        told = list(pool.map(_play, pieces))
    found: dict[str, Any] = {
        "size": options.size,
        "fps": FPS,
        "seconds": options.seconds,
        "seeds": options.seeds,
        "model_seeds": options.model_seeds,
    }
    for key, model in (("motion", None), (options.model, options.model)):
        rows = {name: _row(pieces, told, name, model) for name in (*names, NONE)}
        if any(rows.values()):
            found[key] = {name: row for name, row in rows.items() if row}
    return found


def chart(found: dict[str, Any]) -> Chart:
    """Return the alarms of an hour, ours beside the others'."""
    bars: list[Bar] = []
    for name, row in found["motion"].items():
        if "false" in row:
            bars.append(Bar(label=f"{name}, the agent", value=row["false"]["alerts_an_hour"]))
            bars.append(Bar(label=f"{name}, frame difference", value=row["false"]["frame_difference"], ours=False))
            bars.append(Bar(label=f"{name}, MOG2", value=row["false"]["mog2"], ours=False))
    return Chart(title="False alarms in an hour with nobody there", unit="alarms an hour, less is better", bars=bars)


def _row(pieces: list[_Piece], told: list[_Told], name: str, model: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for acts in (False, True):
        whole = _Told()
        for piece, one in zip(pieces, told, strict=True):
            if (piece.disturbance, piece.acts, piece.model) == (name, acts, model):
                whole.add(one)
        if whole.scene_s == 0.0:
            continue
        hours = whole.scene_s / 3_600
        figures: dict[str, Any] = {
            "scene_hours": round(hours, 3),
            "alerts": dict(whole.alerts),
            "alerts_an_hour": round(whole.alerts.total() / hours, 1),
            "cpu_ms_a_picture": round(whole.cpu_s / (whole.scene_s * FPS) * 1e3, 3),
        }
        if acts:
            wanted = whole.wanted.total()
            row["acts"] = figures | {
                "wanted": wanted,
                "caught": wanted - len(whole.missed),
                "share": round(1.0 - len(whole.missed) / max(1, wanted), 4),
                "by_rule": _by_rule(whole),
                "missed": sorted(whole.missed),
            }
        else:
            row["false"] = figures | {
                "frame_difference": round(whole.frame_difference / hours, 1),
                "mog2": round(whole.mog2 / hours, 1),
            }
    return row


def _by_rule(whole: _Told) -> dict[str, str]:
    """Return rule → caught of wanted."""
    missed = Counter(entry.split(" at ")[0] for entry in whole.missed)
    return {key: f"{count - missed[key]} of {count}" for key, count in sorted(whole.wanted.items())}


def _play(piece: _Piece) -> _Told:
    """Play one scene through the analyser, and without acts through what others do beside it."""
    cv2.setNumThreads(1)
    of_kind = busy_scene if piece.acts else quiet_scene
    scene = Scene(of_kind(piece.disturbance, piece.seed, duration_s=piece.duration_s, size=piece.size))
    analyser = _analyser(piece)
    others = None if piece.acts else (MotionEvents(FrameDifference()), MotionEvents(MogDifference()))
    told, alerts = _Told(scene_s=piece.duration_s), list[AlertRaised]()
    for number in range(scene.settings.frames):
        at_s = number / FPS
        bgr = scene.picture(number)
        picture = Picture.from_bgr(bgr)
        began_s = time.process_time()
        result = analyser.analyse(picture, at_s)
        told.cpu_s += time.process_time() - began_s
        alerts += [change for change in result.alert_changes if isinstance(change, AlertRaised)]
        if others is not None:
            for other in others:
                other.look(bgr, at_s)
    if others is not None:
        told.frame_difference, told.mog2 = (other.count for other in others)
    _judge(told, scene, alerts, piece)
    return told


def _analyser(piece: _Piece) -> Analyser:
    settings = parse_settings(ROOM, source="room")
    if piece.model is None:
        return analyser_of(settings.cameras[0], settings.detector, MotionDetector())
    detector: Detector = OnnxDetector.from_catalogue(
        piece.model, models_dir=piece.models_dir, min_score=_MIN_SCORE * WEAK_SHARE
    )
    return Analyser(rules_of(settings.cameras[0]), detector, AnalyserSettings(min_score=_MIN_SCORE))


def _judge(told: _Told, scene: Scene, alerts: list[AlertRaised], piece: _Piece) -> None:
    for wanted in wanted_of(scene):
        told.wanted[wanted.key] += 1
        if not any(wanted.explains(alert.rule, alert.raised_s) for alert in alerts):
            told.missed.append(f"{wanted.key} at {wanted.from_s:.0f} s of seed {piece.seed}")
    told.alerts = Counter(alert.rule for alert in alerts if not _somebody_was_there(scene, alert))


def _somebody_was_there(scene: Scene, alert: AlertRaised) -> bool:
    return any(visit.enter_s - 1.5 <= alert.start_s <= visit.leave_s + 1.5 for visit in scene.truth.visits)
