"""``patrol bench``: the measurements of a checkout, ``python -m bench`` under the name people look for."""

import os
import subprocess
import sys
from pathlib import Path

import typer

from patrol_cli.outcome import fail

_CHECKOUT = Path(__file__).resolve().parent.parent


def register(app: typer.Typer) -> None:
    """Add the command."""
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command("bench", context_settings=settings)(bench)


def bench(context: typer.Context) -> None:
    """Measure: `patrol bench` lists what there is, `patrol bench NAME --help` its options. Needs a checkout."""
    if not (_CHECKOUT / "bench" / "__main__.py").is_file():
        fail("the benches are not part of the installed package; run ./dev bench in a checkout of the repository")
    paths = os.pathsep.join(filter(None, [str(_CHECKOUT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "bench", *context.args], env={**os.environ, "PYTHONPATH": paths}, check=False
    )
    raise typer.Exit(done.returncode)
