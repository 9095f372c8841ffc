"""Programs as child processes: started with a log file, awaited by their ready line, ended without a trace."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1
_POLL_S: Final = 0.05
STOP_WITHIN_S: Final = 2.5
"""All programs end within this time after they were asked; then they are killed."""


class ProgramFailedError(RuntimeError):
    """A program of the site ended or did not become ready; the text says which, and its last words."""


def _die_with_parent(death_signal: signal.Signals) -> None:
    """Ask the kernel to end this child when the parent itself is killed (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)


@dataclass(slots=True, kw_only=True)
class Program:
    """One running child. ``ready`` holds the fields of its ready line once it was seen."""

    name: str
    process: subprocess.Popen[bytes]
    log_path: Path
    ready: dict[str, Any]

    @property
    def alive(self) -> bool:
        """Tell whether the process still runs."""
        return self.process.poll() is None

    def lines(self) -> list[dict[str, Any]]:
        """Return every JSON line the program has printed so far; other output is left out."""
        found: list[dict[str, Any]] = []
        text = self.log_path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines(keepends=True):
            if line.startswith("{") and line.endswith("\n"):
                try:
                    found.append(json.loads(line))
                except json.JSONDecodeError:
                    continue
        return found

    def last_words(self, lines: int = 6) -> str:
        """Return the end of its log, for an error message."""
        return "\n".join(self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def says(event: str) -> Callable[[dict[str, Any]], bool]:
    """Return the test for a log line with this event name."""
    return lambda line: line.get("event") == event


class Programs:
    """All children of one site; a context manager that ends every one of them, whatever happened.

    ``death_signal`` is what they get when this process is killed; SIGKILL also ends those that are stopped.
    """

    def __init__(self, log_dir: Path, *, death_signal: signal.Signals = signal.SIGTERM) -> None:
        self._log_dir = log_dir
        self._death_signal = death_signal
        self._programs: list[Program] = []
        log_dir.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Programs":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, module: str, arguments: Sequence[str], *, stdin: int = subprocess.DEVNULL) -> Program:
        """Start ``python -m module arguments`` with its output in ``logs/name.log``."""
        log_path = self._log_dir / f"{name}.log"
        with log_path.open("ab") as log_file:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=stdin,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C reaches the demo alone, which ends the others in order
                preexec_fn=partial(_die_with_parent, self._death_signal),  # single-threaded at this point
            )
        program = Program(name=name, process=process, log_path=log_path, ready={})
        self._programs.append(program)
        return program

    def await_ready(
        self, program: Program, ready: Callable[[dict[str, Any]], bool], *, within_s: float
    ) -> dict[str, Any]:
        """Return the first JSON line for which ``ready`` holds.

        Raises ProgramFailedError when the program ends first or the time is over.
        """
        deadline = time.monotonic() + within_s
        pause = Event()
        while time.monotonic() < deadline:
            for line in program.lines():
                if ready(line):
                    program.ready = line
                    return line
            if not program.alive:
                code = program.process.returncode
                raise ProgramFailedError(
                    f"{program.name} ended with code {code}; its log says:\n{program.last_words()}"
                )
            pause.wait(_POLL_S)
        last = program.last_words()
        raise ProgramFailedError(f"{program.name} was not ready within {within_s:.0f} s; its log says:\n{last}")

    def all(self) -> list[Program]:
        """Return every program that was started, in order."""
        return list(self._programs)

    def fallen(self) -> list[Program]:
        """Return the programs that ended without being asked."""
        return [program for program in self._programs if not program.alive]

    def stop(self) -> None:
        """Ask all to end at once, newest first, and kill what has not ended in time."""
        running = [program for program in reversed(self._programs) if program.alive]
        for program in running:
            program.process.send_signal(signal.SIGTERM)
        for program in self._programs:
            if program.process.stdin is not None:
                with suppress(BrokenPipeError):
                    program.process.stdin.close()
        deadline = time.monotonic() + STOP_WITHIN_S
        for program in running:
            try:
                program.process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # The whole session: a relay that had to be killed must not leave its gates behind.
                os.killpg(program.process.pid, signal.SIGKILL)
                program.process.wait(timeout=5)
