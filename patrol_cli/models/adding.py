"""From a file to a catalogue entry: what the graph says, what is usual for its family, what only the user knows.

Owns Wishes (what the user gave), Missing (what must be asked) and the entry that comes of it. It asks nobody: a
Missing is returned, and the command asks and tries again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from edge_agent.core.detections import Detection
from edge_agent.detect.canvas import CanvasForm, Fit, canvas_of
from edge_agent.detect.detector import WHOLE_PICTURE
from edge_agent.detect.errors import ModelError
from edge_agent.detect.feed import Feed
from edge_agent.detect.heads.options import BoxForm, BoxUnit, Scores
from edge_agent.detect.heads.registry import HEADS
from edge_agent.detect.looks import Look, detections_of
from edge_agent.detect.manifest import ModelEntry, ModelName, Positive, sha256_of, shipped_models
from edge_agent.detect.picture import Colour, Picture
from edge_agent.detect.session import ModelSession
from patrol_cli.models.graph_facts import GraphFacts, OpenGraph
from patrol_cli.models.recognition import Guess, guesses
from patrol_cli.models.usual import USUAL, Three, UsualView

COCO: Final = "coco80.txt"
_STREET: Final = (*("person", "bicycle", "car", "motorcycle", "bus", "train", "truck", "bird", "cat", "dog", "horse"),)
"""What is told unasked of a model that knows everyday things."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the user gave; None or empty: found out, usual, or asked."""

    name: ModelName | None = None
    head: str = ""
    outputs: tuple[str, ...] = ()
    scores: Scores | None = None
    boxes: BoxForm | None = None
    unit: BoxUnit | None = None
    background: bool | None = None
    size: tuple[int, int] | None = None
    colour: Colour | None = None
    fit: Fit | None = None
    divide_by: Positive | None = None
    mean: Three | None = None
    deviation: tuple[Positive, Positive, Positive] | None = None
    labels: str = ""
    """A file, or coco80.txt."""
    usual_labels: tuple[str, ...] = ()
    licence: str = ""
    source: str = ""
    note: str = ""

    def answered(self, what: str, answer: object) -> "Wishes":
        """Return the wishes with one more answer."""
        return msgspec.convert(msgspec.to_builtins(self) | {what: answer}, Wishes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something that neither the graph nor the user has said."""

    what: str
    """Field of Wishes."""
    option: str
    why: str
    """One sentence that ends where the answer would stand."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that could be added."""

    entry: ModelEntry
    labels: tuple[str, ...]
    reasons: tuple[str, ...]
    """Why it is taken for what it is taken for, one sentence each."""


def candidate(graph: OpenGraph, wishes: Wishes, picture: Picture) -> Candidate | Missing:
    """Return what the file is, or what must be known first; raises ModelError when it cannot be used."""
    file, facts = graph.file, graph.facts
    size = wishes.size or facts.size or facts.size_of_metadata()
    if size is None:
        return Missing(what="size", option="--input", why="the graph leaves its input size open: width and height")
    task = facts.metadata.get("task", "detect")
    if task != "detect":
        raise ModelError(f"{file}: its metadata says that it does {task}; only detectors of boxes can be used")
    draft = _draft(file, facts, size)
    shown = canvas_of(picture, WHOLE_PICTURE, CanvasForm(size=size, colour="rgb", fit="stretch"))[0]
    arrays = graph.outputs_for(draft, shown)
    guess = _reading(guesses(facts, arrays, size), facts, wishes)
    if isinstance(guess, Missing):
        return guess
    labels = _labels(facts, guess, wishes, own=f"{wishes.name or draft.name}.labels.txt")
    if isinstance(labels, Missing):
        return labels
    names, labels_file, labels_why = labels
    view = _view(facts, guess, wishes)
    entry = msgspec.structs.replace(
        draft,
        name=wishes.name or _name_of(file),
        head=guess.head,
        outputs=guess.outputs,
        **{key: getattr(guess.options, key) for key in ("scores", "boxes", "unit", "background")},
        **{key: getattr(view, key) for key in ("colour", "fit", "divide_by", "mean", "deviation")},
        labels=labels_file,
        usual_labels=wishes.usual_labels or tuple(name for name in _STREET if name in names),
        licence=wishes.licence or facts.metadata.get("license", "not stated"),
        source=wishes.source or facts.metadata.get("description", "not stated"),
        note=wishes.note,
    )
    return Candidate(entry=entry, labels=names, reasons=(guess.why, labels_why, _view_said(entry, facts)))


def seen_by(file: Path, found: Candidate, picture: Picture, *, min_score: float) -> list[Detection]:
    """Return what the model sees in the whole picture; raises ModelError when anything does not fit."""
    session = ModelSession(found.entry, file, classes=len(found.labels), min_score=min_score)
    canvas, geometry = canvas_of(picture, WHOLE_PICTURE, CanvasForm.of(found.entry))
    return detections_of([Look(geometry=geometry, raw=session.look(canvas))], found.labels)


def other_views(found: Candidate) -> list[tuple[str, Candidate]]:
    """Return the same model shown pictures in other ways, each with the options that say so."""
    entry = found.entry
    plain = {"mean": (0.0, 0.0, 0.0), "deviation": (1.0, 1.0, 1.0)}
    ways: list[tuple[str, Mapping[str, object]]] = [
        ("--divide-by 1 --mean 0,0,0 --deviation 1,1,1", {"divide_by": 1.0, **plain}),
        ("--divide-by 255 --mean 0,0,0 --deviation 1,1,1", {"divide_by": 255.0, **plain}),
        ("--divide-by 127.5 --mean 1,1,1 --deviation 1,1,1", {"divide_by": 127.5, **plain, "mean": (1.0, 1.0, 1.0)}),
        *((f"--colour {each}", {"colour": each}) for each in ("rgb", "bgr")),
        *((f"--fit {each}", {"fit": each}) for each in ("letterbox", "stretch")),
    ]
    changed = [(option, msgspec.structs.replace(entry, **change)) for option, change in ways]
    return [(option, replace(found, entry=other)) for option, other in changed if other != entry]


def _draft(file: Path, facts: GraphFacts, size: tuple[int, int]) -> ModelEntry:
    """Return an entry that says only what is certain; raises ModelError when an input is unknown."""
    draft = ModelEntry(
        name=_name_of(file),
        file=re.sub(r"[^A-Za-z0-9._-]", "_", file.name).lstrip("._-") or "model.onnx",
        sha256=sha256_of(file),
        size_bytes=file.stat().st_size,
        head="",
        input=size,
        layout=facts.layout,
        colour="rgb",
        fit="stretch",
        divide_by=1.0 if "uint8" in facts.picture.type else 255.0,
        labels=COCO,
        licence="",
        source="",
    )
    try:
        Feed(draft, facts.inputs)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
    return draft


def _reading(found: Sequence[Guess], facts: GraphFacts, wishes: Wishes) -> Guess | Missing:
    """Return the reading that holds, with what the user said put over it."""
    if wishes.head and wishes.head not in HEADS:
        raise ModelError(f'--head: "{wishes.head}" is not known; known are {", ".join(sorted(HEADS))}')
    fitting = [guess for guess in found if wishes.head in ("", guess.head)]
    if wishes.head and not fitting:
        names = tuple(port.name for port in facts.outputs)
        fitting = [Guess(head=wishes.head, why=f"--head says {wishes.head}", outputs=names)]
    if len(fitting) != 1:
        outputs = "; ".join(port.said() for port in facts.outputs)
        known = tuple(guess.head for guess in fitting) or tuple(sorted(HEADS))
        why = (
            f"its outputs ({outputs}) are those of {'several heads' if fitting else 'no head that is known'}: which one"
        )
        return Missing(what="head", option="--head", why=why, choices=known)
    guess = fitting[0]
    said = {key: getattr(wishes, key) for key in ("scores", "boxes", "unit", "background")}
    options = replace(guess.options, **{key: value for key, value in said.items() if value is not None})
    return replace(guess, options=options, outputs=wishes.outputs or guess.outputs)


def _labels(facts: GraphFacts, guess: Guess, wishes: Wishes, *, own: str) -> tuple[tuple[str, ...], str, str] | Missing:
    """Return the labels, the file that holds or will hold them (``own`` for a new one), and where they are from."""
    if wishes.labels:
        path = Path(wishes.labels)
        shipped = shipped_models() / wishes.labels
        if path.name == wishes.labels and shipped.is_file() and not path.is_file():
            return (names := _read_labels(shipped)), wishes.labels, f"{len(names)} labels from {wishes.labels}"
        names = _read_labels(path)
        return names, own, f"{len(names)} labels from {wishes.labels}"
    names = facts.labels()
    if names:
        return names, own, f"{len(names)} labels from the metadata of the file"
    coco = _read_labels(shipped_models() / COCO)
    if guess.classes == len(coco):
        return coco, COCO, "80 classes and no names: taken for those of COCO, as nearly all such models have"
    count = "classes by number" if guess.classes is None else f"{guess.classes} classes"
    why = f"the file tells {count} and no names: a text file with one label a line, {COCO}, or coco91.txt"
    return Missing(what="labels", option="--labels", why=why)


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        names = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: the labels cannot be read; give a text file with one label a line") from error
    if not names:
        raise ModelError(f"{path}: holds no labels; give a text file with one label a line")
    return names


def _view(facts: GraphFacts, guess: Guess, wishes: Wishes) -> UsualView:
    view = USUAL[guess.head]
    if "uint8" in facts.picture.type:
        view = replace(view, divide_by=1.0, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))
    said = {key: getattr(wishes, key) for key in ("colour", "fit", "divide_by", "mean", "deviation")}
    return replace(view, **{key: value for key, value in said.items() if value is not None})


def _view_said(entry: ModelEntry, facts: GraphFacts) -> str:
    numbers = (
        "pixels as they are"
        if "uint8" in facts.picture.type or entry.divide_by == 1.0
        else (f"pixels divided by {entry.divide_by:g}")
    )
    if any(entry.mean) or set(entry.deviation) != {1.0}:
        numbers += f", mean {_row(entry.mean)}, deviation {_row(entry.deviation)}"
    return f"shown {entry.colour} {entry.fit}, {numbers}: usual for {entry.head}, which no graph tells"


def _row(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in np.asarray(values).tolist())


def _name_of(file: Path) -> str:
    """Return a name of the catalogue's alphabet from the file's."""
    return re.sub(r"[^a-z0-9.-]+", "-", file.stem.lower()).strip("-.")[:64] or "model"
