"""Runs a real edge agent as a process of its own, as systemd and the demo do, and talks to its console."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


class AgentProcess:
    """One running agent."""

    def __init__(self, config: Path, *, state_dir: Path, log: Path) -> None:
        self._log = log
        port_file = state_dir / "console.port"
        port_file.unlink(missing_ok=True)  # a killed agent leaves it behind
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge_agent", "--config", str(config)],
                stderr=stream,
                stdout=stream,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        with contextlib.ExitStack() as undo:
            undo.callback(self._end)
            wait_until(lambda: self._listens(port_file), within_s=180, what="the console has a port")
            self.http = httpx.Client(base_url=f"http://127.0.0.1:{int(port_file.read_text())}", timeout=5.0)
            wait_until(self._answers, within_s=60, what="the console answers")
            undo.pop_all()

    def _listens(self, port_file: Path) -> bool:
        assert self.process.poll() is None, f"the agent ended at its start:\n{self.logged()}"
        return port_file.exists() and bool(port_file.read_text().strip())

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.http.get("/healthz").status_code == 200
        return False

    def state(self) -> Any:
        """Return GET /api/v1/state."""
        return self.http.get("/api/v1/state").json()

    def logged(self) -> str:
        """Return what the agent wrote."""
        return self._log.read_text(encoding="utf-8")

    def log_lines(self, name: str) -> list[dict[str, Any]]:
        """Return the log lines of one event name."""
        lines = [json.loads(line) for line in self.logged().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == name]

    def terminate(self) -> int:
        """End it as systemd does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(timeout=10)

    def close(self) -> None:
        """Let nothing behind, whatever the test did."""
        self.http.close()
        self._end()

    def _end(self) -> None:
        if self.process.poll() is None:
            self.kill()


@contextlib.contextmanager
def running_agent(config: Path, *, state_dir: Path, log: Path) -> Iterator[AgentProcess]:
    """Start an agent and end it with the test."""
    state_dir.mkdir(parents=True, exist_ok=True)
    agent = AgentProcess(config, state_dir=state_dir, log=log)
    try:
        yield agent
    finally:
        agent.close()
