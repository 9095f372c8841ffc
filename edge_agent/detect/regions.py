"""Which parts of a picture the model looks at: squares around motion and tracks, at native resolution, merged.

Pure function over boxes and sizes. A thing of 30 pixels in a 1080p picture is 6 pixels at the model's input when the
whole picture is shrunk, and 30 when a model-sized square is cut around it.
"""

from collections.abc import Sequence
from typing import Final

from edge_agent.core.boxes import Box

_AROUND: Final = 1.5
"""A region is so many times as wide as what it is about: models want surroundings."""
_WHOLE_ABOVE: Final = 0.7
"""Regions that together cover more of the picture than this are replaced by one look at all of it."""


def regions_for(
    places: Sequence[Box], *, picture_size: tuple[int, int], input_size: tuple[int, int], at_most: int = 4
) -> list[Box]:
    """Return at most ``at_most`` regions (shares of the picture) that hold all places; the whole picture counts as one.

    Sizes are (width, height) in pixels. Regions have the shape of the model's input unless the picture is too small.
    """
    if not places:
        return []
    regions = [_square(place, picture_size, input_size) for place in places]
    merged = _merge(regions, picture_size, input_size)
    whole = Box(0.0, 0.0, 1.0, 1.0)
    if len(merged) > at_most or sum(region.area for region in merged) > _WHOLE_ABOVE:
        # Looking at small cut-outs of a small picture costs more than one look at all of it and sees no better.
        return [whole] if _sharpness(whole, picture_size, input_size) > 0.5 else merged[:at_most]
    return merged


def _sharpness(region: Box, picture_size: tuple[int, int], input_size: tuple[int, int]) -> float:
    """Return model pixels per picture pixel, at most 1."""
    return min(
        1.0,
        input_size[0] / max(1.0, region.width * picture_size[0]),
        input_size[1] / max(1.0, region.height * picture_size[1]),
    )


def _square(place: Box, picture_size: tuple[int, int], input_size: tuple[int, int]) -> Box:
    """Return the region for one place: at least the model's input, its shape kept, inside the picture."""
    wide, high = picture_size
    scale = max(1.0, place.width * wide * _AROUND / input_size[0], place.height * high * _AROUND / input_size[1])
    width = min(1.0, input_size[0] * scale / wide)
    height = min(1.0, input_size[1] * scale / high)
    x, y = place.centre
    x = min(1.0 - width / 2, max(width / 2, x))
    y = min(1.0 - height / 2, max(height / 2, y))
    return Box.around((x, y), width, height).clip()


def _merge(regions: list[Box], picture_size: tuple[int, int], input_size: tuple[int, int]) -> list[Box]:
    """Join two regions when one look at their union costs no more than two and stays nearly as sharp."""
    merged = sorted(regions, key=lambda region: -region.area)
    going = True
    while going:
        going = False
        for first in range(len(merged)):
            for second in range(first + 1, len(merged)):
                union = merged[first].union(merged[second])
                sharp = _sharpness(union, picture_size, input_size)
                least = min(_sharpness(merged[n], picture_size, input_size) for n in (first, second))
                if sharp >= 0.75 * least:
                    merged[first] = union
                    del merged[second]
                    going = True
                    break
            if going:
                break
    return merged
