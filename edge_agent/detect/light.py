"""The light of a whole picture against that of the background: lightning, exposure, dusk.

Owns Light, ``light_of`` and LightWatch. A change of the light leaves every value on one line ``gain * value + offset``;
the line is fitted through medians (Tukey's resistant line), so that a third of the picture may show something else.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]

_EVERY: Final = 8
"""Every so manieth row and column: some 400 values, whose medians are the picture's within a level."""
_DARK: Final = 6
_BRIGHT: Final = 249
"""What is beyond is clipped and tells nothing of the line."""
_LEAST_VALUES: Final = 60
_SPREAD: Final = 16.0
"""Least distance of the dark third from the bright one, in grey levels; below it only the offset can be told."""
_GAINS: Final = (0.1, 4.0)
_FITS: Final = 3.0
"""An offset that leaves so little, in grey levels, says it all: a gain fitted to noise or to passers-by only errs."""
_BETTER: Final = 0.5
"""Otherwise the gain is believed when it leaves so much less."""
_SAME: Final = 0.7
"""Lights that make less than a grey level of difference are the same."""
_JUMP: Final = 12.0
"""From one picture to the next light changes by less, but for lightning and steps of the exposure."""
_GREYS: Final = np.arange(256, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How the values of a picture follow from those of the background: ``gain * value + offset``, clipped."""

    gain: float
    offset: float

    @property
    def is_mild(self) -> bool:
        """Whether a picture in it shows all that the background's light does."""
        return 0.6 < self.gain < 1.6 and abs(self.offset) < 40.0

    def apart(self, other: "Light") -> float:
        """Return by how many levels a grey looks different in the two, at most."""
        gain, offset = self.gain - other.gain, self.offset - other.offset
        return max(abs(gain * grey + offset) for grey in (48.0, 128.0, 208.0))

    def seen_in(self, background: Plane) -> Plane:
        """Return the background as it would look in this light: what is burnt out in both is the same."""
        values = _GREYS * np.float32(self.gain) + np.float32(self.offset)
        return np.asarray(cv2.LUT(background, _rounded(values)), dtype=np.uint8)

    def taken_out(self, small: Plane) -> Plane:
        """Return the picture as it would look in the background's light."""
        values = (_GREYS - np.float32(self.offset)) / np.float32(self.gain)
        return np.asarray(cv2.LUT(small, _rounded(values)), dtype=np.uint8)


USUAL: Final = Light(gain=1.0, offset=0.0)


def light_of(small: Plane, background: Plane) -> Light | None:
    """Return the light of a picture against a background of its shape; None when too much is black or burnt out."""
    every = slice(_EVERY // 2, None, _EVERY)
    seen, known = small[every, every].ravel(), background[every, every].ravel()
    clear = (seen > _DARK) & (seen < _BRIGHT)
    now, before = seen[clear].astype(np.float32), known[clear].astype(np.float32)
    if now.size < _LEAST_VALUES:
        return None
    plain, rest = _offset(now, before)
    if rest <= _FITS:
        return Light(gain=1.0, offset=plain)
    order = np.argsort(before, kind="stable")
    low, high = order[: now.size // 3], order[-(now.size // 3) :]
    low_before, high_before = _median(before[low]), _median(before[high])
    if high_before - low_before < _SPREAD:
        return Light(gain=1.0, offset=plain)
    gain = (_median(now[high]) - _median(now[low])) / (high_before - low_before)
    gain = min(_GAINS[1], max(_GAINS[0], gain))
    offset, rest_with_gain = _offset(now, np.float32(gain) * before)
    return Light(gain=gain, offset=offset) if rest_with_gain < _BETTER * rest else Light(gain=1.0, offset=plain)


def _offset(now: Values, before: Values) -> tuple[float, float]:
    """Return by how much the one is brighter, and the median of what that leaves unexplained."""
    steps = now - before
    offset = _median(steps)
    return offset, _median(np.abs(steps - np.float32(offset)))


def _rounded(values: Values) -> Plane:
    return np.asarray(np.clip(np.rint(values), 0.0, 255.0), dtype=np.uint8)


def _median(values: Values) -> float:
    middle = values.size // 2
    return float(np.partition(values, middle)[middle])


class LightWatch:
    """The light of one camera from picture to picture, against a background that takes over what stays."""

    def __init__(self, *, stays_s: float) -> None:
        self._stays_s = stays_s
        self._before: Light | None = USUAL
        """That of the picture before."""
        self._settled = USUAL
        self._since_s = 0.0
        """Since when it is about that."""
        self.jumped = False
        """Whether the last picture was lit quite otherwise than the one before."""

    @property
    def is_usual(self) -> bool:
        """Whether the picture before was in the background's light."""
        return self._before is USUAL

    def look(self, small: Plane, background: Plane) -> Light | None:
        """Return the light of a picture; None when too much is black or burnt out to tell."""
        light = light_of(small, background)
        if light is not None and light.apart(USUAL) <= _SAME:
            light = USUAL
        self._take(light)
        return light

    def look_away(self) -> None:
        """Take a picture that is plainly in the background's light."""
        self.jumped = False
        self._before = USUAL

    def stays(self, light: Light, at_s: float) -> bool:
        """Whether it has been about the same for so long that it is the background's from now on."""
        if light is USUAL or light.apart(self._settled) > _SAME:
            self._settled, self._since_s = light, at_s
        if light is USUAL or at_s - self._since_s < self._stays_s:
            return False
        self._before = self._settled = USUAL
        return True

    def _take(self, light: Light | None) -> None:
        before, self._before = self._before, light
        self.jumped = light is None or before is None or light.apart(before) > _JUMP
