"""Name of a head in the manifest → its decoder."""

from collections.abc import Callable, Mapping
from typing import Final

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.fastest_det import FastestDetHead
from edge_agent.detect.heads.raw import Head
from edge_agent.detect.heads.yolox import YoloxHead

HEADS: Final[Mapping[str, Callable[[], Head]]] = {"yolox": YoloxHead, "fastest_det": FastestDetHead}


def head_named(name: str, *, model: str) -> Head:
    """Return a decoder; raises ModelError naming those there are."""
    if name not in HEADS:
        raise ModelError(f'model {model}: the head "{name}" is not known; known are {", ".join(sorted(HEADS))}')
    return HEADS[name]()
