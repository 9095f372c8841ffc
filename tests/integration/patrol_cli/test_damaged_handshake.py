"""A handshake damaged on the way must not leave a terminal or a consumer deaf: libzmq gives such a socket up."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from patrol_cli.counts_loop import CountsLoop
from patrol_cli.counts_totals import Totals
from patrol_cli.key_files import fresh_pair
from patrol_cli.terminal_loop import TerminalLoop
from patrol_cli.terminal_state import TerminalStateFile
from relay.ops.clock import MachineClock
from tests.support.waiting import wait_until


class Babbler:
    """Answers every connection with bytes that are no ZMTP, and counts them."""

    def __init__(self) -> None:
        self.connections = 0
        self._ending = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                self.connections += 1
                connection.settimeout(0.5)
                connection.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00NOPE" + bytes(64))
                try:
                    while connection.recv(1024):
                        pass
                except (TimeoutError, ConnectionError):
                    continue

    def close(self) -> None:
        self._ending.set()
        self._thread.join(5)
        self._listener.close()


@contextmanager
def _terminal(endpoints: tuple[str, ...], folder: Path) -> Iterator[Callable[[], object]]:
    pair, relay = fresh_pair("unit-1"), fresh_pair("centre")
    loop = TerminalLoop(
        endpoints=endpoints,
        relay_key=relay.public_key,
        pair=pair,
        state=TerminalStateFile(folder / "unit.state", node=pair.node),
        clock=MachineClock(),
        show=lambda _told, _book: None,
    )
    try:
        yield lambda: loop.turn(within_s=0.01)
    finally:
        loop.close()


@contextmanager
def _consumer(endpoints: tuple[str, ...], _folder: Path) -> Iterator[Callable[[], object]]:
    pair, relay = fresh_pair("index-1"), fresh_pair("centre")
    loop = CountsLoop(
        endpoints=endpoints,
        relay_key=relay.public_key,
        pair=pair,
        totals=Totals(),
        keep=lambda _totals: None,
        clock=MachineClock(),
    )
    try:
        yield loop.turn
    finally:
        loop.close()


@pytest.mark.parametrize("client", [_terminal, _consumer])
def test_a_client_comes_again_after_a_damaged_handshake(client: Callable[..., object], tmp_path: Path) -> None:
    babbler = Babbler()
    try:
        with client((babbler.endpoint,), tmp_path) as turn:  # type: ignore[attr-defined]  # both are context managers

            def came_again() -> bool:
                turn()
                return babbler.connections >= 3

            wait_until(came_again, within_s=15, what="the client connects a third time")
    finally:
        babbler.close()


@pytest.mark.parametrize("client", [_terminal, _consumer])
def test_a_client_that_knows_two_relays_tries_the_other_when_one_is_silent(
    client: Callable[..., object], tmp_path: Path
) -> None:
    one, other = Babbler(), Babbler()
    try:
        with client((one.endpoint, other.endpoint), tmp_path) as turn:  # type: ignore[attr-defined]  # context managers

            def tried_both_again() -> bool:
                turn()
                return one.connections >= 2 and other.connections >= 1

            wait_until(tried_both_again, within_s=15, what="the client goes to the other and comes back")
    finally:
        one.close()
        other.close()
