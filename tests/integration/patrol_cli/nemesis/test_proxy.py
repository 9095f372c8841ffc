"""The hostile way as a process: bytes pass, stall, change, and connections die, as they were told to."""

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest

from tests.support.hostile_way import Way
from tests.support.waiting import wait_until

TEXT = bytes(range(256)) * 8


class Echo:
    """A gate that sends back what it gets; one thread per connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.ended = 0
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while chunk := connection.recv(65_536):
                    connection.sendall(chunk)
            except ConnectionError:
                pass
        self.ended += 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


@pytest.fixture
def way(echo: Echo) -> Iterator[Way]:
    made = Way(echo.port)
    yield made
    assert made.close() == 0


def _echoed(peer: socket.socket, text: bytes = TEXT) -> bytes:
    peer.sendall(text)
    got = b""
    while len(got) < len(text):
        chunk = peer.recv(65_536)
        if not chunk:
            break
        got += chunk
    return got


def test_bytes_pass_unchanged_in_calm_weather_and_a_cut_ends_the_connection(way: Way) -> None:
    with closing(way.connect()) as peer:
        assert _echoed(peer) == TEXT
        way.order(cut=True)
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
    with closing(way.connect()) as peer:
        assert _echoed(peer) == TEXT


def test_a_stalled_way_delivers_nothing_and_everything_afterwards(way: Way) -> None:
    with closing(way.connect()) as peer:
        assert _echoed(peer) == TEXT
        way.order(weather={"stall_to_peer": True})
        peer.sendall(TEXT)
        peer.settimeout(0.3)
        with pytest.raises(TimeoutError):
            peer.recv(1)
        way.order(weather={})
        peer.settimeout(5)
        assert _echoed(peer, b"") == b""
        got = b""
        while len(got) < len(TEXT):
            got += peer.recv(65_536)
        assert got == TEXT


def test_corruption_turns_single_bits(way: Way) -> None:
    way.order(weather={"flip_share": 1.0})
    with closing(way.connect()) as peer:
        got = _echoed(peer)
        assert len(got) == len(TEXT)
        turned = sum((a ^ b).bit_count() for a, b in zip(got, TEXT, strict=True))
        assert 1 <= turned <= 64


def test_a_refusing_way_resets_what_is_there_and_what_comes(way: Way) -> None:
    with closing(way.connect()) as peer:
        assert _echoed(peer) == TEXT
        way.order(weather={"refuse": True})
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
    with pytest.raises(ConnectionError), closing(way.connect()) as peer:  # the reset may outrun the connect itself
        peer.recv(1)


def test_a_half_open_way_loses_the_gate_and_tells_the_peer_only_when_it_speaks(way: Way, echo: Echo) -> None:
    with closing(way.connect()) as peer:
        assert _echoed(peer) == TEXT
        way.order(weather={"half_open": True})
        wait_until(lambda: echo.ended == 1, within_s=5, what="the gate's end is gone")
        peer.settimeout(0.3)
        with pytest.raises(TimeoutError):
            peer.recv(1)
        way.order(weather={})
        with pytest.raises(TimeoutError):
            peer.recv(1)
        peer.settimeout(5)
        peer.sendall(b"hello?")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
