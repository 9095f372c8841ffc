"""What an operator says of a flag: whether what a page sent is a voice note, and how long it is.

A page is believed nothing: whatever is stored here goes to the relay and is played there.
"""

import io
from dataclasses import dataclass
from typing import Final

import av
from av.error import FFmpegError

MOST_BYTES: Final = 512 * 1024
"""A minute of Opus at 24 kbit/s has 180 kB; a browser that ignores the rate we ask for still fits."""
LONGEST_S: Final = 60.0
_LATE_S: Final = 3.0
"""A recorder stops a moment after it is told to."""
_WEBM: Final = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceNote:
    """It is one."""

    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRefused:
    """It is none; ``sentence`` says what to do."""

    sentence: str


def inspect_voice(content: bytes) -> VoiceNote | VoiceRefused:
    """Look at what was sent: WebM with one Opus stream and nothing else, at most LONGEST_S long."""
    if not content:
        return VoiceRefused(sentence="the voice note is empty; record again, or write a note")
    if len(content) > MOST_BYTES:
        return VoiceRefused(sentence=f"a voice note has at most {MOST_BYTES} bytes; record a shorter one")
    if not content.startswith(_WEBM):
        return VoiceRefused(sentence="this is no WebM; send what the browser's recorder gives as audio/webm")
    try:
        with av.open(io.BytesIO(content), mode="r", format="matroska") as opened:
            streams = [stream.codec_context.name for stream in opened.streams]
            if streams not in (["opus"], ["libopus"]):
                return VoiceRefused(sentence="a voice note has one Opus stream and no other; record audio alone")
            ends_s = [
                float((packet.pts + (packet.duration or 0)) * packet.time_base)
                for packet in opened.demux()
                if packet.pts is not None and packet.time_base is not None
            ]
    except (FFmpegError, ValueError):
        return VoiceRefused(sentence="the voice note is damaged; record again, or write a note")
    if not ends_s:
        return VoiceRefused(sentence="nothing was recorded; check the microphone, or write a note")
    if max(ends_s) > LONGEST_S + _LATE_S:
        return VoiceRefused(sentence=f"a voice note is at most {LONGEST_S:.0f} s long; record a shorter one")
    return VoiceNote(duration_ms=max(1, round(max(ends_s) * 1_000)))
