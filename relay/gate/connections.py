"""The TCP connection behind a message, and how to end it: libzmq has no call for that.

libzmq tells the descriptor a message came through (the private property ``__fd``, which ZMQ_SRCFD reads too).
Shutting it down makes libzmq see the end of the connection and clean up. A descriptor may have been closed and given
to another connection meanwhile: it is shut only while its far address is the one it had.
"""

import os
import socket
from typing import NamedTuple

import zmq


class Connection(NamedTuple):
    """A descriptor of this process with the far address it had."""

    fd: int
    far_end: object


def _far_end(fd: int) -> object:
    with socket.socket(fileno=os.dup(fd)) as known:
        return known.getpeername()


def connection_of(body: zmq.Frame) -> Connection | None:
    """Return the connection a message came through; None when it is gone already."""
    try:
        fd = int(body.get("__fd"))
        return Connection(fd, _far_end(fd))
    except (zmq.ZMQError, ValueError, OSError):
        return None


def end(connection: Connection) -> bool:
    """Shut the connection down; False when it was gone."""
    try:
        if _far_end(connection.fd) != connection.far_end:
            return False
        with socket.socket(fileno=os.dup(connection.fd)) as known:
            known.shutdown(socket.SHUT_RDWR)
    except OSError:
        return False
    return True
