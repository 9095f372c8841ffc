"""One camera inside the analysis process: a defect costs a picture and its tracks, never another camera."""

from datetime import datetime

import numpy as np

from edge_agent.core.boxes import Box
from edge_agent.core.looks import EVERYTHING, LookAllowance, LookKind, LookWish
from edge_agent.detect.analyser import BegunPicture, CameraAnalysis, ModelFacts
from edge_agent.detect.camera_desk import CameraDesk
from edge_agent.detect.picture import Picture

STREET = Picture(
    luma=np.full((90, 120), 100, dtype=np.uint8),
    u=np.full((45, 60), 128, dtype=np.uint8),
    v=np.full((45, 60), 128, dtype=np.uint8),
    full_range=True,
)


class Moody(CameraAnalysis):
    """An analysis with a defect that strikes at given media times."""

    broken_at_s: frozenset[float] = frozenset()

    def begin(
        self,
        picture: Picture,
        at_s: float,
        allowance: LookAllowance = EVERYTHING,
        *,
        local: datetime | None = None,
    ) -> BegunPicture:
        if at_s in self.broken_at_s:
            raise RuntimeError("a defect of ours")
        return super().begin(picture, at_s, allowance, local=local)


def desk(*, broken_at_s: frozenset[float] = frozenset(), looks_per_s: float = 0.0) -> CameraDesk:
    class Broken(Moody):
        pass

    Broken.broken_at_s = broken_at_s
    facts = ModelFacts(input_size=(416, 416), usual_labels=frozenset({"person"}))
    return CameraDesk("gate", lambda: Broken([], facts), labels=("person",), looks_per_s=looks_per_s)


def test_a_defect_costs_its_picture_and_the_next_one_is_analysed_anew() -> None:
    gate = desk(broken_at_s=frozenset({0.2, 0.4}))
    seen = []
    for number in range(5):
        in_hand = gate.begin(STREET, number * 0.2, EVERYTHING, number=number)
        seen.append(None if in_hand is None else gate.finish())
    assert [verdict is not None for verdict in seen] == [True, False, False, True, True]


def test_a_picture_is_in_hand_from_its_beginning_to_its_end() -> None:
    gate = desk()
    in_hand = gate.begin(STREET, 0.0, EVERYTHING, number=7)
    assert in_hand is gate.in_hand
    assert in_hand is not None
    assert [wish.kind for wish in in_hand.begun.wishes] == [LookKind.WHOLE_PICTURE]
    assert gate.finish() is not None
    assert gate.in_hand is None


def test_wishes_beyond_the_rate_of_the_camera_are_given_back() -> None:
    gate = desk(looks_per_s=1.0)
    wishes = [LookWish(kind=kind, region=Box(0.0, 0.0, 0.5, 0.5)) for kind in LookKind]
    gate.begin(STREET, 0.0, EVERYTHING, number=1)
    gate.finish()
    granted, refused = gate.granted(wishes, 0.0)
    assert len(granted) == 1
    assert [wish.kind for wish in granted + refused][1:] == [kind for kind in LookKind if kind is not granted[0].kind]
