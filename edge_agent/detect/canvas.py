"""A region of a picture brought to the size, shape and colour order that a model wants, and the way back.

Owns CanvasForm, CanvasGeometry and ``canvas_of``. Knows pictures and boxes, no model: nothing here needs onnxruntime.
"""

from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np

from edge_agent.core.boxes import Box
from edge_agent.detect.manifest import ModelEntry
from edge_agent.detect.picture import Colour, Picture, Plane, in_colour

Fit = Literal["letterbox", "stretch"]

_CUT_WITHIN_PX: Final = 2.0
"""A thing that ends so close to where its region was cut may go on beyond."""
_LEAST_PX: Final = 1.0
"""Less than that of the picture, either way, is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasForm:
    """What a model wants to be shown."""

    size: tuple[int, int]
    """Width and height in pixels."""
    colour: Colour
    fit: Fit
    """Letterbox keeps the shape, puts the region top left and fills with ``fill``; stretch distorts."""
    fill: int = 114
    """0-255, the grey around a letterboxed region."""

    @classmethod
    def of(cls, entry: ModelEntry) -> Self:
        """Return what a catalogued model wants."""
        return cls(size=entry.input, colour=entry.colour, fit=entry.fit, fill=entry.fill)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasGeometry:
    """Where on its picture a canvas was cut out: all that is needed to put what was seen on it into place."""

    picture_size: tuple[int, int]
    """Width and height of the whole picture in pixels."""
    region: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels of the picture."""
    scale: tuple[float, float]
    """Canvas pixels per picture pixel, across and down."""

    def placed(self, left: float, top: float, right: float, bottom: float) -> tuple[Box, bool] | None:
        """Return a box of canvas pixels in shares of the whole picture, and whether the region's edge may cut it.

        What reaches beyond the region is clipped; None when nothing of it is left. The picture's own border cuts
        nothing: there is no more to be seen of a thing elsewhere.
        """
        from_x, from_y, to_x, to_y = self.region
        wide, high = self.picture_size
        x1, x2 = (min(float(to_x - from_x), max(0.0, x / self.scale[0])) for x in (left, right))
        y1, y2 = (min(float(to_y - from_y), max(0.0, y / self.scale[1])) for y in (top, bottom))
        if x2 - x1 < _LEAST_PX or y2 - y1 < _LEAST_PX:
            return None
        cut = (
            (x1 < _CUT_WITHIN_PX and from_x > 0)
            or (y1 < _CUT_WITHIN_PX and from_y > 0)
            or (to_x - from_x - x2 < _CUT_WITHIN_PX and to_x < wide)
            or (to_y - from_y - y2 < _CUT_WITHIN_PX and to_y < high)
        )
        return Box((from_x + x1) / wide, (from_y + y1) / high, (from_x + x2) / wide, (from_y + y2) / high), cut


def canvas_of(picture: Picture, region: Box, form: CanvasForm) -> tuple[Plane, CanvasGeometry]:
    """Return the region as the model wants it, uint8 (height, width, 3) without gaps, and where it came from."""
    left, top, right, bottom = picture.pixels(region)
    width, height = form.size
    wide, high = right - left, bottom - top
    scale_x, scale_y = width / wide, height / high
    if form.fit == "letterbox":
        scale_x = scale_y = min(scale_x, scale_y)
    geometry = CanvasGeometry(
        picture_size=(picture.width, picture.height), region=(left, top, right, bottom), scale=(scale_x, scale_y)
    )
    size = (max(1, round(wide * scale_x)), max(1, round(high * scale_y)))
    if size == (width, height):
        return in_colour(picture, geometry.region, size, form.colour), geometry
    canvas = np.full((height, width, 3), form.fill, dtype=np.uint8)
    in_colour(picture, geometry.region, size, form.colour, into=canvas[: size[1], : size[0]])
    return canvas, geometry
