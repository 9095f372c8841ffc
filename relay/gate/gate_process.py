"""A gate as its parent sees it: how it is started, asked to end and started again."""

import os
import subprocess
import sys
from typing import Final

from relay.gate.gate_settings import GateSettings

END_WITHIN_S: Final = 1.5
_ALLOCATOR: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TOP_PAD_": str(16 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}
"""glibc gives libzmq's thread an arena of its own and grows it by a call to the kernel every few pages, which costs a
tenth of a storm of handshakes, and reserves 64 MiB for it of the memory the gate may take."""


def gate_command(settings: GateSettings) -> list[str]:
    """Return the command line of a gate that ends with the calling process."""
    return [
        *(sys.executable, "-m", "relay.gate"),
        *("--role", settings.role.value),
        *("--bind", settings.bind),
        *("--inside", settings.inside),
        *("--key-file", str(settings.key_file)),
        *("--peers-file", str(settings.peers_file)),
        *("--handshake-ms", str(settings.handshake_ms)),
        *("--memory-mb", str(settings.memory_mb)),
        *(("--media-dir", str(settings.media_dir)) if settings.media_dir is not None else ()),
        *("--media-bytes-per-s", str(settings.media_bytes_per_s)),
        *(() if settings.paced else ("--unpaced",)),
        *("--parent-pid", str(os.getpid())),
    ]


class GateProcess:
    """One gate process; the supervisor polls ``exit_code`` and calls ``start`` again when it is not None."""

    def __init__(self, settings: GateSettings) -> None:
        self.settings = settings
        self.starts = 0
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it was started."""
        return self._child.pid if self._child is not None else None

    @property
    def running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs or was never started. 2 means its arguments are wrong: do not repeat."""
        return self._child.poll() if self._child is not None else None

    def start(self) -> None:
        """Start it; its log goes to this process's stderr."""
        if self.running:
            raise RuntimeError(f"gate {self.settings.role} runs already as process {self.pid}")
        self.starts += 1
        environment = _ALLOCATOR | os.environ
        self._child = subprocess.Popen(gate_command(self.settings), stdin=subprocess.DEVNULL, env=environment)

    def stop(self) -> None:
        """Ask it to end, kill it when it does not within END_WITHIN_S; returns when it is gone."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def kill(self) -> None:
        """End it at once, as a crash would (drills and tests)."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
