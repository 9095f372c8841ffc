"""Which numbers a model calculates in: int8 must be worth its loss."""

import pytest

from edge_agent.core.precision import Precision, PrecisionReason, precision_by_time


@pytest.mark.parametrize(
    ("fp32_ms", "int8_ms", "precision", "reason"),
    [
        (10.0, 4.0, Precision.INT8, PrecisionReason.FASTER_HERE),  # a CPU with VNNI
        (10.0, 9.0, Precision.INT8, PrecisionReason.FASTER_HERE),  # a tenth is enough
        (10.0, 9.1, Precision.FP32, PrecisionReason.NOT_FASTER_HERE),  # less is not worth the loss
        (10.0, 14.0, Precision.FP32, PrecisionReason.NOT_FASTER_HERE),  # a CPU without
    ],
)
def test_int8_is_taken_where_it_saves_a_tenth(
    fp32_ms: float, int8_ms: float, precision: Precision, reason: PrecisionReason
) -> None:
    choice = precision_by_time(fp32_ms=fp32_ms, int8_ms=int8_ms)
    assert (choice.precision, choice.reason) == (precision, reason)
    assert (choice.fp32_ms, choice.int8_ms) == (fp32_ms, int8_ms)
