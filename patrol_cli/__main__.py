"""Entry point of ``patrol``: collects the commands and nothing else."""

import typer

from patrol_cli import bench, check, city, counts, detect, edge, index, keys, models, relay, sim, technician, terminal
from patrol_cli.demo import command as demo
from patrol_cli.nemesis import command as nemesis

app = typer.Typer(
    name="patrol",
    help="Video patrol: edge agents in video rooms and the central relay behind them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root() -> None:
    """Keep ``patrol NAME`` a group even while only one command is registered."""


bench.register(app)
check.register(app)
city.register(app)
counts.register(app)
demo.register(app)
detect.register(app)
edge.register(app)
index.register(app)
keys.register(app)
models.register(app)
nemesis.register(app)
relay.register(app)
sim.register(app)
technician.register(app)
terminal.register(app)


def main() -> None:
    """Run the command line; called by the console script."""
    app()


if __name__ == "__main__":
    main()
