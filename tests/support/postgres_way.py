"""A way to PostgreSQL that breaks at the worst moments: before a COMMIT arrives, or after it was carried out."""

import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

_SOCKET: Final = ".s.PGSQL.5432"


class Break(Enum):
    """When the next commit's connection is cut."""

    BEFORE = "before"
    """The server never hears of the commit."""
    AFTER = "after"
    """The server has committed; the client never hears of it."""


class PostgresWay:
    """Passes connections on to a server's Unix socket; ``break_next`` cuts the one that commits next."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        host = parsed.query["host"]
        assert isinstance(host, str)
        self._target = str(Path(host) / _SOCKET)
        self._folder = Path(tempfile.mkdtemp(prefix="patrol-way-"))
        self.url = parsed.set(query={"host": str(self._folder)}).render_as_string(hide_password=False)
        self._lock = threading.Lock()
        self._break: Break | None = None
        self.broken = 0
        """How many connections were cut as ordered."""
        self._closing = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / _SOCKET))
        self._listener.listen(16)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    def break_next(self, moment: Break) -> None:
        """Cut the connection on which the next COMMIT is sent."""
        with self._lock:
            self._break = moment

    def close(self) -> None:
        """End all connections."""
        self._closing = True
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)
        shutil.rmtree(self._folder)

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._closing:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                self._open += [client, server]
                server.connect(self._target)
                told = threading.Event()
                for source, sink, forth in ((client, server, True), (server, client, False)):
                    thread = threading.Thread(target=self._pass, args=(source, sink, forth, told), daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _pass(self, source: socket.socket, sink: socket.socket, forth: bool, cut: threading.Event) -> None:
        with suppress(OSError):
            while chunk := source.recv(65_536):
                moment = self._order(chunk) if forth else None
                if moment is Break.BEFORE:
                    break
                if moment is Break.AFTER:
                    cut.set()  # before it is sent: the answer must not slip through
                if not forth and cut.is_set():
                    break
                sink.sendall(chunk)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _order(self, chunk: bytes) -> Break | None:
        with self._lock:
            if self._break is None or b"COMMIT" not in chunk:
                return None
            moment, self._break = self._break, None
            self.broken += 1
            return moment
