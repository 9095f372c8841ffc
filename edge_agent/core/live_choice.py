"""Which of a camera's streams a live picture is made of, and whether it must be encoded anew.

Browsers play H.264 in Media Source Extensions and no H.265 (interface research §9), so H.264 is copied, and only what
cannot be copied is encoded: privacy masks (nothing unmasked leaves memory), and cameras without any H.264 stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PLAYABLE: Final = "h264"
LAST_PICTURE: Final = "the last picture that the camera sent"
"""What a page is told of the still that stands where nothing flows."""


class Quality(StrEnum):
    """What a page asks for."""

    TILE = "tile"  # one of many small pictures: the substream, where there is one
    SPOT = "spot"  # the large picture: the main stream
    STILLS = "stills"  # single pictures, where nothing else plays


class LiveSource(StrEnum):
    """What the picture is made of, as people are told."""

    MAIN = "main"
    SUB = "sub"
    TRANSCODED = "transcoded"
    STILLS = "stills"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """One of the camera's streams now."""

    codec_name: str | None
    """FFmpeg's name; None before the first packet."""
    is_streaming: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChoice:
    """The stream to take and how."""

    stream: LiveSource
    """``main`` or ``sub``."""
    encode: bool
    source: LiveSource
    reason: str
    """Why it is not simply the stream that was asked for; empty when it is."""


def choose(quality: Quality, streams: Mapping[LiveSource, StreamFacts], *, masked: bool) -> LiveChoice | None:
    """Return what to show; None while no stream flows, which is to be asked again.

    Who watches a stream already keeps it then; who comes has no more to see than the last picture, for a player shows
    nothing of a stream that stands before it has decoded some of it. ``streams`` holds ``main`` and, where the camera
    has one, ``sub``.
    """
    wished = (LiveSource.MAIN, LiveSource.SUB) if quality is Quality.SPOT else (LiveSource.SUB, LiveSource.MAIN)
    order = [one for one in wished if one in streams]
    flowing = [one for one in order if streams[one].codec_name is not None and streams[one].is_streaming]
    if not flowing:
        return None
    if masked:
        reason = "the privacy masks are burnt in"
        return LiveChoice(stream=flowing[0], encode=True, source=LiveSource.TRANSCODED, reason=reason)
    playable = [one for one in flowing if streams[one].codec_name == PLAYABLE]
    if not playable:
        codec_name = streams[flowing[0]].codec_name
        reason = f"the camera sends {codec_name}, which browsers do not play, and no H.264 stream beside it"
        return LiveChoice(stream=flowing[0], encode=True, source=LiveSource.TRANSCODED, reason=reason)
    taken, wanted = playable[0], order[0]
    return LiveChoice(stream=taken, encode=False, source=taken, reason=_why(taken, wanted, streams[wanted]))


def _why(taken: LiveSource, wanted: LiveSource, facts: StreamFacts) -> str:
    if taken is wanted:
        return ""
    if facts.codec_name is None or not facts.is_streaming:
        return f"the {wanted} stream does not come at the moment"
    return f"the {wanted} stream is {facts.codec_name}, which browsers do not play"
