"""What tests of capture share: a sink that remembers, and TCP servers that behave badly."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from edge_agent.capture.camera_thread import LinkChange
from edge_agent.capture.frames import Frame
from edge_agent.core.camera_link import LinkState


class FrameCollector:
    """A sink that keeps every frame it is offered."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._frames: list[Frame] = []

    def offer(self, frame: Frame) -> None:
        """Keep the frame."""
        with self._lock:
            self._frames.append(frame)

    @property
    def frames(self) -> list[Frame]:
        """The frames so far, in the order of their offering."""
        with self._lock:
            return list(self._frames)


class LinkDiary:
    """Keeps the changes of a camera's link; give ``note`` as ``on_link``."""

    def __init__(self) -> None:
        self.changes: list[LinkChange] = []

    def note(self, change: LinkChange) -> None:
        """Keep the change."""
        self.changes.append(change)

    def states(self) -> list[LinkState]:
        """The states entered so far, each run of the same one once."""
        entered: list[LinkState] = []
        for change in list(self.changes):
            if not entered or entered[-1] is not change.state:
                entered.append(change.state)
        return entered

    def last(self, state: LinkState) -> LinkChange | None:
        """The latest change into ``state``."""
        return next((change for change in reversed(list(self.changes)) if change.state is state), None)


@contextmanager
def tcp_server(serve: Callable[[socket.socket, Event], None]) -> Iterator[int]:
    """Run ``serve(connection, ended)`` for each connection in a daemon thread of its own; yields the port."""
    ended = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            Thread(target=guarded, args=(connection,), daemon=True).start()

    def guarded(connection: socket.socket) -> None:
        try:
            serve(connection, ended)
        except OSError:
            return  # the camera under test hung up

    Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.close()
        for connection in connections:
            connection.close()


def say_nothing(connection: socket.socket, ended: Event) -> None:
    """Accept, read what comes, never answer."""
    connection.settimeout(0.2)
    while not ended.is_set():
        try:
            if not connection.recv(4096):
                return
        except TimeoutError:
            continue


def answer_everything_with(reply: bytes) -> Callable[[socket.socket, Event], None]:
    """Return a server that sends ``reply`` after whatever it receives."""

    def serve(connection: socket.socket, ended: Event) -> None:
        connection.settimeout(0.2)
        while not ended.is_set():
            try:
                if not connection.recv(4096):
                    return
            except TimeoutError:
                continue
            connection.sendall(reply)

    return serve


def rtsp_refusing(status_line: str) -> Callable[[socket.socket, Event], None]:
    """Return an RTSP server that answers OPTIONS and refuses everything else with ``status_line``."""

    def serve(connection: socket.socket, ended: Event) -> None:
        connection.settimeout(0.2)
        while not ended.is_set():
            try:
                request = connection.recv(4096).decode()
            except TimeoutError:
                continue
            if not request:
                return
            number = next(line for line in request.split("\r\n") if line.startswith("CSeq"))
            answer = "200 OK\r\nPublic: DESCRIBE" if request.startswith("OPTIONS") else status_line
            connection.sendall(f"RTSP/1.0 {answer}\r\n{number}\r\n\r\n".encode())

    return serve
