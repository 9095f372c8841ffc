"""``patrol models``: the catalogue of detectors, what is there, and fetching what is not."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.models.add import add, remove
from patrol_cli.models.folder import DEFAULT_DIR, ModelsDir
from patrol_cli.models.quantize import quantize
from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    from edge_agent.detect.manifest import Catalogue, ModelEntry

models = typer.Typer(no_args_is_help=True, help="List, fetch, add, check and quantise detector models.")
for _command in (add, remove, quantize):
    models.command()(_command)


def register(app: typer.Typer) -> None:
    """Add ``patrol models``."""
    app.add_typer(models, name="models")


@models.command("list")
def list_models(
    *,
    models_dir: ModelsDir = DEFAULT_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show every catalogued model and whether its file is there."""
    from rich.console import Console
    from rich.table import Table

    rows = [(entry, _presence(entry, models_dir)) for entry in _catalogue(models_dir).entries]
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {
                        "name": e.name,
                        "file": e.file,
                        "presence": p,
                        "size_bytes": e.size_bytes,
                        "licence": e.licence,
                        "int8_of": e.int8_of,
                    }
                    for e, p in rows
                ]
            )
        )
        return
    table = Table("name", "file", "there", "input", "MiB", "licence", "note")
    for entry, presence in rows:
        size = f"{entry.size_bytes / 2**20:.1f}"
        side = f"{entry.input[0]}×{entry.input[1]}"
        table.add_row(entry.name, entry.file, presence, side, size, entry.licence, entry.note)
    Console().print(table)


@models.command()
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `patrol models list`.")],
    *,
    models_dir: ModelsDir = DEFAULT_DIR,
    base_url: Annotated[
        str, typer.Option(help="A mirror of your own: the file is fetched from BASE_URL/FILE instead.")
    ] = "",
) -> None:
    """Fetch a model, check it against its pinned hash and put it in place; continues where it was cut off."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from edge_agent.detect.errors import ModelError
    from patrol_cli.models.fetch import FetchError, fetch

    try:
        entry = _catalogue(models_dir).entry(name)
    except ModelError as error:
        fail(str(error))
    if _presence(entry, models_dir) == "yes":
        stderr.print(f"{models_dir / entry.file} is there and whole; nothing to do", markup=False, highlight=False)
        return
    if not entry.url and not base_url:
        how = f"quantize {entry.int8_of}" if entry.int8_of else "add"
        fail(f"{entry.name} was made here and can be fetched nowhere; make it again with patrol models {how}")
    url = f"{base_url.rstrip('/')}/{entry.file}" if base_url else entry.url
    columns = (TextColumn(entry.name), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True) as progress:
        task = progress.add_task("get", total=entry.size_bytes)
        try:
            path = fetch(entry, models_dir, url=url, progress=lambda done: progress.update(task, completed=done))
        except FetchError as error:
            fail(str(error))
    stderr.print(f"{path} fetched and checked ({entry.licence}, {entry.source})", markup=False, highlight=False)


@models.command()
def check(*, models_dir: ModelsDir = DEFAULT_DIR) -> None:
    """Open every model that is there and run it once; exit 2 when one is damaged or does not fit its entry."""
    from edge_agent.detect.errors import ModelError
    from edge_agent.detect.onnx_detector import OnnxDetector

    there = [entry for entry in _catalogue(models_dir).entries if (models_dir / entry.file).exists()]
    for entry in there:
        try:
            OnnxDetector.from_catalogue(entry.name, models_dir=models_dir, min_score=0.3)
        except ModelError as error:
            fail(str(error))
        typer.echo(f"{entry.name}: whole, runs")
    if not there:
        typer.echo(f"no catalogued model lies in {models_dir}; fetch one with: patrol models get NAME")


def _catalogue(models_dir: Path) -> "Catalogue":
    from edge_agent.detect.errors import ModelError
    from edge_agent.detect.manifest import load_catalogue

    try:
        return load_catalogue(models_dir)
    except ModelError as error:
        fail(str(error))


def _presence(entry: "ModelEntry", models_dir: Path) -> str:
    from edge_agent.detect.manifest import sha256_of

    try:
        return "yes" if sha256_of(models_dir / entry.file) == entry.sha256 else "damaged"
    except OSError:
        return "no"
