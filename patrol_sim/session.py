"""One client's session on one camera: its numbers, its place in the loop, its sending."""

import random
import secrets
from dataclasses import dataclass
from typing import Final, Protocol

from patrol_sim.damage import lose_packets
from patrol_sim.figures import CameraCounts
from patrol_sim.rtp.sender_report import build_sender_report
from patrol_sim.rtp.wire_unit import WireUnit, fill_wire_unit, split_filled
from patrol_sim.rtsp.transport import Channels

REPORT_EVERY_S: Final = 5.0


class ClientLink(Protocol):
    """The session's way to its client; the connection owns the socket."""

    def push(self, piece: bytes | bytearray) -> bool:
        """Send or buffer; False when the client was cut because it does not read."""
        ...

    def cut(self, *, reset: bool) -> None:
        """Close now, with a TCP RST when ``reset``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTime:
    """When a picture was shown by the camera's clock, its timestamp (without the session's base), and the time now."""

    utc_s: float
    stamp_90k: int
    now_s: float


class PlaySession:
    """Sequence numbers, timestamps and reports of one client. Used by the event loop's thread only."""

    def __init__(self, link: ClientLink, channels: Channels, counts: CameraCounts, cname: str) -> None:
        self.session_id = secrets.token_hex(8)
        self.link = link
        self.playing = False
        self.next_tick = 0
        self.interrupted = False
        self.channels = channels
        self.ssrc = secrets.randbits(32)
        self.sequence = secrets.randbits(16)
        self.stamp_base = secrets.randbits(32)
        self._counts = counts
        self._cname = cname
        self._packets = 0
        self._octets = 0
        self._next_report_s = 0.0

    @property
    def has_sent(self) -> bool:
        """Tell whether a picture went out in this session."""
        return self._packets > 0

    def timestamp(self, stamp_90k: int) -> int:
        """Return the RTP timestamp of a camera's stamp."""
        return (self.stamp_base + stamp_90k) & 0xFFFFFFFF

    def report_due(self, now_s: float) -> bool:
        """Tell whether a sender report is due: before the first packet and then every REPORT_EVERY_S."""
        return now_s >= self._next_report_s

    def report(self, time: PictureTime) -> None:
        """Send a sender report about the next picture."""
        self._next_report_s = time.now_s + REPORT_EVERY_S
        self.link.push(
            build_sender_report(
                channel=self.channels.rtcp,
                ssrc=self.ssrc,
                utc_s=time.utc_s,
                timestamp=self.timestamp(time.stamp_90k),
                packets=self._packets,
                octets=self._octets,
                cname=self._cname,
            )
        )

    def send(self, wire: WireUnit, stamp_90k: int) -> bool:
        """Send one access unit whole; False when the client was cut."""
        return self._push(wire, self._fill(wire, stamp_90k), len(wire.offsets))

    def send_with_losses(self, wire: WireUnit, stamp_90k: int, *, share: float, dice: random.Random) -> bool:
        """Send one access unit of which packets get lost; False when the client was cut."""
        packets = split_filled(wire, self._fill(wire, stamp_90k))
        arriving = lose_packets(packets, share, dice)
        self._counts.packets_lost += len(packets) - len(arriving)
        return self._push(wire, b"".join(arriving), len(arriving))

    def send_half_and_reset(self, wire: WireUnit, stamp_90k: int) -> None:
        """Send the first half of an access unit and reset the connection."""
        filled = self._fill(wire, stamp_90k)
        self.link.push(filled[: len(filled) // 2])
        self.link.cut(reset=True)

    def _fill(self, wire: WireUnit, stamp_90k: int) -> bytearray:
        filled = fill_wire_unit(
            wire,
            channel=self.channels.rtp,
            first_sequence=self.sequence,
            timestamp=self.timestamp(stamp_90k),
            ssrc=self.ssrc,
        )
        self.sequence = (self.sequence + len(wire.offsets)) & 0xFFFF
        return filled

    def _push(self, wire: WireUnit, piece: bytes | bytearray, packets: int) -> bool:
        if piece and not self.link.push(piece):
            return False
        self._packets += packets
        self._octets += wire.payload_bytes
        self._counts.pictures += 1
        self._counts.packets += packets
        self._counts.bytes_sent += len(piece)
        return True
