"""How each family is usually shown pictures: what its authors' training and export do, and no graph tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.detect.canvas import Fit
from edge_agent.detect.picture import Colour

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualView:
    """(pixel / divide_by - mean) / deviation, in this order of colours."""

    colour: Colour
    fit: Fit
    divide_by: float = 1.0
    mean: Three = (0.0, 0.0, 0.0)
    deviation: Three = (1.0, 1.0, 1.0)


_YOLO: Final = UsualView(colour="rgb", fit="letterbox", divide_by=255.0)
_NANODET: Final = UsualView(
    colour="bgr", fit="stretch", mean=(103.53, 116.28, 123.675), deviation=(57.375, 57.12, 58.395)
)
USUAL: Final[Mapping[str, UsualView]] = {
    "yolox": UsualView(colour="bgr", fit="letterbox"),
    "yolov5": _YOLO,
    "yolov8": _YOLO,
    "end_to_end": _YOLO,
    "nanodet": _NANODET,
    "nanodet_plus": _NANODET,
    "picodet": UsualView(
        colour="rgb", fit="stretch", divide_by=255.0, mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225)
    ),
    "ssd": UsualView(colour="rgb", fit="stretch", divide_by=127.5, mean=(1.0, 1.0, 1.0)),
    "detr": UsualView(colour="rgb", fit="stretch", divide_by=255.0),
    "fastest_det": UsualView(colour="bgr", fit="stretch", divide_by=255.0),
}
