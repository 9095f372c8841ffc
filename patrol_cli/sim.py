"""``patrol sim``: simulated cameras for people; other programs start ``python -m patrol_sim``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.outcome import fail

if TYPE_CHECKING:
    from patrol_sim.server import SimServer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sim")(sim)


def sim(
    config: Annotated[Path | None, typer.Option(help="TOML file that names the cameras.")] = None,
    footage: Annotated[Path | None, typer.Option(help="One camera per video file of this folder.")] = None,
    scene: Annotated[int, typer.Option(min=0, max=1000, help="So many generated street cameras.")] = 0,
    variety: Annotated[int, typer.Option(min=1, max=100, help="How many different scenes they show.")] = 4,
    host: Annotated[str, typer.Option(help="Address to listen on; the control API stays on loopback.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="RTSP port, 0 for a free one.")] = 8554,
    control_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the control API.")] = 8555,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready.")] = False,
) -> None:
    """Serve simulated cameras over RTSP until Ctrl-C; faults on demand through the control API."""
    from patrol_sim.errors import SimError
    from patrol_sim.log import log_to_stderr
    from patrol_sim.program import Order, ordered_cameras, serve_until_signal
    from patrol_sim.server import SimServer

    log_to_stderr()
    order = Order(
        config=config,
        footage=footage,
        scenes=scene,
        variety=variety,
        host=host,
        port=port,
        control_port=control_port,
    )
    try:
        server = SimServer(ordered_cameras(order), host=host, port=port, control_port=control_port)
        serve_until_signal(server, on_ready=_print_json if as_json else _print_table)
    except SimError as error:
        fail(str(error))


def _print_json(server: "SimServer") -> None:
    import json

    from patrol_sim.program import ready_line

    typer.echo(json.dumps(ready_line(server)))


def _print_table(server: "SimServer") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("camera", "address", title="Simulated cameras (Ctrl-C ends them)", title_justify="left")
    for name in server.names:
        table.add_row(name, server.url(name))
    console = Console()
    console.print(table)
    console.print(f"control: {server.control_url}/cameras", highlight=False)
