"""What can happen to a camera's picture, as functions of its luma plane: what must be told, and what must not."""

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.camera_health import HealthCondition

Plane = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Spoil = Callable[[Plane, np.random.Generator], Plane]
BLACK: Final = 16.0


def _bounded(values: npt.NDArray[np.floating]) -> Plane:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def _noise(plane: Plane, dice: np.random.Generator, deviation: float) -> Floats:
    return np.asarray(dice.normal(0.0, deviation, plane.shape), dtype=np.float32)


def blurred(pixels: float) -> Spoil:
    """Out of focus; the standard deviation is in pixels of a picture of 576 rows."""
    return lambda plane, _: np.asarray(cv2.GaussianBlur(plane, (0, 0), pixels * plane.shape[0] / 576), dtype=np.uint8)


def covered(share: float, level: float, soft: float) -> Spoil:
    """Hide a share of the width from the left behind something of this grey; ``soft`` as in ``blurred``."""

    def spoil(plane: Plane, _: np.random.Generator) -> Plane:
        there = np.zeros(plane.shape, np.float32)
        there[:, : int(plane.shape[1] * share)] = 1.0
        there = np.asarray(cv2.GaussianBlur(there, (0, 0), soft * plane.shape[0] / 576), dtype=np.float32)
        return _bounded(plane * (1.0 - there) + level * there)

    return spoil


def moved(right: float = 0.0, down: float = 0.0, degrees: float = 0.0, zoom: float = 1.0) -> Spoil:
    """Turn the camera: shares of width and height; what comes into view is the picture mirrored."""

    def spoil(plane: Plane, _: np.random.Generator) -> Plane:
        high, wide = plane.shape
        matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, zoom)
        matrix[:, 2] += (right * wide, down * high)
        return np.asarray(cv2.warpAffine(plane, matrix, (wide, high), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)

    return spoil


def fog(near: float, far: float) -> Spoil:
    """Leave these shares of the contrast at the bottom and at the top of the picture, exponentially between."""

    def spoil(plane: Plane, dice: np.random.Generator) -> Plane:
        left = np.geomspace(far, near, plane.shape[0], dtype=np.float32)[:, None]
        return _bounded(plane * left + 200.0 * (1.0 - left) + _noise(plane, dice, 2.0))

    return spoil


def dusk(near: float, far: float) -> Spoil:
    """Leave these shares of the light at the bottom and at the top, with the noise of a sensor that lacks it."""

    def spoil(plane: Plane, dice: np.random.Generator) -> Plane:
        left = np.linspace(far, near, plane.shape[0], dtype=np.float32)[:, None]
        return _bounded((plane - BLACK) * left + BLACK + _noise(plane, dice, 5.0))

    return spoil


def _noisy(deviation: float) -> Spoil:
    return lambda plane, dice: _bounded(plane + _noise(plane, dice, deviation))


def _compressed(quality: int) -> Spoil:
    def spoil(plane: Plane, _: np.random.Generator) -> Plane:
        packed = cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)

    return spoil


def _rain(plane: Plane, dice: np.random.Generator) -> Plane:
    high, wide = plane.shape
    wet = plane.copy()
    for _ in range(wide * high // 600):
        left, top = int(dice.integers(0, wide)), int(dice.integers(-30, high))
        cv2.line(wet, (left, top), (left + 5, top + high // 18), 189, 1)
    return wet


CONDITIONS: Final[Mapping[HealthCondition, Mapping[str, Spoil]]] = {
    HealthCondition.DEFOCUSED: {f"blur {pixels:g} px": blurred(pixels) for pixels in (1, 1.5, 2, 3, 4, 6, 10, 20, 40)},
    HealthCondition.COVERED: {
        **{f"cover {share:.0%}": covered(share, 60.0, 8.0) for share in (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)},
        "bright soft cover 60%": covered(0.6, 220.0, 30.0),
    },
    HealthCondition.MOVED: {
        **{f"shift {share:.1%}": moved(right=share) for share in (0.005, 0.01, 0.02, 0.03, 0.05)},
        "shift 20% and 10%": moved(right=0.2, down=0.1),
        **{f"turn {degrees} degrees": moved(degrees=degrees) for degrees in (3, 8, 20)},
        **{f"zoom {zoom}": moved(zoom=zoom) for zoom in (1.05, 1.2, 1.6)},
    },
    HealthCondition.BLACK: {f"light {left:.0%}": dusk(left, left) for left in (0.1, 0.05, 0.02)},
}
"""What must be told from some strength on."""
HARMLESS: Final[Mapping[str, Spoil]] = {
    **{f"fog {left:.0%}": fog(left, left) for left in (0.5, 0.2, 0.1, 0.05)},
    "fog 37% near, 2% far": fog(0.37, 0.02),
    "fog 22% near, 0.2% far": fog(0.22, 0.002),
    "dusk 50%": dusk(0.5, 0.5),
    "dusk 20%": dusk(0.2, 0.2),
    "lit near, dark far": dusk(0.6, 0.0),
    "noise 12": _noisy(12.0),
    "noise 25": _noisy(25.0),
    "gamma 0.5": lambda plane, _: _bounded(255.0 * (plane / 255.0) ** 0.5),
    "overexposed": lambda plane, _: _bounded(plane * 1.8),
    "JPEG 5": _compressed(5),
    "rain": _rain,
}
"""What must not be told."""
