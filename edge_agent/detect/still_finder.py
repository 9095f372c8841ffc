"""What has come to rest where there was nothing before: two backgrounds of different patience over the small luma.

Owns StillSettings and StillFinder. The patient background is the empty scene; the quick one is what each pixel showed
for some seconds, so that what passes leaves no trace in it. Where the two differ, something stays (Porikli, "Detection
of temporarily static regions by processing video at different frame rates", AVSS 2007). A look a second is enough,
and costs a tenth of what looking for motion in every picture does.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box
from edge_agent.core.still_places import StillPlace
from edge_agent.detect.picture import Picture
from edge_agent.detect.shrink import smoothed

Plane = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_LONGEST_STEP_S: Final = 5.0
"""A longer pause between two looks does not teach the background more."""
_AGREEING: Final = 3
"""Looks in a row that must show the same new thing before it is what a pixel shows: who passes hides nothing."""
_SAMPLE: Final = 8
"""Every so manieth row and column gives the level and contrast of one picture against another of the same scene."""
_GAINS: Final = (0.5, 2.0)
_STAYS: Final = 0.75
"""Share of a place that must still differ; otherwise the thing went, or a part of it that was another thing."""
_SETTLED: Final = 0.8
"""Share of a region that must have settled; while the rest moves, it may be somebody who puts the thing down."""
_SAME_SHAPE: Final = 0.8
"""Overlap with the look before from which on a region no longer grows together."""
_GHOST: Final = 1.5
"""The outline must be so many times clearer in the empty scene: what is taken for a ghost becomes background, and
somebody who stands before a white line must not."""
_ALIKE: Final = 0.85
"""Correlation with the empty scene from which on it is the same ground in another light."""
_PLAIN: Final = 1.5
"""Grey levels of deviation below which ground has no structure to be compared."""
_LEAST_PIXELS: Final = 12
_MARGIN: Final = 3
"""Pixels around a region in which its outline is looked for."""
_KERNEL: Final = np.ones((3, 3), dtype=np.uint8)
_OUTLINE: Final = np.ones((5, 5), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillSettings:
    """How patient the two backgrounds are."""

    height: int = 144
    """Rows of the small picture, as for motion."""
    every_s: float = 1.0
    """Media seconds between two looks."""
    threshold: float = 18.0
    """Least difference from the empty scene, in grey levels; a little above motion's, whose mistakes last a moment."""
    calm: float = 8.0
    """A pixel shows the same thing as before within so many grey levels."""
    settle_s: float = 4.0
    """Seconds a pixel must show a thing until it may be told."""
    learn_s: float = 60.0
    """Time constant with which the empty scene follows the light."""
    min_area: float = 0.0006
    """Least area, in shares of the picture."""
    jump_share: float = 0.4
    """When more of the picture than this is new, the light changed or the camera moved: nothing is judged."""
    jump_s: float = 10.0
    """A jump that lasts so long is the new scene."""
    ghost_s: float = 120.0
    """What may be the ghost of a thing that left is watched for so long, untold: who stands before a white line takes
    it away as well, and gives it back."""
    most_places: int = 32
    """With more, the oldest becomes background: a room that is rearranged is no crowd of left bags."""


@dataclass(slots=True)
class _Place:
    """One known still place in the small picture."""

    told: StillPlace
    window: tuple[slice, slice]
    blob: Bools
    """Which pixels of the window belong to it."""
    area: int
    """How many those are."""
    ghost_until_s: float | None = None
    """Until when it is watched untold; None for what is told."""


class _Memory:
    """The past of each pixel of the small picture; one shape for its life."""

    def __init__(self, small: Floats, at_s: float) -> None:
        self.empty = small.copy()
        """The patient background."""
        self.shows = small.copy()
        """The quick one: what each pixel has shown for some looks."""
        self.began_s = at_s
        self.since_s = np.zeros(small.shape, dtype=np.float32)
        """Since when it shows that, counted from ``began_s``: media time may be too large for single precision."""
        self.next = small.copy()
        self.agreeing = np.zeros(small.shape, dtype=np.uint8)
        """Looks in a row that showed ``next`` instead."""
        self.last_s = self.settled_s = at_s

    def aligned(self, small: Floats) -> Floats:
        """Return the picture in the level and contrast of the empty scene: exposure changes everything alike."""
        there, now = self.empty[::_SAMPLE, ::_SAMPLE], small[::_SAMPLE, ::_SAMPLE]
        level, level_now = _median(there), _median(now)
        contrast, contrast_now = _median(np.abs(there - level)), _median(np.abs(now - level_now))
        gain = min(_GAINS[1], max(_GAINS[0], contrast / max(contrast_now, 0.5))) if contrast > 0.5 else 1.0
        aligned = small - np.float32(level_now)
        aligned *= np.float32(gain)
        aligned += np.float32(level)
        return aligned

    def learn(self, small: Floats, at_s: float, settings: StillSettings) -> None:
        """Take a look: what a pixel shows changes once three looks in a row agree on something else."""
        dt_s = min(at_s - self.last_s, _LONGEST_STEP_S)
        off = small - self.shows
        calm = np.abs(off) <= settings.calm
        off *= calm
        off *= np.float32(0.2)
        self.shows += off
        np.subtract(small, self.next, out=off)
        same = np.abs(off) <= settings.calm
        np.copyto(self.next, small, where=~same)
        off *= same
        off *= np.float32(0.3)
        self.next += off
        self.agreeing *= same
        self.agreeing += np.uint8(1)
        np.copyto(self.agreeing, np.uint8(0), where=calm)
        new = self.agreeing >= _AGREEING
        if new.any():
            np.copyto(self.shows, self.next, where=new)
            np.copyto(self.since_s, np.float32(at_s - self.began_s - (_AGREEING - 1) * dt_s), where=new)
            np.copyto(self.agreeing, np.uint8(0), where=new)
        np.subtract(self.shows, self.empty, out=off)
        off *= np.abs(off) <= settings.threshold
        off *= np.float32(1.0 - np.exp(-dt_s / settings.learn_s))
        self.empty += off

    def settled(self, which: Plane, before_s: float) -> Bools:
        """Return which of the pixels that are not 0 have shown the same since a media time at least."""
        settled = self.since_s <= before_s - self.began_s
        settled &= self.agreeing == 0
        settled &= which != 0
        return settled

    def differs(self, threshold: float) -> Bools:
        return np.asarray(np.abs(self.shows - self.empty) > threshold)


class StillFinder:
    """The still places of one camera. One owner, pictures in order of time."""

    def __init__(self, settings: StillSettings | None = None) -> None:
        self._settings = settings or StillSettings()
        self._memory: _Memory | None = None
        self._places: list[_Place] = []
        self._growing: list[Box] = []
        """Regions of the look before that are not told yet."""
        self._last_number = 0
        self.absorbed = 0
        """Places that became background because there were too many."""

    def find(self, picture: Picture, at_s: float, *, small: Plane | None = None) -> tuple[StillPlace, ...]:
        """Return every still place that is known; ``at_s`` is media time.

        ``small`` is what ``smoothed`` makes of the picture, where somebody has made it already.

        Between two looks these are the ones of the last look. A new picture shape, a step back in time, and a change of
        the whole scene that lasts begin anew, without any.
        """
        memory, settings = self._memory, self._settings
        if memory is not None and 0.0 <= at_s - memory.last_s < settings.every_s * 0.95:
            return self._told()
        if small is None:
            small = smoothed(picture.luma, settings.height)[0]
        now = small.astype(np.float32)
        if memory is None or now.shape != memory.empty.shape or at_s < memory.last_s:
            return self._begin(now, at_s)
        aligned = memory.aligned(now)
        if np.count_nonzero(np.abs(aligned - memory.shows) > settings.threshold) > settings.jump_share * now.size:
            memory.last_s = at_s
            return self._begin(now, at_s) if at_s - memory.settled_s > settings.jump_s else self._told()
        memory.learn(aligned, at_s, settings)
        memory.last_s = memory.settled_s = at_s
        if self._places:
            differs = memory.differs(settings.threshold)
            self._places = [place for place in self._places if _stays(place, differs)]
            self._bury_ghosts(memory, at_s)
        self._look(memory, aligned, at_s)
        return self._told()

    def _told(self) -> tuple[StillPlace, ...]:
        return tuple(place.told for place in self._places if place.ghost_until_s is None)

    def _begin(self, small: Floats, at_s: float) -> tuple[StillPlace, ...]:
        self._memory = _Memory(small, at_s)
        self._places, self._growing = [], []
        return ()

    def _look(self, memory: _Memory, now: Floats, at_s: float) -> None:
        """Tell the regions that are unlike the empty scene now, have settled as a whole, and no longer grow.

        A car that has just stopped is still in parts: its tail has looked the same for longer than its nose.
        """
        settings = self._settings
        unlike = (np.abs(now - memory.empty) > settings.threshold).astype(np.uint8)
        for place in self._places:
            unlike[place.window][place.blob] = 0
        unlike = np.asarray(cv2.morphologyEx(unlike, cv2.MORPH_OPEN, _KERNEL), dtype=np.uint8)
        growing: list[Box] = []
        settled = memory.settled(unlike, at_s - settings.settle_s)
        # What passes has not settled: as long as too little has for any region, nobody need tell regions apart.
        if np.count_nonzero(settled) >= _SETTLED * settings.min_area * unlike.size:
            count, names, figures, _ = cv2.connectedComponentsWithStats(unlike, connectivity=8)
            for number in range(1, count):
                left, top, wide, high, area = (int(value) for value in figures[number])
                region = (slice(top, top + high), slice(left, left + wide))
                inside = names[region] == number
                if area < settings.min_area * unlike.size or settled[region][inside].mean() < _SETTLED:
                    continue
                box = Box(left, top, left + wide, top + high)
                if any(box.iou(before) >= _SAME_SHAPE for before in self._growing):
                    self._judge(memory, names == number, box, at_s)
                else:
                    growing.append(box)
        self._growing = growing

    def _judge(self, memory: _Memory, region: Bools, box: Box, at_s: float) -> None:
        """Tell a region unless it is the ghost of something that left, or the same ground in another light."""
        height, width = region.shape
        window = (
            slice(max(0, int(box.top) - _MARGIN), min(height, int(box.bottom) + _MARGIN)),
            slice(max(0, int(box.left) - _MARGIN), min(width, int(box.right) + _MARGIN)),
        )
        blob = region[window].copy()  # it is kept: a view would keep the whole picture
        if _is_light(memory, window, blob):
            _absorb(memory, window, blob)
            return
        if len(self._places) >= self._settings.most_places:
            oldest = self._places.pop(0)
            _absorb(memory, oldest.window, oldest.blob)
            self.absorbed += 1
        self._last_number += 1
        told = StillPlace(
            number=self._last_number,
            box=Box(box.left / width, box.top / height, box.right / width, box.bottom / height),
            since_s=memory.began_s + float(np.median(memory.since_s[window][blob])),
        )
        ghost_until_s = at_s + self._settings.ghost_s if _is_ghost(memory, window, blob) else None
        area = int(np.count_nonzero(blob))
        self._places.append(_Place(told=told, window=window, blob=blob, area=area, ghost_until_s=ghost_until_s))

    def _bury_ghosts(self, memory: _Memory, at_s: float) -> None:
        """Let what was uncovered for long become the empty scene."""
        buried = [place for place in self._places if place.ghost_until_s is not None and at_s >= place.ghost_until_s]
        for place in buried:
            _absorb(memory, place.window, place.blob)
            self._places.remove(place)


def _stays(place: _Place, differs: Bools) -> bool:
    return int(np.count_nonzero(differs[place.window] & place.blob)) >= _STAYS * place.area


def _absorb(memory: _Memory, window: tuple[slice, slice], blob: Bools) -> None:
    around = cv2.dilate(blob.astype(np.uint8), _KERNEL).astype(bool)
    memory.empty[window][around] = memory.shows[window][around]


def _is_ghost(memory: _Memory, window: tuple[slice, slice], blob: Bools) -> bool:
    """Whether the outline lies in the empty scene rather than in what is shown: the thing stood there and has gone."""
    outline = cv2.morphologyEx(blob.astype(np.uint8), cv2.MORPH_GRADIENT, _OUTLINE).astype(bool)
    shown, before = (float(_edges(part[window])[outline].sum()) for part in (memory.shows, memory.empty))
    return before > _GHOST * shown


def _is_light(memory: _Memory, window: tuple[slice, slice], blob: Bools) -> bool:
    """Whether the region has the structure of the ground that was there: a shadow or a patch of sun keeps it."""
    inside = cv2.erode(blob.astype(np.uint8), _KERNEL).astype(bool)
    if np.count_nonzero(inside) < _LEAST_PIXELS:
        inside = blob
    now, before = memory.shows[window][inside], memory.empty[window][inside]
    spread = float(now.std() * before.std())
    if min(float(now.std()), float(before.std())) < _PLAIN:
        return False
    return float(((now - now.mean()) * (before - before.mean())).mean()) >= _ALIKE * spread


def _median(values: Floats) -> float:
    """Return the median as ``np.median`` does, a third as long."""
    flat = values.ravel()
    middle = flat.size // 2
    if flat.size % 2:
        return float(np.partition(flat, middle)[middle])
    low, high = np.partition(flat, (middle - 1, middle))[middle - 1 : middle + 1]
    return (float(low) + float(high)) / 2.0


def _edges(part: Floats) -> Floats:
    return np.asarray(
        np.abs(cv2.Sobel(part, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(part, cv2.CV_32F, 0, 1)), dtype=np.float32
    )
