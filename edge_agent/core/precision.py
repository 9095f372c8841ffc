"""Whether a model runs in single precision or in its int8 twin: asked for, or decided by what each takes here.

Owns the decision. Where the CPU multiplies whole numbers fast (VNNI), int8 takes half; elsewhere it is often slower.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LEAST_GAIN: Final = 0.1
"""Share of the time that int8 must save before its small loss of accuracy is worth it."""


class Precision(StrEnum):
    """In which numbers a model calculates."""

    FP32 = "fp32"
    INT8 = "int8"


class PrecisionReason(StrEnum):
    """Why."""

    ASKED_FOR = "asked_for"
    NO_TWIN = "no_twin"
    """The catalogue has no int8 twin of this model, or it cannot be used."""
    FASTER_HERE = "faster_here"
    NOT_FASTER_HERE = "not_faster_here"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionChoice:
    """What was chosen and why; times are milliseconds of one look, None where nothing was measured."""

    precision: Precision
    reason: PrecisionReason
    fp32_ms: float | None = None
    int8_ms: float | None = None


def precision_by_time(*, fp32_ms: float, int8_ms: float) -> PrecisionChoice:
    """Return the precision that the times of one look each speak for."""
    faster = int8_ms <= fp32_ms * (1.0 - LEAST_GAIN)
    return PrecisionChoice(
        precision=Precision.INT8 if faster else Precision.FP32,
        reason=PrecisionReason.FASTER_HERE if faster else PrecisionReason.NOT_FASTER_HERE,
        fp32_ms=fp32_ms,
        int8_ms=int8_ms,
    )
