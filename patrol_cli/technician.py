"""``patrol technician``: who may draw rules and masks on the pictures of a room."""

import re
from pathlib import Path
from typing import Annotated

import typer

from patrol_cli.outcome import fail

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def register(app: typer.Typer) -> None:
    """Add ``patrol technician``."""
    app.command(name="technician")(technician)


def technician(
    file: Annotated[Path, typer.Argument(help="The room's console.technicians_file; made when there is none.")],
    name: Annotated[str, typer.Argument(help="Who: 1 to 64 of a-z 0-9 . _ -")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take the technician out.")] = False,
) -> None:
    """Put a technician into a room's file, or give one another PIN; the room reads it at the next sign-on."""
    from edge_agent.console.technicians import LONGEST_PIN, SHORTEST_PIN, read_technicians, write_technician
    from edge_agent.settings.errors import SettingsError

    if not _NAME.fullmatch(name):
        fail(f"{name!r} is no name: use 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit")
    try:
        known = read_technicians(str(file)) if file.exists() else {}
        if remove and name not in known:
            fail(f"{file}: has no technician {name}; it has {', '.join(sorted(known)) or 'none'}")
        pin = None if remove else typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
        if pin is not None and not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
            fail(f"the PIN has {len(pin)} characters; take {SHORTEST_PIN} to {LONGEST_PIN}")
        write_technician(file, name, pin)
    except SettingsError as error:
        fail(str(error))
    typer.echo(f"{file}: technician {name} {'taken out' if remove else 'may sign on'}")
