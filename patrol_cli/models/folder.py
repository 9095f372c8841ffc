"""The option that names the models folder, and sizes as they are written on the command line."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from patrol_cli.outcome import fail

ModelsDir = Annotated[Path, typer.Option("--models-dir", help="Folder of the model files and their manifest.toml.")]
DEFAULT_DIR: Final = Path("models")


def size_of(text: str) -> tuple[int, int]:
    """Return width and height of ``WIDTHxHEIGHT``; ends the command when it is something else."""
    found = re.fullmatch(r"([0-9]{2,4})[x×]([0-9]{2,4})", text)
    if found is None:
        fail(f'--input: "{text}" is not WIDTHxHEIGHT in pixels, such as 320x320')
    width, height = int(found[1]), int(found[2])
    if not (32 <= width <= 4096 and 32 <= height <= 4096):
        fail(f'--input: "{text}" is out of range; each side is 32 to 4096 pixels')
    return width, height
