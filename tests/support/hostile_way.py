"""A TCP way that can be stalled, cut and corrupted, between a test's client and its server."""

import json
import socket
import subprocess
import sys
from typing import Any


class Way:
    """The nemesis's proxy as a process, with one line to a port of this machine."""

    def __init__(self, to_port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "patrol_cli.nemesis.proxy", "--seed", "1", "--line", "peer", str(to_port), "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port: int = self._read()["ports"]["peer"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def order(self, **fields: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"line": "peer", **fields}) + "\n")
        self._process.stdin.flush()
        assert self._read()["event"] == "proxy_did"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def close(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        code = self._process.wait(5)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code
