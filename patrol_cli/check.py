"""``patrol check``: says whether the programs could use files, without starting anything."""

import json
from pathlib import Path
from typing import Annotated

import typer

from patrol_cli.outcome import BAD_INPUT, stderr


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def check(
        files: Annotated[
            list[Path],
            typer.Argument(
                metavar="FILE…",
                help="A room's or relay's TOML, a city folder, key files, peers.toml, categories.toml, levels.toml, "
                "models/manifest.toml. Relays on one database are compared.",
            ),
        ],
        *,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file, for machines.")] = False,
    ) -> None:
        """Check configurations, city files, keys and models; exit code 2 when any cannot be used."""
        from rich.console import Console

        from patrol_cli.checks import FileKind, FileRefusedError, check_together
        from patrol_cli.checks import check as check_file

        stdout = Console(soft_wrap=True)
        refused = 0
        relays: list[Path] = []
        for path in files:
            kind, text, usable = "", "", True
            try:
                kind, text = check_file(path)
                relays += [path] if kind == FileKind.RELAY else []
            except FileRefusedError as error:
                text, usable = str(error), False
                refused += 1
            if as_json:
                typer.echo(
                    json.dumps({"file": str(path), "ok": usable, "kind": kind, "says": text}, ensure_ascii=False)
                )
            elif usable:
                stdout.print(f"{path}: {text}: usable", style="green", markup=False, highlight=False)
            else:
                stderr.print(text, style="red", markup=False, highlight=False)
        for path, text in check_together(relays):
            refused += 1
            if as_json:
                typer.echo(json.dumps({"file": str(path), "ok": False, "kind": FileKind.RELAY.value, "says": text}))
            else:
                stderr.print(text, style="red", markup=False, highlight=False)
        if refused:
            raise typer.Exit(BAD_INPUT)
