"""``patrol models add`` and ``remove``: arguments, questions and what is said."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from patrol_cli.models.folder import DEFAULT_DIR, ModelsDir, size_of
from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    from edge_agent.core.detections import Detection
    from patrol_cli.models.adding import Candidate, Missing, Wishes
    from patrol_cli.models.graph_facts import GraphFacts, OpenGraph
    from patrol_cli.models.proof import ProofPicture

_TOLD: Final = 0.3
_SURE: Final = 0.6
"""Of all scores together: a picture with people on which less is seen was shown in the wrong way, or holds nobody."""
_MUCH_MORE: Final = 1.5
"""Another way of showing is worth a word when it sees so many times as much."""


Text = Annotated[str, typer.Option(metavar="TEXT")]
Three = Annotated[str, typer.Option(metavar="A,B,C", help="One number for each colour.")]


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="The model.")],
    *,
    models_dir: ModelsDir = DEFAULT_DIR,
    name: Annotated[str, typer.Option(help="Its name in the catalogue. Default: from the file's.")] = "",
    head: Annotated[str, typer.Option(help="Family of its output, where it is not recognised.")] = "",
    input_size: Annotated[str, typer.Option("--input", metavar="WIDTHxHEIGHT", help="Where the graph is open.")] = "",
    labels: Annotated[str, typer.Option(help="Text file, one label a line; coco80.txt is there.")] = "",
    usual: Annotated[str, typer.Option(metavar="LABELS", help="Told without a rule, with commas.")] = "",
    colour: Annotated[str, typer.Option(metavar="bgr|rgb", help="Default: usual for the head.")] = "",
    fit: Annotated[str, typer.Option(metavar="letterbox|stretch", help="Default: usual for the head.")] = "",
    divide_by: Annotated[float | None, typer.Option(help="Pixels 0-255 are divided by it.")] = None,
    mean: Three = "",
    deviation: Three = "",
    outputs: Annotated[str, typer.Option(metavar="NAMES", help="In the order the head reads, with commas.")] = "",
    scores: Annotated[str, typer.Option(metavar="probabilities|logits|softmax", help="Where unusual.")] = "",
    boxes: Annotated[str, typer.Option(metavar="xyxy|yxyx|cxcywh", help="Where unusual.")] = "",
    unit: Annotated[str, typer.Option(metavar="pixels|shares", help="Where unusual.")] = "",
    background: Annotated[bool | None, typer.Option(help="Class 0 means that nothing is there.")] = None,
    licence: Text = "",
    source: Text = "",
    note: Text = "",
    picture: Annotated[Path | None, typer.Option(help="A picture to try it on, with people or cars in it.")] = None,
    video: Annotated[Path | None, typer.Option(help="Or a video.")] = None,
    at_s: Annotated[float, typer.Option("--at", min=0.0, help="Second of the video.")] = 0.0,
    show: Annotated[Path | None, typer.Option(help="Write the picture with what was seen as JPEG.")] = None,
) -> None:
    """Recognise a model, try it on a picture and add it to the folder's catalogue; asks what it cannot know."""
    from edge_agent.detect.errors import ModelError
    from patrol_cli.models.graph_facts import OpenGraph
    from patrol_cli.models.proof import draw, proof_picture

    given = {"name": name, "head": head, "labels": labels, "colour": colour, "fit": fit, "scores": scores}
    given |= {"boxes": boxes, "unit": unit, "licence": licence, "source": source, "note": note}
    rows: dict[str, object] = {
        "outputs": _names(outputs),
        "usual_labels": _names(usual),
        "mean": _three(mean, "--mean"),
    }
    rows |= {"deviation": _three(deviation, "--deviation"), "size": size_of(input_size) if input_size else None}
    wishes = _wishes({**given, **rows, "divide_by": divide_by, "background": background})
    try:
        graph = OpenGraph(file)
        _say_facts(file, graph.facts)
        proof = proof_picture(picture, video, at_s)
        found = _settled(graph, wishes, proof)
        seen = _say_seen(file, found, proof)
        if show is not None:
            draw(proof, seen, show)
            stderr.print(f"drawn into {show}", markup=False, highlight=False)
        path = _keep(file, found, models_dir)
    except ModelError as error:
        fail(str(error))
    stderr.print(f"{found.entry.name} is added to {path}; undo: patrol models remove {found.entry.name}", markup=False)


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model that was added or quantised here.")],
    *,
    models_dir: ModelsDir = DEFAULT_DIR,
) -> None:
    """Take a model out of the folder's catalogue and delete its file."""
    from edge_agent.detect.errors import ModelError
    from edge_agent.detect.manifest import load_catalogue
    from patrol_cli.models.local_manifest import remove_entry

    try:
        entry = remove_entry(models_dir, name)
        left = {used for each in load_catalogue(models_dir).entries for used in (each.file, each.labels)}
    except ModelError as error:
        fail(str(error))
    files = [entry.file, *([entry.labels] if entry.labels.endswith(".labels.txt") else [])]
    for each in files:
        if each not in left:
            (models_dir / each).unlink(missing_ok=True)
    stderr.print(f"{name} is removed from {models_dir}", markup=False, highlight=False)


def _settled(graph: "OpenGraph", wishes: "Wishes", proof: "ProofPicture") -> "Candidate":
    """Ask until nothing is missing, or end the command where nobody can answer."""
    from patrol_cli.models.adding import Missing, candidate

    while isinstance(found := candidate(graph, wishes, proof.picture), Missing):
        if not sys.stdin.isatty():
            choices = f" ({', '.join(found.choices)})" if found.choices else ""
            fail(f"{graph.file}: {found.why}{choices}? give {found.option}")
        wishes = _asked(found, wishes)
    return found


def _asked(missing: "Missing", wishes: "Wishes") -> "Wishes":
    question = missing.why + (f" ({', '.join(missing.choices)})" if missing.choices else "")
    answer: str = typer.prompt(question)
    while missing.choices and answer not in missing.choices:
        answer = typer.prompt(question)
    return wishes.answered(missing.what, size_of(answer) if missing.what == "size" else answer)


def _wishes(given: Mapping[str, object]) -> "Wishes":
    """Return what was given, without what was not."""
    import msgspec

    from patrol_cli.models.adding import Wishes

    try:
        return msgspec.convert({key: value for key, value in given.items() if value not in ("", (), None)}, Wishes)
    except msgspec.ValidationError as error:
        fail(f"{error}; correct that option")


def _say_facts(file: Path, facts: "GraphFacts") -> None:
    ports = [f"input {port.said()}" for port in facts.inputs] + [f"output {port.said()}" for port in facts.outputs]
    typer.echo(f"{file}: {'; '.join(ports)}")
    if facts.metadata:
        typer.echo(f"metadata: {', '.join(f'{key}={value[:60]}' for key, value in sorted(facts.metadata.items()))}")


def _say_seen(file: Path, found: "Candidate", proof: "ProofPicture") -> "list[Detection]":
    """Say what it is, why, and what it sees; return that."""
    from patrol_cli.models.adding import other_views, seen_by

    seen = seen_by(file, found, proof.picture, min_score=_TOLD)
    typer.echo(f"head {found.entry.head}: " + "; ".join(found.reasons))
    told = ", ".join(f"{each.label} {each.score:.2f}" for each in seen[:12]) or "nothing"
    typer.echo(f"on {proof.said} it sees {told}{' …' if len(seen) > 12 else ''}")
    if proof.drawn:
        typer.echo("it runs, but whether it sees is not shown: give --picture or --video with people or cars in it")
        return seen
    strength = sum(each.score for each in seen)
    if strength >= _SURE:
        return seen
    for option, other in other_views(found):
        better = sum(each.score for each in seen_by(file, other, proof.picture, min_score=_TOLD))
        if better > _MUCH_MORE * strength + _TOLD:
            typer.echo(f"that is little; shown with {option} it would see far more: scores of {better:.1f} together")
    return seen


def _keep(file: Path, found: "Candidate", models_dir: Path) -> Path:
    """Put the file, its labels and its entry into the folder; return the manifest. Raises ModelError."""
    from edge_agent.detect.errors import ModelError
    from edge_agent.detect.manifest import load_catalogue, sha256_of
    from patrol_cli.durable_file import write_durably
    from patrol_cli.models.local_manifest import add_entries, place_file

    entry, target = found.entry, models_dir / found.entry.file
    taken = next((each.name for each in load_catalogue(models_dir).entries if each.name == entry.name), None)
    if taken is not None:
        raise ModelError(f'the catalogue has a model "{taken}" already; give --name another')
    try:
        if target.is_file() and sha256_of(target) != entry.sha256:
            raise ModelError(f"{target}: is there already with another content; rename {file} and try again")
        if not target.is_file():
            place_file(file, target)
        if entry.labels.endswith(".labels.txt"):
            write_durably(models_dir / entry.labels, ("\n".join(found.labels) + "\n").encode())
    except OSError as error:
        raise ModelError(f"{target}: cannot be written ({error.strerror}); check space and permissions") from error
    return add_entries(models_dir, entry)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _three(text: str, option: str) -> tuple[float, float, float] | None:
    if not text:
        return None
    try:
        first, second, third = (float(part) for part in text.split(","))
    except ValueError:
        fail(f'{option}: "{text}" is not three numbers with commas, such as 0.485,0.456,0.406')
    return first, second, third
