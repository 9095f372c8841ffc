"""The session description of one camera (RFC 4566, RFC 2326 appendix C). Pure."""

from typing import Final

from patrol_sim.rtp.nal import Codec
from patrol_sim.rtp.parameter_sets import format_parameters
from patrol_sim.rtp.wire_unit import PAYLOAD_TYPE

TRACK: Final = "trackID=0"


def build_sdp(
    *, title: str, codec: Codec, parameter_sets: tuple[bytes, ...], declared_fps: float, host: str, session: int
) -> bytes:
    """Return the SDP; without ``parameter_sets`` the client has to find them in the stream."""
    parameters = format_parameters(codec, parameter_sets)
    lines = [
        "v=0",
        f"o=- {session} 1 IN IP4 {host}",
        f"s={title}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        "c=IN IP4 0.0.0.0",
        f"a=rtpmap:{PAYLOAD_TYPE} {codec.encoding_name}/90000",
        *([f"a=fmtp:{PAYLOAD_TYPE} {parameters}"] if parameters else []),
        f"a=framerate:{declared_fps:.3f}",
        f"a=control:{TRACK}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()
