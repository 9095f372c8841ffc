"""Child processes of the agent: started with a channel, dead when their parent is, whatever killed it.

Owns ChildProcess (the parent's side) and ``stand_by_parent`` (the child's). When to start one again is the user's
decision. A child keeps running while its parent wants it: Ctrl-C and SIGTERM reach a whole group of processes, so a
child leaves both to its parent and ends when the channel does.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from edge_agent.ops.channel import Channel

_END_WITHIN_S: Final = 0.5


class ChildProcess:
    """One started child; a new one is made for each start."""

    def __init__(self, module: str, *, setup: bytes, shared: Sequence[int] = (), nice: int = 0) -> None:
        """Start ``python -m module CHANNEL LIFE SHARED…`` with ``setup`` on its standard input.

        ``shared`` are descriptors of shared memory that the child inherits. The child's log goes to our standard error.
        Raises OSError when the machine has no room for a process.
        """
        self.channel, theirs = Channel.pair()
        life, self._life = os.pipe()
        inherited = (theirs.fileno(), life, *shared)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(nice), *(str(number) for number in inherited)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=inherited,
            )
        except OSError:
            self.channel.close()
            os.close(self._life)
            raise
        finally:
            theirs.close()
            os.close(life)
        self._give(setup)

    def _give(self, setup: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - PIPE was asked for
        try:
            self._process.stdin.write(setup)
            self._process.stdin.close()
        except BrokenPipeError:  # it ended already; whoever uses the channel is told
            return

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: by that signal); None while it runs."""
        return self._process.poll()

    def end(self, *, within_s: float = _END_WITHIN_S) -> int:
        """Hang up, wait, kill what does not end; returns how it ended. May be called again."""
        self.channel.hang_up()
        try:
            code = self._process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.channel.close()
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        return code

    def kill(self) -> int:
        """End it at once, because it hangs; returns how it ended."""
        self._process.kill()
        return self.end()


def stand_by_parent(arguments: Sequence[str]) -> tuple[Channel, list[int], bytes]:
    """Take up what ChildProcess handed over: the channel, shared descriptors, the setup. Called first in a child.

    From now on the process ends at once when its parent does, even while it is stuck in a native library.
    """
    nice, channel, life, *shared = (int(text) for text in arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(nice)
    threading.Thread(target=_end_with, args=(life,), name="life", daemon=True).start()
    return Channel.of_descriptor(channel), shared, sys.stdin.buffer.read()


def _end_with(life: int) -> None:
    """Wait until nobody holds the other end of the pipe any more."""
    os.read(life, 1)
    os._exit(0)
