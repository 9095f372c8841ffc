"""``patrol models quantize``: arguments, and the report as a table or for machines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.models.folder import DEFAULT_DIR, ModelsDir, size_of
from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    from patrol_cli.models.int8_twin import TwinReport


def quantize(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `patrol models list` whose file is there.")],
    *,
    footage: Annotated[Path, typer.Option(help="A film of your own, or a folder of films: what the cameras see.")],
    models_dir: ModelsDir = DEFAULT_DIR,
    into: Annotated[
        Path | None, typer.Option(help="Folder for the new files and entries. Default: the models folder.")
    ] = None,
    input_size: Annotated[
        str, typer.Option("--input", metavar="WIDTHxHEIGHT", help="Re-shape a fully convolutional model, 320x320 say.")
    ] = "",
    looks: Annotated[int, typer.Option(min=8, max=4096, help="Looks that ranges are learned from.")] = 96,
    judge: Annotated[int, typer.Option(min=8, max=4096, help="Held-out looks that both models are compared on.")] = 96,
    seed: Annotated[int, typer.Option(help="Decides which looks are taken.")] = 1,
    least_ap50: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Refuse to register a model that agrees less with its fp32 one.")
    ] = 0.9,
    anyway: Annotated[bool, typer.Option("--anyway", help="Register it whatever it costs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Make the int8 twin of a model from your own footage, say what it costs, and register it."""
    from edge_agent.detect.errors import ModelError
    from patrol_cli.models.int8_twin import TwinWish, make_twin

    wish = TwinWish(
        name=name,
        models_dir=models_dir,
        into=into or models_dir,
        footage=footage,
        size=size_of(input_size) if input_size else None,
        learn=looks,
        judge=judge,
        seed=seed,
    )
    try:
        report, placed = make_twin(wish, _say, lambda report: anyway or report.int8.ap50 >= least_ap50)
    except ModelError as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps(report.figures() | {"seed": seed, "registered": placed}))
    else:
        _table(report)
    if not placed:
        fail(
            f"not registered: its AP50 against the fp32 model is {report.int8.ap50:.3f}, the least is {least_ap50:g}; "
            "try more looks or footage with more in it, or --anyway"
        )
    stderr.print(
        f"{report.twin.name} is registered in {wish.into / 'manifest.toml'}; a room that names {report.whole.name} "
        'takes it when it is faster there (precision = "auto")',
        markup=False,
        highlight=False,
    )


def _say(sentence: str) -> None:
    stderr.print(f"{sentence} …", markup=False, highlight=False)


def _table(report: "TwinReport") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "ms a look", "AP50", "boxes", "lost", "added", "score")
    if report.smaller is not None:
        size = f"{report.whole.input[0]}×{report.whole.input[1]}"
        cost = report.smaller
        table.add_row(
            f"fp32 at {size} against the original",
            f"{report.fp32_ms:.2f}",
            *(f"{cost.ap50:.3f}", str(cost.boxes), str(cost.lost), str(cost.added), f"{cost.score_shift:+.3f}"),
        )
    else:
        table.add_row("fp32", f"{report.fp32_ms:.2f}", "", "", "", "", "")
    cost = report.int8
    table.add_row(
        "int8 against fp32",
        f"{report.int8_ms:.2f}",
        *(f"{cost.ap50:.3f}", str(cost.boxes), str(cost.lost), str(cost.added), f"{cost.score_shift:+.3f}"),
    )
    console = Console()
    console.print(table)
    console.print(
        f"{cost.looks} held-out looks of {report.footage.films} films; ranges from {len(report.footage.learn)} looks; "
        f"{report.kept_fp32} of {report.nodes} nodes stay in fp32",
        highlight=False,
    )
