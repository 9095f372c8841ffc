"""Golden detections: every model of the shared folder on fixed pictures, against what was seen when it was catalogued.

The tolerance: another CPU sums in another order, which moves scores by thousandths and boxes by tenths of a pixel of
the input; a decoder that is wrong by half a cell of the finest scale (4 of 416 pixels: 0.0096 of the picture) or reads
a wrong sigmoid must fail. Only what scored 0.5 and more is expected, so that nothing hangs on the threshold of 0.3.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import av
import pytest

from edge_agent.core.boxes import Box
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.onnx_detector import OnnxDetector
from edge_agent.detect.picture import Picture

pytestmark = [pytest.mark.shared, pytest.mark.timeout(120)]

SIDE: Final = 0.006
"""Of the picture: 2.5 pixels of an input of 416."""
SCORE: Final = 0.05
SURE: Final = 0.5

Seen = tuple[str, float, tuple[float, float, float, float]]
PLAZA, HIGHWAY = ("plaza.mp4", 30.0), ("highway.mp4", 3.5)
GOLDEN: Final[dict[tuple[str, tuple[str, float]], list[Seen]]] = {
    ("yolox-nano", PLAZA): [
        ("person", 0.830, (0.7561, 0.2760, 0.7985, 0.4035)),
        ("car", 0.794, (0.9524, 0.0898, 0.9987, 0.1643)),
        ("person", 0.784, (0.2384, 0.2791, 0.2756, 0.4025)),
        ("person", 0.779, (0.4125, 0.3667, 0.4538, 0.5124)),
        ("person", 0.767, (0.3219, 0.2736, 0.3522, 0.3886)),
        ("person", 0.747, (0.8006, 0.2846, 0.8357, 0.3993)),
        ("truck", 0.742, (0.8471, 0.0728, 0.9449, 0.1723)),
        ("person", 0.660, (0.3764, 0.2809, 0.4186, 0.4056)),
        ("person", 0.548, (0.0397, 0.1904, 0.0626, 0.2478)),
    ],
    ("yolox-nano", HIGHWAY): [
        ("car", 0.915, (0.5131, 0.5282, 0.8466, 0.9370)),
        ("car", 0.592, (0.3332, 0.3253, 0.3838, 0.4103)),
        ("car", 0.579, (0.4177, 0.2804, 0.4636, 0.3609)),
        ("car", 0.561, (0.5607, 0.3791, 0.6486, 0.4647)),
        ("car", 0.560, (0.3023, 0.2683, 0.3452, 0.3321)),
        ("car", 0.539, (0.9342, 0.4218, 0.9946, 0.5377)),
    ],
    ("fastest-det", PLAZA): [
        ("person", 0.810, (0.4149, 0.3805, 0.4566, 0.5110)),
        ("person", 0.792, (0.7528, 0.2746, 0.7968, 0.4047)),
        ("person", 0.787, (0.3217, 0.2735, 0.3557, 0.3839)),
        ("person", 0.754, (0.7857, 0.2847, 0.8276, 0.4006)),
        ("sports ball", 0.745, (0.4255, 0.7842, 0.4568, 0.8058)),
        ("person", 0.712, (0.8050, 0.2850, 0.8399, 0.4029)),
        ("person", 0.702, (0.2357, 0.2769, 0.2715, 0.3968)),
        ("person", 0.680, (0.3800, 0.2804, 0.4165, 0.3873)),
        ("frisbee", 0.672, (0.0923, 0.8636, 0.2156, 0.9118)),
        ("person", 0.649, (0.0442, 0.1912, 0.0629, 0.2481)),
        ("car", 0.618, (0.9529, 0.0941, 1.0000, 0.1618)),
        ("car", 0.602, (0.8445, 0.0792, 0.9310, 0.1626)),
        ("person", 0.574, (0.0462, 0.3029, 0.0610, 0.3321)),
        ("person", 0.552, (0.2060, 0.3065, 0.2294, 0.3611)),
    ],
    ("fastest-det", HIGHWAY): [
        ("car", 0.822, (0.5107, 0.5326, 0.8317, 0.9354)),
        ("person", 0.780, (0.0541, 0.2938, 0.3157, 1.0000)),
        ("car", 0.615, (0.2716, 0.2606, 0.4474, 0.3886)),
        ("car", 0.594, (0.5658, 0.3670, 0.6568, 0.4719)),
        ("motorcycle", 0.552, (0.9065, 0.3971, 0.9968, 0.5789)),
        ("car", 0.519, (0.4914, 0.3039, 0.5646, 0.4013)),
        ("car", 0.510, (0.4269, 0.2805, 0.4904, 0.3587)),
    ],
    ("nanodet-m-416", PLAZA): [
        ("person", 0.778, (0.4098, 0.3747, 0.4541, 0.5115)),
        ("person", 0.734, (0.7552, 0.2804, 0.7973, 0.4028)),
        ("person", 0.689, (0.2371, 0.2809, 0.2764, 0.4048)),
        ("person", 0.683, (0.3166, 0.2785, 0.3536, 0.3820)),
        ("person", 0.656, (0.8000, 0.2897, 0.8354, 0.4019)),
        ("person", 0.595, (0.3785, 0.2778, 0.4155, 0.3875)),
        ("bus", 0.522, (0.8445, 0.0775, 0.9394, 0.1737)),
    ],
    ("nanodet-m-416", HIGHWAY): [
        ("car", 0.547, (0.3321, 0.3317, 0.3827, 0.4049)),
    ],
    ("deimv2-atto", PLAZA): [
        ("person", 0.624, (0.4094, 0.3730, 0.4525, 0.5135)),
        ("car", 0.586, (0.9531, 0.0889, 1.0000, 0.1676)),
        ("truck", 0.551, (0.8493, 0.0739, 0.9418, 0.1724)),
        ("person", 0.533, (0.7549, 0.2826, 0.7960, 0.4046)),
    ],
    ("deimv2-atto", HIGHWAY): [
        ("car", 0.794, (0.5131, 0.5261, 0.8330, 0.9331)),
        ("car", 0.651, (0.3241, 0.3156, 0.3849, 0.4087)),
        ("car", 0.546, (0.5592, 0.3718, 0.6475, 0.4674)),
    ],
    ("deimv2-femto", PLAZA): [
        ("person", 0.749, (0.7585, 0.2736, 0.7955, 0.4043)),
        ("person", 0.738, (0.4111, 0.3685, 0.4544, 0.5140)),
        ("truck", 0.730, (0.8464, 0.0750, 0.9395, 0.1752)),
        ("person", 0.708, (0.3826, 0.2763, 0.4186, 0.3992)),
        ("person", 0.706, (0.8013, 0.2845, 0.8365, 0.4046)),
        ("person", 0.698, (0.2413, 0.2737, 0.2737, 0.4070)),
        ("car", 0.696, (0.9507, 0.0854, 0.9998, 0.1635)),
        ("person", 0.672, (0.3211, 0.2769, 0.3555, 0.3839)),
        ("dog", 0.629, (0.2095, 0.4360, 0.2521, 0.4818)),
    ],
    ("deimv2-femto", HIGHWAY): [
        ("car", 0.899, (0.5151, 0.5237, 0.8366, 0.9356)),
        ("car", 0.798, (0.3317, 0.3166, 0.3857, 0.4055)),
        ("car", 0.657, (0.5522, 0.3674, 0.6502, 0.4678)),
        ("car", 0.634, (0.9314, 0.4175, 0.9937, 0.5398)),
        ("car", 0.628, (0.2960, 0.2703, 0.3483, 0.3322)),
        ("car", 0.582, (0.3391, 0.2634, 0.3777, 0.3037)),
    ],
}


@lru_cache
def picture_at(video: Path, at_s: float) -> Picture:
    with av.open(str(video)) as container:
        return Picture.of(next(frame for frame in container.decode(video=0) if frame.time >= at_s))


@pytest.mark.parametrize(("model", "moment"), GOLDEN, ids=lambda value: value if isinstance(value, str) else value[0])
def test_a_model_sees_what_it_saw_when_it_was_catalogued(
    shared_dir: Path, model: str, moment: tuple[str, float]
) -> None:
    detector = OnnxDetector.from_catalogue(model, models_dir=shared_dir / "models", min_score=0.3)
    found = detector.detect(picture_at(shared_dir / "footage" / moment[0], moment[1]), [WHOLE_PICTURE])
    expected = GOLDEN[model, moment]
    for label, score, sides in expected:
        best = max((one for one in found if one.label == label), key=lambda one: one.box.iou(Box(*sides)))
        box = (best.box.left, best.box.top, best.box.right, best.box.bottom)
        assert box == pytest.approx(sides, abs=SIDE), label
        assert best.score == pytest.approx(score, abs=SCORE)
    sure = [one for one in found if one.score >= SURE + SCORE]
    assert len(sure) <= len(expected), "something new is seen"
