"""``patrol edge``: runs the edge agent of one video room, or checks its configuration."""

from pathlib import Path
from typing import Annotated

import typer

from patrol_cli.outcome import fail


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def edge(
        config: Annotated[Path, typer.Option("--config", help="The room's TOML file.")],
        check: Annotated[bool, typer.Option("--check", help="Only say whether the room could start.")] = False,
        new_outbox: Annotated[
            bool, typer.Option("--new-outbox", help="Move the outbox aside (it is kept) and begin a new one.")
        ] = False,
    ) -> None:
        """Run the edge agent of a video room until Ctrl-C or SIGTERM."""
        # Opens libav and the models, so only for those who asked for it.
        from edge_agent.app import program
        from edge_agent.app.prepared import START_ERRORS

        try:
            if check:
                settings = program.check(config)
                cameras = len(settings.cameras)
                rules = sum(len(camera.rules) for camera in settings.cameras)
                typer.echo(f"{config}: room {settings.room.name}, {cameras} cameras, {rules} rules: usable")
            else:
                program.run(config, new_outbox=new_outbox)
        except START_ERRORS as error:
            fail(str(error))
