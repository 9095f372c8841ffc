"""The memory a gate may take: a peer can push hundreds of megabytes past every queue limit of libzmq.

It does so in one message of many frames; then this process dies, and only this one.
"""

import resource
from pathlib import Path

from relay.gate.gate_settings import memory_mb_for


class MemoryCap:
    """Limits this process's address space to what it had at its start, the allowance and what its peers need."""

    def __init__(self, memory_mb: int) -> None:
        """Take the measure and set the limit for no peers yet; ``memory_mb`` 0 means no limit."""
        self._memory_mb = memory_mb
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        self._before = pages * resource.getpagesize()
        self.fit(0)

    def fit(self, peers: int) -> None:
        """Follow the number of listed peers."""
        if self._memory_mb:
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            limit = self._before + memory_mb_for(self._memory_mb, peers) * 1024 * 1024
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
