"""One picture out of the kept packets: what an operator saw, or the sharp main stream's view of an alert.

Owns ``picture_at``. Decodes from the keyframe before, so it takes as long as that part of the group (10 to 200 ms): for
evidence, never in a camera's thread.
"""

from collections.abc import Sequence

from av.video.frame import VideoFrame

from edge_agent.capture.decoder import Decoder, new_context
from edge_agent.capture.ring import RingPacket


def picture_at(packets: Sequence[RingPacket], at_s: float) -> tuple[VideoFrame, float] | None:
    """Return the picture shown at media second ``at_s`` and the second it belongs to; None when none can be decoded.

    ``packets`` are of one shape and begin with a keyframe (``PacketRing.cut(at_s, at_s)``). Of pictures after ``at_s``
    the first one is taken when there is none before.
    """
    if not packets:
        return None
    shape = packets[0].shape
    decoder = Decoder(new_context(shape))
    best: tuple[VideoFrame, float] | None = None
    for picture in (*(one for packet in packets for one in decoder.decode(packet)), *decoder.drain()):
        if picture.pts is None:
            continue
        media_s = float(picture.pts * shape.time_base)
        if best is None or media_s <= at_s:
            best = (picture, media_s)
    return best
