"""The web's socket: small answers leave at once."""

import socket

from relay.app.doors import listen


def test_an_answer_in_two_pieces_does_not_wait_for_an_acknowledgement() -> None:
    """Without TCP_NODELAY the second piece of every answer of the desk waits up to 40 ms."""
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
