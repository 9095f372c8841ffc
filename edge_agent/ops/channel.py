"""Whole messages between this program and a child process of its own, over a Unix socket pair.

Owns Channel. ``SOCK_SEQPACKET`` keeps the borders of messages and their order, and tells the end of the other side at
once, so nothing has to be framed here. The bytes are the users' (``detect/messages.py``).
"""

import select
import socket
from contextlib import suppress
from typing import Final

MOST_BYTES: Final = 128 * 1024
"""A longer message may not fit into the kernel's buffer, whatever else waits there."""


class ChannelClosedError(Exception):
    """The other side has gone: it ended, or was ended.

    Class: retryable; whoever keeps the child starts it again.
    """


class Channel:
    """One end; one thread sends, one thread receives (they may be two)."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        # A timeout of the socket would hold for the other thread's sending, too.
        link.setblocking(True)
        # Reused: to ask for room for the longest message each time maps and unmaps memory for it.
        self._taken = bytearray(MOST_BYTES)
        self._arrival = select.poll()
        self._arrival.register(link, select.POLLIN)

    @classmethod
    def pair(cls) -> "tuple[Channel, Channel]":
        """Return both ends; the second is for the child."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(ours), cls(theirs)

    @classmethod
    def of_descriptor(cls, descriptor: int) -> "Channel":
        """Return the end that was handed to this process at its start."""
        return cls(socket.socket(fileno=descriptor))

    def fileno(self) -> int:
        """Return the descriptor, for ``select`` and for handing on."""
        return self._link.fileno()

    def send(self, message: bytes) -> None:
        """Send one message of at most MOST_BYTES; raises ChannelClosedError, ValueError when it is too long.

        Blocks while the other side has not taken what was sent before: the users bound what may be under way.
        """
        if len(message) > MOST_BYTES:
            raise ValueError(f"a message of {len(message)} bytes is longer than {MOST_BYTES}; send it in parts")
        try:
            self._link.sendall(message)
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self, *, within_s: float | None) -> bytes | None:
        """Return the next message, or None when none came in time; None waits for ever. Raises ChannelClosedError."""
        try:
            message = self._waiting()
            if message is None and within_s != 0.0:
                if within_s is not None and not self._arrival.poll(1000.0 * within_s):
                    return None
                message = self._take(0)
        except OSError as error:
            raise ChannelClosedError(str(error)) from error
        if message is None:
            return None
        if not message:
            raise ChannelClosedError("the other side has ended")
        return message

    def _waiting(self) -> bytes | None:
        """Return the message that is there already, None without one: while much is said, nobody asks for it first."""
        try:
            return self._take(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def _take(self, flags: int) -> bytes:
        size = self._link.recv_into(self._taken, 0, flags)
        return bytes(memoryview(self._taken)[:size])

    def hang_up(self) -> None:
        """End the talk: whoever waits here or on the other side is told at once. May be called again."""
        with suppress(OSError):  # the other side was faster
            self._link.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give this process's hold on the end back; nobody may wait here any more.

        The other side is told when the last process that holds it has done so.
        """
        self._link.close()
