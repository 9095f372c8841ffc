"""The Transport header of SETUP (RFC 2326 §12.39): we serve TCP interleaved only. Pure."""

import re
from typing import Final, NamedTuple

_INTERLEAVED: Final = re.compile(r"^interleaved=(\d{1,3})(?:-(\d{1,3}))?\Z")


class Channels(NamedTuple):
    """Interleaved channel numbers of RTP and RTCP."""

    rtp: int
    rtcp: int


def choose_channels(header: str) -> Channels | None:
    """Return the channels of the first transport we can serve; None means 461 Unsupported Transport.

    A client may leave the numbers to us; then 0 and 1 are used, as there is one stream per camera.
    """
    for offer in header.split(","):
        parts = [part.strip() for part in offer.split(";")]
        if parts[0].upper() != "RTP/AVP/TCP" or "multicast" in parts:
            continue
        for part in parts[1:]:
            found = _INTERLEAVED.match(part)
            if found is not None:
                rtp = int(found[1])
                rtcp = int(found[2]) if found[2] is not None else rtp + 1
                if rtp > 255 or rtcp > 255 or rtp == rtcp:
                    break
                return Channels(rtp, rtcp)
        else:
            return Channels(0, 1)
    return None
