"""One ping and its answer tell two clocks apart."""

import pytest

from edge_agent.core.clock_offset import clock_offset_s

S = 1_000_000


@pytest.mark.parametrize(
    ("sent_us", "answered_us", "received_us", "offset_s"),
    [
        (100 * S, 100 * S + 10_000, 100 * S + 20_000, 0.0),
        (105 * S, 100 * S + 10_000, 105 * S + 20_000, 5.0),  # this room is ahead
        (95 * S, 100 * S + 10_000, 95 * S + 20_000, -5.0),
        (100 * S, 100 * S, 102 * S, 1.0),  # answered at once, slow way back: wrong by half the round trip at most
        (100 * S, 101 * S, 103 * S, None),  # too long on the way
        (100 * S, 100 * S, 99 * S, None),  # set back while the ping was on its way
    ],
)
def test_the_offset_is_taken_from_the_middle_of_the_round_trip(
    sent_us: int, answered_us: int, received_us: int, offset_s: float | None
) -> None:
    assert clock_offset_s(sent_us=sent_us, answered_us=answered_us, received_us=received_us) == offset_s
