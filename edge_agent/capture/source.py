"""Opening a camera or a file with FFmpeg, and saying in one sentence why it did not open.

Owns the addresses (credentials go in quoted and never come out again), libav's options and the classification of its
errors. Blocking calls end by libav's own socket timeouts; PyAV's ``timeout=`` is never used, because its callback
takes the GIL at every poll. A hostile peer can still hold a call for ever (one that answers every message with another
message): callers run on a daemon thread that they are ready to abandon.
"""

import socket
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.ring import StreamShape
from edge_agent.core.link_failures import Failure, FailureKind

ANALYSE_US: Final = 2_000_000
"""How much of a stream libav may read to learn its shape; it is delivered afterwards, nothing is lost."""
TIMEOUT_SHARE: Final = 0.9
"""libav reports a reply that never came as invalid data: when so much of the timeout has passed, it was silence."""


def public_url(url: str) -> str:
    """Return the URL without credentials and query: the only form that may be logged or shown."""
    try:
        parts = urlsplit(url)
        if not parts.netloc:
            return url
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return "(an address that cannot be read)"


def private_url(camera: CameraSource) -> str:
    """Return the URL that libav opens, with the camera's credentials percent-encoded into it."""
    parts = urlsplit(camera.url)
    if not camera.username or not parts.netloc:
        return camera.url
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(camera.username, safe='')}:{quote(camera.password, safe='')}"
    return urlunsplit((parts.scheme, f"{login}@{host}", parts.path, parts.query, parts.fragment))


def options_for(url: str, *, timeout_s: float) -> dict[str, str]:
    """Return libav's options for an address; every blocking read and write ends after ``timeout_s``."""
    timeout_us = str(round(timeout_s * 1_000_000))
    options = {"analyzeduration": str(ANALYSE_US)}
    match urlsplit(url).scheme:
        case "rtsp" | "rtsps":
            options |= {"rtsp_transport": "tcp", "timeout": timeout_us, "allowed_media_types": "video"}
            options["fpsprobesize"] = "0"  # guessing the frame rate held every connection back by 2 s, for nothing
        case "" | "file":
            pass
        case _:
            options |= {"timeout": timeout_us, "rw_timeout": timeout_us}
    return options


class OpenSource:
    """An open container with its one video stream; owned by the thread that opened it."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self.stream = stream
        stream.codec_context.thread_count = 1  # more threads cost up to half as much CPU again
        stream.codec_context.thread_type = "NONE"

    @property
    def shape(self) -> StreamShape:
        """What the container knows of the stream by now."""
        context = self.stream.codec_context
        assert self.stream.time_base is not None  # noqa: S101 - libav sets it for every stream of an input
        return StreamShape(
            codec_name=context.name,
            width=context.width,
            height=context.height,
            time_base=self.stream.time_base,
            extradata=context.extradata or b"",
        )

    @property
    def start_ticks(self) -> int | None:
        """The first timestamp as the container declares it."""
        return self.stream.start_time

    @property
    def duration_s(self) -> float | None:
        """Length of a file; None for a live stream or an unknown one."""
        if self.stream.duration is not None and self.stream.time_base is not None:
            return float(self.stream.duration * self.stream.time_base)
        return self._container.duration / av.time_base if self._container.duration is not None else None

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Yield the video stream's packets; ends at the end of the stream. Raises av.error.FFmpegError."""
        for packet in self._container.demux(self.stream):
            if packet.size:
                yield packet

    def close(self) -> None:
        """Give the connection back; says TEARDOWN to an RTSP server."""
        self._container.close()


def open_source(camera: CameraSource, *, timeout_s: float, instant: Callable[[], float]) -> OpenSource | Failure:
    """Open the camera's address; return the source, or why not. Blocks for a few ``timeout_s`` at most as a rule."""
    refusal = _check_address(camera)
    if refusal is not None:
        return refusal
    began_s = instant()
    try:
        container = av.open(private_url(camera), mode="r", options=options_for(camera.url, timeout_s=timeout_s))
    except av.error.FFmpegError as error:
        return classify(error, camera, waited_s=instant() - began_s, timeout_s=timeout_s)
    except (ValueError, UnicodeError) as error:
        return Failure(kind=FailureKind.BAD_ADDRESS, sentence=f"{public_url(camera.url)}: {error}; correct the url")
    if not container.streams.video:
        container.close()
        return Failure(
            kind=FailureKind.NO_VIDEO_STREAM,
            sentence=f"{public_url(camera.url)} carries no video stream; give the address of the camera's picture",
        )
    stream = container.streams.video[0]
    context: object = stream.codec_context
    if context is None:  # typed as always present, yet libav may lack the decoder
        container.close()
        return Failure(
            kind=FailureKind.NO_VIDEO_STREAM,
            sentence=f"{public_url(camera.url)}: this build of FFmpeg cannot decode its video; choose H.264 or H.265",
        )
    return OpenSource(container, stream)


def _check_address(camera: CameraSource) -> Failure | None:
    try:
        parts = urlsplit(camera.url)
        port = parts.port
    except ValueError as error:
        return Failure(kind=FailureKind.BAD_ADDRESS, sentence=f"the url cannot be read: {error}; correct it")
    if "\0" in camera.url or (parts.scheme in ("rtsp", "rtsps", "http", "https") and (not parts.hostname or port == 0)):
        return Failure(
            kind=FailureKind.BAD_ADDRESS, sentence=f"{public_url(camera.url)!r} names no host and port; correct the url"
        )
    return None


def classify(error: av.error.FFmpegError, camera: CameraSource, *, waited_s: float, timeout_s: float) -> Failure:
    """Return what an error of libav means for this camera. The error's own text is never used: it holds the URL."""
    where = public_url(camera.url)
    kind, what = next(
        ((kind, what) for error_type, kind, what in _MEANINGS if isinstance(error, error_type)),
        (FailureKind.LOST, f"FFmpeg says: {error.strerror}"),
    )
    if kind is FailureKind.NOT_A_VIDEO and not camera.is_file and waited_s >= TIMEOUT_SHARE * timeout_s:
        kind, what = FailureKind.TIMED_OUT, f"accepted the connection but said nothing for {waited_s:.0f} s"
    elif isinstance(error, av.error.InvalidDataError) and not camera.is_file:
        # libav says the same of an answer that a restarting camera broke off: that mends itself.
        kind, what = FailureKind.LOST, "broke off its answer, or what it sends is no video"
    if kind is FailureKind.LOST and not camera.is_file and not _resolves(camera.url):
        kind, what = FailureKind.NO_SUCH_HOST, "the host name is not known; check its spelling and the name server"
    if kind is FailureKind.UNAUTHORISED and not camera.username and "@" not in urlsplit(camera.url).netloc:
        what = "wants a user name and a password; set username and password_file"
    return Failure(kind=kind, sentence=f"{where}: {what}")


def _resolves(url: str) -> bool:
    host = urlsplit(url).hostname
    if not host:
        return True
    try:
        return bool(socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False


_K = FailureKind
_MEANINGS: Final[tuple[tuple[type[av.error.FFmpegError], FailureKind, str], ...]] = (
    (av.error.HTTPUnauthorizedError, _K.UNAUTHORISED, "refuses the user name or the password; correct them"),
    (av.error.HTTPForbiddenError, _K.FORBIDDEN, "forbids this user the stream; grant it on the camera"),
    (av.error.HTTPNotFoundError, _K.NOT_FOUND, "knows no such stream; correct the path in the url"),
    (av.error.HTTPServerError, _K.SERVER_ERROR, "answers with a server error; the camera may be starting"),
    (av.error.HTTPError, _K.SERVER_ERROR, "refuses the request"),
    (av.error.ConnectionRefusedError, _K.REFUSED, "the connection is refused; is the camera on, is the port right?"),
    (av.error.ConnectionResetError, _K.LOST, "the connection was reset"),
    (av.error.ConnectionAbortedError, _K.LOST, "the connection was aborted"),
    (av.error.BrokenPipeError, _K.LOST, "the connection was closed"),
    (av.error.TimeoutError, _K.TIMED_OUT, "no answer in time; is the address right, is the network up?"),
    (av.error.BlockingIOError, _K.TIMED_OUT, "no answer in time; is the address right, is the network up?"),
    (av.error.FileNotFoundError, _K.NOT_FOUND, "no such file; correct the path"),
    (av.error.IsADirectoryError, _K.NOT_FOUND, "is a folder, not a video; give the path of a file"),
    (av.error.NotADirectoryError, _K.NOT_FOUND, "no such file; correct the path"),
    (av.error.PermissionError, _K.FORBIDDEN, "may not be read by this program; change its permissions"),
    (
        av.error.ProtocolNotFoundError,
        _K.BAD_ADDRESS,
        "FFmpeg knows no such protocol; use rtsp:// or the path of a file",
    ),
    (av.error.DemuxerNotFoundError, _K.NOT_A_VIDEO, "FFmpeg knows no such format"),
    (av.error.DecoderNotFoundError, _K.NOT_A_VIDEO, "FFmpeg has no decoder for it; choose H.264 or H.265"),
    (av.error.InvalidDataError, _K.NOT_A_VIDEO, "is not a video, or a broken one"),
    (av.error.ArgumentError, _K.BAD_ADDRESS, "FFmpeg rejects the address; correct the url"),
    (av.error.EOFError, _K.ENDED, "the stream ended"),
)
