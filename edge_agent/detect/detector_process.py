"""A detector as a process of its own: canvases in, what the model sees out, one at a time.

Run by ``detector_crew.DetectorCrew`` as ``python -m edge_agent.detect.detector_process``. A model that crashes, hangs
or eats the memory takes this process with it and nothing else. Only here is onnxruntime loaded.
"""

import sys
import time

import msgspec
import numpy as np

from edge_agent.detect.chosen_model import choose_model
from edge_agent.detect.errors import ModelError
from edge_agent.detect.messages import (
    DetectorSetup,
    LookAsked,
    LookTaken,
    ModelReady,
    Refused,
    encode,
    read_by_detector,
)
from edge_agent.detect.session import ModelSession
from edge_agent.detect.shared_canvases import SharedCanvases
from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.child_process import stand_by_parent
from edge_agent.settings.model import DetectorSettings


def main() -> int:
    """Serve until the analysis ends."""
    channel, shared, given = stand_by_parent(sys.argv[1:])
    setup = msgspec.json.decode(given, type=DetectorSetup)
    try:
        model = choose_model(DetectorSettings.model_validate_json(setup.settings))
        session = model.open(min_score=setup.min_score)
    except ModelError as error:
        channel.send(encode(Refused(sentence=str(error))))
        return 2
    canvases = SharedCanvases(shared[0])
    channel.send(encode(ModelReady(entry=model.entry.name, precision=model.precision.precision, report=model.report())))
    try:
        while True:
            message = channel.receive(within_s=None)
            if message is not None:
                channel.send(encode(_look(session, canvases, read_by_detector(message))))
    except ChannelClosedError:
        return 0


def _look(session: ModelSession, canvases: SharedCanvases, asked: LookAsked) -> LookTaken:
    began_s = time.monotonic()
    try:
        raw = session.look(canvases.view(asked.slot, session.entry.input))
    except Exception as error:  # noqa: BLE001 - onnxruntime's exceptions share no class; this look failed, that is all
        return LookTaken(
            look_id=asked.look_id,
            slot=asked.slot,
            took_s=time.monotonic() - began_s,
            fault=f"{type(error).__name__}: {str(error).strip()[:200]}",
        )
    return LookTaken(
        look_id=asked.look_id,
        slot=asked.slot,
        took_s=time.monotonic() - began_s,
        boxes=np.ascontiguousarray(raw.boxes, dtype=np.float32).tobytes(),
        scores=np.ascontiguousarray(raw.scores, dtype=np.float32).tobytes(),
        classes=np.ascontiguousarray(raw.classes, dtype=np.int64).tobytes(),
    )


if __name__ == "__main__":
    sys.exit(main())
