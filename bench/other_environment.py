"""Environments for what only a bench compares with: made by pip below the temporary folder, no part of the product.

Owns making them and asking a script in one of them. Such a script imports nothing of ours, reads one JSON document
from standard input and writes one to standard output.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def python_with(name: str, wanted: Sequence[str]) -> Path:
    """Return the interpreter of the environment ``name`` that holds ``wanted`` (pip's words); makes it if need be."""
    folder = Path(tempfile.gettempdir()) / f"patrol-bench-{name}"
    python = folder / "bin" / "python"
    done = folder / "installed.json"
    if not done.is_file() or json.loads(done.read_text(encoding="utf-8")) != list(wanted):
        print(f"installing {', '.join(wanted)} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)  # own list
        done.write_text(json.dumps(list(wanted)), encoding="utf-8")
    return python


def ask(python: Path, script: Path, asked: object, *, within_s: float) -> Any:
    """Run the script and return its answer; SystemExit with its last words when it fails or takes too long."""
    try:
        answer = subprocess.run(  # our own script
            [str(python), str(script)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{script.name} did not answer within {within_s:g} s") from None
    if answer.returncode != 0:
        raise SystemExit(f"{script.name} failed:\n{answer.stderr[-2000:]}")
    return json.loads(answer.stdout)
