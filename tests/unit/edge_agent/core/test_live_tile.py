"""A live picture is called by its true name: old video is never live."""

import pytest

from edge_agent.core.camera_link import LinkState
from edge_agent.core.live_tile import TileFacts, TileState, judge_tile


def facts(link: LinkState = LinkState.STREAMING, **changed: object) -> TileFacts:
    values: dict[str, object] = {
        "link_reason": "the camera says so", "age_s": 0.1, "fps": 10.0, "attempt": 0, "next_try_s": None,
    }  # fmt: skip
    return TileFacts(link=link, **{**values, **changed})  # type: ignore[arg-type]  # one table for all rows


@pytest.mark.parametrize(
    ("measured", "state"),
    [
        (facts(), TileState.LIVE),
        (facts(age_s=1.0), TileState.LIVE),
        (facts(age_s=1.01), TileState.DELAYED),
        (facts(age_s=None), TileState.DELAYED),  # connected, and the first keyframe has not come
        (facts(age_s=2.0, fps=1.0), TileState.LIVE),  # a camera of one picture a second is between two of them
        (facts(age_s=2.6, fps=1.0), TileState.DELAYED),
        (facts(LinkState.STALLED), TileState.STALLED),
        (facts(LinkState.FROZEN), TileState.STALLED),  # pictures come, always the same: not live however new
        (facts(LinkState.CONNECTING, age_s=None), TileState.RECONNECTING),
        (facts(LinkState.BACKING_OFF), TileState.RECONNECTING),
        (facts(LinkState.DISABLED), TileState.OFF),
    ],
)
def test_a_tile_is_judged_by_its_link_and_the_age_of_its_picture(measured: TileFacts, state: TileState) -> None:
    judged = judge_tile(measured)
    assert judged.state is state
    assert bool(judged.reason) is (state is not TileState.LIVE)


def test_a_reconnecting_tile_says_which_attempt_and_when_the_next_is() -> None:
    judged = judge_tile(facts(LinkState.BACKING_OFF, attempt=3, next_try_s=1.25, age_s=8.0))
    assert (judged.attempt, judged.next_try_ms, judged.age_ms) == (3, 1_250, 8_000)
