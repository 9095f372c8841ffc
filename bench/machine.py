"""On which machine, and how busy it was, a figure was seen: without this a figure says nothing."""

import os
import platform
import resource
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq

from relay.ops.clock import MachineClock

REPOSITORY = Path(__file__).parent.parent


def facts() -> dict[str, Any]:
    """Return what does not change while a bench runs."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libzmq": zmq.zmq_version(),
        "commit": _commit(),
        "at_us": MachineClock().now_us(),
    }


def load() -> list[float]:
    """Return the machine's load averages over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def allow_many_sockets() -> int:
    """Raise the limit of open files to what is allowed and return it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@dataclass(slots=True)
class Cost:
    """What a piece of work took; filled in when it ends."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    """CPU time of this process, all its threads: what neighbours on a busy machine do not change much."""

    def rates(self, count: int) -> dict[str, float]:
        """Return the pace of ``count`` pieces in this time."""
        return {
            "count": count,
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "per_s": round(count / self.wall_s),
            "per_cpu_s": round(count / self.cpu_s),
        }


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure what happens inside."""
    cost = Cost()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    yield cost
    cost.wall_s, cost.cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s


def disk_sync_ms(*, count: int = 300, size: int = 65_536) -> dict[str, float]:
    """Append to a file in the temporary folder and sync it each time; return what one sync takes."""
    took_ms: list[float] = []
    with tempfile.TemporaryFile() as file:
        for _ in range(count):
            file.write(os.urandom(size))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took_ms.append((time.perf_counter() - began) * 1_000)
    return {key: round(share(took_ms, part), 2) for key, part in (("p50", 0.5), ("p99", 0.99))}


def share(values: list[float], part: float) -> float:
    """Return the value below which ``part`` of all lie: the smallest for 0, the largest for 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"model name", "Model", "Hardware"}:
            return value.strip()
    return platform.machine()


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607  # the git of whoever measures
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
