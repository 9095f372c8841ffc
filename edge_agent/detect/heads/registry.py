"""Name of a head in the manifest → its decoder."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.detr import DetrHead
from edge_agent.detect.heads.end_to_end import EndToEndHead
from edge_agent.detect.heads.fastest_det import FastestDetHead
from edge_agent.detect.heads.nanodet import nanodet_head, nanodet_plus_head
from edge_agent.detect.heads.options import HeadOptions
from edge_agent.detect.heads.picodet import PicodetHead
from edge_agent.detect.heads.raw import Head
from edge_agent.detect.heads.ssd import SsdHead
from edge_agent.detect.heads.yolo_rows import YoloRowsHead
from edge_agent.detect.heads.yolox import YoloxHead

HEADS: Final[Mapping[str, Callable[[HeadOptions], Head]]] = {
    "yolox": YoloxHead,
    "yolov5": partial(YoloRowsHead, objectness=True),
    "yolov8": partial(YoloRowsHead, objectness=False),
    "end_to_end": EndToEndHead,
    "nanodet": nanodet_head,
    "nanodet_plus": nanodet_plus_head,
    "picodet": PicodetHead,
    "ssd": SsdHead,
    "detr": DetrHead,
    "fastest_det": FastestDetHead,
}


def head_named(name: str, options: HeadOptions | None = None) -> Head:
    """Return a decoder; raises ModelError naming those there are, or the key that this one does not read."""
    if name not in HEADS:
        raise ModelError(f'the head "{name}" is not known; known are {", ".join(sorted(HEADS))}')
    return HEADS[name](options or HeadOptions())
