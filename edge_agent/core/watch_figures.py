"""A shift's statistics: what an operator did, and how quickly. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class ActKind(StrEnum):
    """What is counted of an operator."""

    FLAG = "flag"
    """A flag; ``took_ms`` is the look-back they chose: how long before the key it had begun."""
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    """A suggestion judged; ``took_ms`` is from its raising to the verdict."""
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act."""

    kind: ActKind
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDone:
    """One finished round."""

    cameras: int
    seen: int


def shift_figures(
    acts: Iterable[Act], rounds: Iterable[RoundDone], *, began_at: int, now_us: int, open_matters: int
) -> dict[str, int]:
    """Return the statistics as the shift log tells them; medians are left out when there is nothing to take them of.

    Times are UTC microseconds.
    """
    done, walked = list(acts), list(rounds)
    counts = {kind: sum(1 for act in done if act.kind is kind) for kind in ActKind}
    figures = {
        "seconds": max(0, (now_us - began_at) // 1_000_000),
        "flags": counts[ActKind.FLAG],
        "withdrawn": counts[ActKind.WITHDRAWN],
        "judged": counts[ActKind.ACCEPTED] + counts[ActKind.DISMISSED],
        "accepted": counts[ActKind.ACCEPTED],
        "dismissed": counts[ActKind.DISMISSED],
        "rounds": len(walked),
        "round_cameras": sum(one.cameras for one in walked),
        "round_seen": sum(one.seen for one in walked),
        "open_matters": open_matters,
    }
    flagged = [act.took_ms for act in done if act.kind is ActKind.FLAG]
    judged = [act.took_ms for act in done if act.kind in (ActKind.ACCEPTED, ActKind.DISMISSED)]
    if flagged:
        figures["look_back_ms_median"] = round(median(flagged))
    if judged:
        figures["judged_after_ms_median"] = round(median(judged))
    return figures
