"""H.264 is copied; masks and what no browser plays are encoded, and the viewer is told why."""

import pytest

from edge_agent.core.live_choice import LiveChoice, LiveSource, Quality, StreamFacts, choose

H264 = StreamFacts(codec_name="h264", is_streaming=True)
HEVC = StreamFacts(codec_name="hevc", is_streaming=True)
AWAY = StreamFacts(codec_name="h264", is_streaming=False)
UNKNOWN = StreamFacts(codec_name=None, is_streaming=False)
MAIN, SUB = LiveSource.MAIN, LiveSource.SUB


@pytest.mark.parametrize(
    ("quality", "main", "sub", "stream", "source"),
    [
        (Quality.TILE, H264, H264, SUB, "sub"),
        (Quality.SPOT, H264, H264, MAIN, "main"),
        (Quality.TILE, H264, None, MAIN, "main"),
        (Quality.SPOT, HEVC, H264, SUB, "sub"),  # the substream plays as it is
        (Quality.TILE, H264, HEVC, MAIN, "main"),
        (Quality.SPOT, HEVC, HEVC, MAIN, "transcoded"),
        (Quality.TILE, HEVC, None, MAIN, "transcoded"),
        (Quality.SPOT, AWAY, H264, SUB, "sub"),  # better the small picture than none
        (Quality.TILE, H264, UNKNOWN, MAIN, "main"),
    ],
)
def test_the_stream_fits_what_is_asked_and_what_plays(
    quality: Quality, main: StreamFacts, sub: StreamFacts | None, stream: LiveSource, source: str
) -> None:
    streams = {MAIN: main} if sub is None else {MAIN: main, SUB: sub}
    choice = choose(quality, streams, masked=False)
    assert choice is not None
    assert (choice.stream, choice.source) == (stream, source)
    assert choice.encode is (source == "transcoded")
    asked = MAIN if quality is Quality.SPOT or sub is None else SUB
    assert bool(choice.reason) is (stream is not asked or choice.encode)


@pytest.mark.parametrize("quality", [Quality.TILE, Quality.SPOT])
def test_a_masked_camera_is_never_copied(quality: Quality) -> None:
    """Its own packets hold what the masks hide."""
    choice = choose(quality, {MAIN: H264, SUB: H264}, masked=True)
    assert choice == LiveChoice(
        stream=SUB if quality is Quality.TILE else MAIN,
        encode=True,
        source=LiveSource.TRANSCODED,
        reason="the privacy masks are burnt in",
    )


def test_nothing_is_chosen_while_nothing_flows() -> None:
    """A player shows nothing of a stream that stands; the last picture is sent by itself."""
    assert choose(Quality.SPOT, {MAIN: AWAY, SUB: AWAY}, masked=False) is None


def test_nothing_is_chosen_before_a_stream_is_known() -> None:
    assert choose(Quality.TILE, {MAIN: UNKNOWN}, masked=True) is None
