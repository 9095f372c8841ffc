"""The demo's children end with it, whatever they do."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from patrol_cli.demo.processes import ProgramFailedError, Programs, says
from tests.support.waiting import wait_until

STUBBORN = textwrap.dedent(
    """
    import json, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(json.dumps({"event": "stubborn_ready", "child": child.pid}), flush=True)
    time.sleep(60)
    """
)


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.fixture
def stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that ignores SIGTERM and has a child of its own."""
    (tmp_path / "stubborn_program.py").write_text(STUBBORN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    return "stubborn_program"


def test_a_program_that_ignores_the_request_is_killed_with_its_children_in_time(tmp_path: Path, stubborn: str) -> None:
    programs = Programs(tmp_path / "logs")
    with programs:
        program = programs.start("stubborn", stubborn, [])
        ready = programs.await_ready(program, says("stubborn_ready"), within_s=10)
        began = time.monotonic()
    assert time.monotonic() - began < 3.0
    assert not program.alive
    wait_until(lambda: _gone(ready["child"]), within_s=2, what="the grandchild is gone")


def test_a_program_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with Programs(tmp_path / "logs") as programs:
        program = programs.start("nonsense", "no_such_module_here", [])
        with pytest.raises(
            ProgramFailedError, match=r"(?s)nonsense ended with code 1.*No module named no_such_module_here"
        ):
            programs.await_ready(program, says("never"), within_s=10)


def test_children_end_when_the_demo_itself_is_killed(tmp_path: Path, stubborn: str) -> None:
    """SIGKILL leaves no time to clean up; the kernel does it (for children that listen to SIGTERM)."""
    sleeper = tmp_path / "sleeper_program.py"
    sleeper.write_text('import json, time\nprint(json.dumps({"event": "ready"}), flush=True)\ntime.sleep(60)\n')
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                f"""
                import pathlib, time
                from patrol_cli.demo.processes import Programs, says
                programs = Programs(pathlib.Path({str(tmp_path)!r}) / "logs")
                program = programs.start("sleeper", "sleeper_program", [])
                programs.await_ready(program, says("ready"), within_s=10)
                print(program.process.pid, flush=True)
                time.sleep(60)
                """
            ),
        ],
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait(timeout=5)
    parent.stdout.close()
    wait_until(lambda: _gone(child), within_s=3, what="the child of a killed demo is gone")
