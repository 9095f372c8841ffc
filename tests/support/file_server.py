"""A real HTTP server for one file, with range support and the faults of real mirrors."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class FileServer(ThreadingHTTPServer):
    """Serves ``content`` under any path; faults are set by the test."""

    content = b""
    cut_after: int | None = None
    """Close the connection after so many bytes of the next answer, once."""
    answer_code: int | None = None
    ranges = True
    seen_ranges: list[str | None]

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.seen_ranges.append(asked)
        if self.server.answer_code is not None:
            self.send_error(self.server.answer_code)
            return
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked and self.server.ranges else 0
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header(
                "Content-Range", f"bytes {start}-{len(self.server.content) - 1}/{len(self.server.content)}"
            )
        self.end_headers()
        cut, self.server.cut_after = self.server.cut_after, None
        self.wfile.write(body if cut is None else body[:cut])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""


@contextmanager
def file_server(content: bytes) -> Iterator[FileServer]:
    """Run a server on a free port of this machine for the time of the block."""
    server = FileServer(("127.0.0.1", 0), _Handler)
    server.content = content
    server.seen_ranges = []
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(timeout=5.0)
        server.server_close()
