"""A web server of others on loopback: answers as the test says, and keeps everything it was sent."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    number: int
    """1 for the first."""


@dataclass(frozen=True)
class Reply:
    """What it answers. ``silent``: nothing, until the server ends."""

    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: bool = False


class WebReceiver:
    """Use as a context manager; ``answer`` decides each reply and may be replaced at any time."""

    def __init__(self, answer: Callable[[Received], Reply] = lambda _: Reply()) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self._lock = threading.Lock()
        self.ending = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                receiver._serve(self, self.rfile.read(length))

            def do_GET(self) -> None:
                receiver._serve(self, b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/told"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            received = Received(handler.path, headers, body, len(self.received) + 1)
            self.received.append(received)
        reply = self.answer(received)
        if reply.silent:
            self.ending.wait(30)
            handler.close_connection = True
            return
        try:
            handler.send_response(reply.code)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(reply.body)))
            handler.end_headers()
            handler.wfile.write(reply.body)
        except OSError:
            handler.close_connection = True  # the sender went away

    def wait(self, count: int, *, within_s: float = 5.0) -> list[Received]:
        """Wait until so many requests have arrived; return all of them."""
        wait_until(lambda: len(self.received) >= count, within_s=within_s, what=f"{count} requests arrive")
        return list(self.received)

    def __enter__(self) -> "WebReceiver":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)
