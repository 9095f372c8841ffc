"""One RTSP connection: requests in, answers and pictures out. Runs on the server's event loop."""

import asyncio
import secrets
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import structlog

from patrol_sim.camera_stream import CameraStream
from patrol_sim.faults import Fault, RefuseWay
from patrol_sim.figures import ServerCounts
from patrol_sim.rtsp.answers import METHODS, build_answer
from patrol_sim.rtsp.digest import build_challenge, is_authorised
from patrol_sim.rtsp.requests import BadRequest, Interleaved, Request, RequestReader
from patrol_sim.rtsp.sdp import TRACK, build_sdp
from patrol_sim.rtsp.transport import choose_channels
from patrol_sim.session import PlaySession

_log = structlog.get_logger(__name__)
REALM: Final = "video-patrol-sim"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class Port:
    """What all connections of a server share."""

    cameras: Mapping[str, CameraStream]
    write_limit_bytes: int
    session_timeout_s: float
    max_connections: int
    counts: ServerCounts = field(default_factory=ServerCounts)
    open: "set[RtspConnection]" = field(default_factory=set)


class RtspConnection(asyncio.Protocol):
    """Owns one client's socket; holds at most one session."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._reader = RequestReader()
        self._transport: asyncio.Transport | None = None
        self._stream: CameraStream | None = None
        self._session: PlaySession | None = None
        self._nonce = secrets.token_hex(16)
        self.heard_s = asyncio.get_running_loop().time()

    # --- asyncio.Protocol -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket, or refuse it when the server is full."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"expected a stream transport, got {type(transport).__name__}")
        self._transport = transport
        self._port.counts.connections += 1
        if len(self._port.open) >= self._port.max_connections:
            self._port.counts.connections_refused_full += 1
            self.cut(reset=True)
            return
        self._port.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything about the client."""
        self._port.open.discard(self)
        self._transport = None
        self._end_session()

    def data_received(self, data: bytes) -> None:
        """Act on every request that is complete; the client's RTCP only shows that it is alive."""
        self.heard_s = asyncio.get_running_loop().time()
        for item in self._reader.feed(data):
            if self._transport is None or self._transport.is_closing():
                return
            if isinstance(item, BadRequest):
                self._port.counts.requests_bad += 1
                self._answer(item.code, item.cseq)
                self._close()
            elif not isinstance(item, Interleaved):
                self._act(item)

    # --- what sessions and the server ask -------------------------------------------------------------------

    def push(self, piece: bytes | bytearray) -> bool:
        """Write, unless the client has left more than the limit unread: then it is cut. False when it is gone."""
        if self._transport is None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() > self._port.write_limit_bytes:
            if self._stream is not None:
                self._stream.counts.clients_cut_slow += 1
                _log.warning("sim_client_cut", camera=self._stream.camera.name, reason="does not read")
            self.cut(reset=True)
            return False
        self._transport.write(piece)
        return True

    def cut(self, *, reset: bool) -> None:
        """Close now; what is still buffered is lost."""
        self._end_session()
        if self._transport is None:
            return
        if reset:
            sock = self._transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def cut_if_idle(self, now_s: float) -> None:
        """End a connection from which nothing was heard for the session timeout."""
        if now_s - self.heard_s > self._port.session_timeout_s and self._transport is not None:
            if self._stream is not None:
                self._stream.counts.clients_timed_out += 1
            self.cut(reset=False)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _end_session(self) -> None:
        if self._session is not None and self._stream is not None:
            self._stream.remove(self._session)
        self._session = None

    # --- requests -------------------------------------------------------------------------------------------

    def _answer(self, code: int, cseq: str | None, headers: Headers = (), body: bytes = b"") -> None:
        self.push(build_answer(code, cseq, headers, body))

    def _act(self, request: Request) -> None:
        if request.method not in METHODS:
            self._answer(501, request.cseq)
            return
        stream = self._find_stream(request)
        if stream is None:
            return
        self._stream = stream
        if Fault.SILENT in stream.faults or self._refused(stream, request):
            return
        if request.method == "OPTIONS":
            self._answer(200, request.cseq, (("Public", ", ".join(METHODS)),))
        elif self._authorised(stream, request):
            self._serve(stream, request)

    def _find_stream(self, request: Request) -> CameraStream | None:
        """Return the camera a request names; answers it itself when there is none."""
        if request.url == "*" and request.method == "OPTIONS":
            if self._stream is None:
                self._answer(200, request.cseq, (("Public", ", ".join(METHODS)),))
            return self._stream
        name = _camera_in(request.url)
        stream = self._port.cameras.get(name) if name is not None else None
        if stream is None or (self._session is not None and stream is not self._stream):
            self._port.counts.requests_unknown_camera += 1
            self._answer(404 if stream is None else 459, request.cseq)
            return None
        return stream

    def _refused(self, stream: CameraStream, request: Request) -> bool:
        active = stream.faults.get(Fault.REFUSE)
        if active is None:
            return False
        stream.counts.requests_refused += 1
        if active.value in (RefuseWay.UNAVAILABLE, RefuseWay.NOT_FOUND):
            self._answer(int(str(active.value)), request.cseq)
            self._close()
        else:
            self.cut(reset=active.value == RefuseWay.RESET)
        return True

    def _authorised(self, stream: CameraStream, request: Request) -> bool:
        header = request.headers.get("authorization")
        if is_authorised(stream.account, header=header, method=request.method, realm=REALM, nonce=self._nonce):
            return True
        stream.counts.requests_unauthorised += 1
        challenge = build_challenge(stream.account, realm=REALM, nonce=self._nonce)
        self._answer(401, request.cseq, (("WWW-Authenticate", challenge),))
        return False

    def _serve(self, stream: CameraStream, request: Request) -> None:
        match request.method:
            case "DESCRIBE":
                self._describe(stream, request)
            case "SETUP":
                self._set_up(stream, request)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._answer(200, request.cseq, self._session_header())
            case _ if self._session is None or not self._names_session(request):
                self._answer(454, request.cseq)
            case "PLAY":
                self._play(stream, self._session, request)
            case "PAUSE":
                self._session.playing = False
                self._answer(200, request.cseq, self._session_header())
            case "TEARDOWN":
                self._answer(200, request.cseq)
                self._end_session()
                self._close()
            case _:
                self._answer(405, request.cseq)

    def _describe(self, stream: CameraStream, request: Request) -> None:
        base = self._own_url(stream)
        body = build_sdp(
            title=stream.camera.name,
            codec=stream.media.codec,
            parameter_sets=stream.announced_sets,
            declared_fps=stream.declared_fps,
            host=urlsplit(base).hostname or "127.0.0.1",
            session=stream.camera.seed,
        )
        headers = (("Content-Base", base), ("Content-Type", "application/sdp"))
        self._answer(200, request.cseq, headers, body)

    def _set_up(self, stream: CameraStream, request: Request) -> None:
        if self._session is not None:
            self._answer(455, request.cseq)
            return
        channels = choose_channels(request.headers.get("transport", ""))
        if channels is None:
            self._answer(461, request.cseq)
            return
        self._session = PlaySession(self, channels, stream.counts, cname=f"{stream.camera.name}@{REALM}")
        stream.add(self._session)
        transport = (
            f"RTP/AVP/TCP;unicast;interleaved={channels.rtp}-{channels.rtcp};ssrc={self._session.ssrc:08X};mode=play"
        )
        self._answer(200, request.cseq, (("Transport", transport), *self._session_header()))

    def _play(self, stream: CameraStream, session: PlaySession, request: Request) -> None:
        if not session.playing:
            stream.join(session)
        track = f"{self._own_url(stream)}{TRACK}"
        rtp_info = f"url={track};seq={session.sequence};rtptime={stream.first_timestamp(session)}"
        self._answer(200, request.cseq, (*self._session_header(), ("RTP-Info", rtp_info)))

    def _session_header(self) -> Headers:
        if self._session is None:
            return ()
        return (("Session", f"{self._session.session_id};timeout={round(self._port.session_timeout_s)}"),)

    def _names_session(self, request: Request) -> bool:
        named = request.headers.get("session", "").partition(";")[0].strip()
        return self._session is not None and named == self._session.session_id

    def _own_url(self, stream: CameraStream) -> str:
        host, port = "127.0.0.1", 554
        if self._transport is not None:
            host, port = self._transport.get_extra_info("sockname")[:2]
        shown = f"[{host}]" if ":" in host else host
        return f"rtsp://{shown}:{port}/{stream.camera.name}/"


def _camera_in(url: str) -> str | None:
    """Return the camera a URL names; None when it is no URL of ours."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    parts = [part for part in path.split("/") if part]
    if len(parts) == 2 and parts[1] == TRACK:
        parts.pop()
    return parts[0] if len(parts) == 1 else None
