"""What is true of one act: who, where, from when to when, and the moments that count. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from patrol_sim.scene.figure import FigureBox, FigureKind


class Moment(NamedTuple):
    """Something that happens at one time of the loop."""

    what: str
    """put_down, owner_walks_off, owner_gone (out of the picture), owner_back, taken; of a crossing its direction."""
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueAct:
    """One act. Between ``begin_s`` and ``end_s`` holds what the act is about.

    loiter: the stay; gather: everybody is there; stop: the car stands; pass: it can be in the picture; leave_bag,
    keep_bag, furnish: the thing lies or stands there; to_and_fro: from the first crossing to the last.
    ``box`` holds what the act is about in that time: the thing of a bag, everybody of a crowd.
    """

    kind: str
    figures: tuple[tuple[int, FigureKind], ...]
    """Numbers and kinds; a thing that is put down comes after its owner."""
    begin_s: float
    end_s: float
    box: FigureBox
    moments: tuple[Moment, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "act": self.kind,
            "figures": [{"number": number, "label": kind.value} for number, kind in self.figures],
            "begin_s": round(self.begin_s, 3),
            "end_s": round(self.end_s, 3),
            "box": [round(side, 5) for side in self.box],
            "moments": [{"what": moment.what, "at_s": round(moment.at_s, 3)} for moment in self.moments],
        }
