"""A plain RTSP client on a blocking socket: tests see every byte the server sends, and can be rude."""

import socket
import struct
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to a request; header names are lower case."""

    code: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """A packet of the RTP channel."""

    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """The sender report at the head of a compound RTCP packet."""

    ssrc: int
    utc_s: float
    timestamp: int
    packets: int
    octets: int


class RtspClient:
    """One connection. Reading raises TimeoutError after ``timeout_s``, ConnectionError when the server is gone."""

    def __init__(self, url: str, *, timeout_s: float = 3.0) -> None:
        parts = urlsplit(url)
        self.url = url
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 554), timeout=timeout_s)
        self.session = ""
        self._cseq = 0
        self._pending = b""
        self._packets: list[tuple[int, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, method: str, url: str = "", **headers: str) -> Answer:
        """Send a request and return its answer; pictures that arrive before it are kept."""
        self.send(method, url, **headers)
        while True:
            item = self._read()
            if isinstance(item, Answer):
                return item
            self._packets.append(item)

    def send(self, method: str, url: str = "", **headers: str) -> None:
        """Send a request and do not wait."""
        self._cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self._cseq}"]
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def play(self) -> Answer:
        """Set up and play; return the answer to PLAY."""
        set_up = self.ask("SETUP", f"{self.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert set_up.code == 200, set_up
        self.session = set_up.headers["session"].partition(";")[0]
        return self.ask("PLAY")

    def read_packet(self) -> RtpPacket | SenderReport:
        """Return the next packet of either channel."""
        while True:
            item = self._packets.pop(0) if self._packets else self._read()
            if isinstance(item, Answer):
                continue
            channel, packet = item
            return _read_rtp(packet) if channel == 0 else _read_report(packet)

    def read_picture(self) -> list[RtpPacket]:
        """Return the packets of one access unit: up to a marker, or to the end of its timestamp when that is lost."""
        picture: list[RtpPacket] = []
        while True:
            packet = self.read_packet()
            if isinstance(packet, RtpPacket):
                picture.append(packet)
                if packet.marker:
                    return picture

    def _read(self) -> Answer | tuple[int, bytes]:
        if self._peek(1) == b"$":
            channel, size = struct.unpack(">BH", self._peek(4)[1:])
            packet = self._peek(4 + size)[4:]
            self._pending = self._pending[4 + size :]
            return channel, packet
        while b"\r\n\r\n" not in self._pending:
            self._more()
        head, _, self._pending = self._pending.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", "0"))
        body = self._peek(size)
        self._pending = self._pending[size:]
        return Answer(code=int(first.split(" ")[1]), headers=headers, body=body)

    def _peek(self, size: int) -> bytes:
        while len(self._pending) < size:
            self._more()
        return self._pending[:size]

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self._pending += piece


def _read_rtp(packet: bytes) -> RtpPacket:
    version, kind, sequence, timestamp, ssrc = struct.unpack(">BBHII", packet[:12])
    assert version == 0x80, f"RTP header {packet[:12].hex()}"
    assert kind & 0x7F == 96, f"payload type {kind & 0x7F}"
    return RtpPacket(marker=bool(kind & 0x80), sequence=sequence, timestamp=timestamp, ssrc=ssrc, payload=packet[12:])


def _read_report(packet: bytes) -> SenderReport:
    version, kind, _, ssrc, whole, fraction, timestamp, packets, octets = struct.unpack(">BBHIIIIII", packet[:28])
    assert (version & 0xC0, kind) == (0x80, 200), f"RTCP header {packet[:4].hex()}"
    return SenderReport(
        ssrc=ssrc,
        utc_s=whole - 2_208_988_800 + fraction / 2**32,
        timestamp=timestamp,
        packets=packets,
        octets=octets,
    )
