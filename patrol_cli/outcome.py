"""How a command ends: exit code 2 with one clear sentence on a bad argument or configuration."""

from typing import NoReturn

import typer
from rich.console import Console

BAD_INPUT = 2
"""Exit code for an argument, file or configuration the user can mend."""

stderr = Console(stderr=True, soft_wrap=True)


def fail(sentence: str, *, code: int = BAD_INPUT) -> NoReturn:
    """End the command with exit code 2 (or another) and one sentence saying what, where and what to do."""
    stderr.print(sentence, style="red", markup=False, highlight=False)
    raise typer.Exit(code)
