"""SETUP offers: interleaved TCP is taken, everything else is not."""

import pytest

from patrol_sim.rtsp.transport import choose_channels


@pytest.mark.parametrize(
    ("header", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=0-1", (0, 1)),
        ("RTP/AVP/TCP;unicast;interleaved=4-5", (4, 5)),
        ("RTP/AVP/TCP;unicast;interleaved=6", (6, 7)),
        ("RTP/AVP/TCP;unicast", (0, 1)),  # the server may choose
        ("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=2-3", (2, 3)),  # second choice of the client
        ("RTP/AVP;unicast;client_port=5000-5001", None),  # UDP
        ("RTP/AVP/UDP;multicast", None),
        ("RTP/AVP/TCP;multicast;interleaved=0-1", None),
        ("RTP/AVP/TCP;interleaved=256-257", None),
        ("RTP/AVP/TCP;interleaved=3-3", None),
        ("", None),
    ],
)
def test_choice_of_channels(header: str, channels: tuple[int, int] | None) -> None:
    assert choose_channels(header) == channels
