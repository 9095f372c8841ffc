"""False alarms: an hour of each disturbance with nobody there, every kind of rule on, and what users take instead.

The agent's own analyser is fed generated pictures as fast as they are drawn. Beside it, on the very same pictures, what
people build with OpenCV: the frame difference and the MOG2 background, both with a threshold and a least contour area.
Then the same disturbance plays over acts, which must be caught. A scene lasts ten minutes at most, so an hour is six
scenes with seeds of their own, and each of them begins with an agent that knows nothing of the street.
"""

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, wait
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
    beside: bool
    """Whether what others do sees it too."""


@dataclass(slots=True, kw_only=True)
class _Told:
    """What one scene gave."""

    scene_s: float = 0.0
    alerts: Counter[str] = field(default_factory=Counter)
    """By rule: those that no act explains."""
    named: list[str] = field(default_factory=list)
    """Each of them with its scene, second and box, for whoever wants to look at it."""
    beside_s: float = 0.0
    """What of it the others saw."""
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
        self.named += other.named
        self.beside_s += other.beside_s
        self.frame_difference += other.frame_difference
        self.mog2 += other.mog2
        self.wanted += other.wanted
        self.missed += other.missed
        self.cpu_s += other.cpu_s


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--seeds", default="101,102,103,104,105,106", help="one scene of each disturbance per seed")
    parser.add_argument("--act-seeds", default="101,102,103", help="the seeds of the scenes with acts")
    parser.add_argument("--beside-seeds", default="101,102", help="those that the others see too")
    parser.add_argument("--seconds", type=float, default=600.0, help="length of a scene, 600 at most")
    parser.add_argument("--disturbances", default=",".join(DISTURBANCES), help="which, with commas")
    parser.add_argument("--size", default=f"{_SIZE[0]}x{_SIZE[1]}", help="of the pictures")
    parser.add_argument("--minutes", type=float, default=60.0, help="no scene begins after so long")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--model", default="yolox-nano", help="of --models-dir, for the runs with a model")
    parser.add_argument("--models-dir", type=Path, default=_BESIDE / "models", help="folder of ONNX weights")
    parser.add_argument(
        "--model-seeds", default="", help="seeds of the scenes that are played with the model too; none by default"
    )
    parser.add_argument("--model-act-seeds", help="those of them that are played with acts; all by default")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Play every scene of every disturbance, without acts and with them."""
    wide, high = (int(side) for side in options.size.split("x"))
    names = options.disturbances.split(",")
    if not set(names) <= set(DISTURBANCES):
        raise SystemExit(f"--disturbances: there are {', '.join(DISTURBANCES)}")
    order = (
        (None, False, options.seeds),
        (None, True, options.act_seeds),
        (options.model, False, options.model_seeds),
        (options.model, True, options.model_seeds if options.model_act_seeds is None else options.model_act_seeds),
    )
    pieces = [
        _Piece(
            disturbance=name,
            seed=seed,
            acts=acts,
            duration_s=options.seconds,
            size=(wide, high),
            model=model,
            models_dir=options.models_dir,
            beside=model is None and not acts and seed in _numbers(options.beside_seeds),
        )
        for turn in range(max(len(_numbers(seeds)) for _, _, seeds in order))
        for model, acts, seeds in order
        for seed in _numbers(seeds)[turn : turn + 1]
        for name in (*names, *((NONE,) if acts else ()))
    ]
    told = _play_all(pieces, processes=options.processes, minutes=options.minutes)
    found: dict[str, Any] = {
        "size": options.size,
        "fps": FPS,
        "seconds": options.seconds,
        "seeds": options.seeds,
        "act_seeds": options.act_seeds,
        "beside_seeds": options.beside_seeds,
        "model_seeds": options.model_seeds,
        "detectors": ["motion", options.model],
    }
    for key, model in (("motion", None), (options.model, options.model)):
        rows = {name: _row(told, name, model) for name in (*names, NONE)}
        if any(rows.values()):
            found[key] = {name: row for name, row in rows.items() if row}
    return found


def chart(found: dict[str, Any]) -> Chart:
    """Return the alarms of an hour, ours beside the others'."""
    bars: list[Bar] = []
    played = [(key, found[key]) for key in found["detectors"] if key in found]
    for name, row, who in [(name, row, f"the agent, {key}") for key, rows in played for name, row in rows.items()]:
        if "false" in row:
            bars.append(Bar(label=f"{name}, {who}", value=row["false"]["alerts_an_hour"]))
            bars.extend(
                Bar(label=f"{name}, {said}", value=row["false"][f"{key}_an_hour"], ours=False)
                for key, said in (("frame_difference", "frame difference"), ("mog2", "MOG2"))
                if f"{key}_an_hour" in row["false"]
            )
    return Chart(title="False alarms in an hour with nobody there", unit="alarms an hour, less is better", bars=bars)


def _numbers(seeds: str) -> list[int]:
    return [int(seed) for seed in seeds.split(",") if seed]


def _play_all(pieces: list[_Piece], *, processes: int, minutes: float) -> list[tuple[_Piece, _Told]]:
    """Return what each scene gave, in the order given; those not begun within so many minutes are left out."""
    ends_s = time.monotonic() + minutes * 60.0
    with ProcessPoolExecutor(processes) as pool:
        playing = [(piece, pool.submit(_play, piece)) for piece in pieces]
        told: list[tuple[_Piece, _Told]] = []
        for piece, future in playing:
            wait([future], timeout=max(0.0, ends_s - time.monotonic()))
            if not future.cancel():
                told.append((piece, future.result()))
    return told


def _row(told: list[tuple[_Piece, _Told]], name: str, model: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for acts in (False, True):
        whole = _Told()
        for piece, one in told:
            if (piece.disturbance, piece.acts, piece.model) == (name, acts, model):
                whole.add(one)
        if whole.scene_s == 0.0:
            continue
        hours = whole.scene_s / 3_600
        figures: dict[str, Any] = {
            "scene_hours": round(hours, 3),
            "alerts": dict(whole.alerts),
            "named": sorted(whole.named),
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
                "beside_hours": round(whole.beside_s / 3_600, 3),
            }
            if whole.beside_s:
                row["false"] |= {
                    "frame_difference_an_hour": round(whole.frame_difference / whole.beside_s * 3_600, 1),
                    "mog2_an_hour": round(whole.mog2 / whole.beside_s * 3_600, 1),
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
    others = (MotionEvents(FrameDifference()), MotionEvents(MogDifference())) if piece.beside else ()
    told, alerts = _Told(scene_s=piece.duration_s), list[AlertRaised]()
    for number in range(scene.settings.frames):
        at_s = number / FPS
        bgr = scene.picture(number)
        picture = Picture.from_bgr(bgr)
        began_s = time.process_time()
        result = analyser.analyse(picture, at_s)
        told.cpu_s += time.process_time() - began_s
        alerts += [change for change in result.alert_changes if isinstance(change, AlertRaised)]
        for other in others:
            other.look(bgr, at_s)
    if others:
        told.beside_s = piece.duration_s
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
    false = [alert for alert in alerts if not _somebody_was_there(scene, alert)]
    told.alerts = Counter(alert.rule for alert in false)
    told.named = [_named(alert, piece) for alert in false]


def _named(alert: AlertRaised, piece: _Piece) -> str:
    box = alert.box
    sides = f"{box.left:.2f} {box.top:.2f} {box.right:.2f} {box.bottom:.2f}"
    return f"{alert.rule} of a {alert.label} at {alert.raised_s:.1f} s of seed {piece.seed}, box {sides}"


def _somebody_was_there(scene: Scene, alert: AlertRaised) -> bool:
    return any(visit.enter_s - 1.5 <= alert.start_s <= visit.leave_s + 1.5 for visit in scene.truth.visits)
