"""Making the int8 twin of a catalogued model from the user's footage, and judging what it costs.

Owns the order of the steps and their figures; nothing is registered here that was not judged.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no stubs

from edge_agent.core.detections import Detection
from edge_agent.detect.canvas import CanvasForm
from edge_agent.detect.errors import ModelError
from edge_agent.detect.feed import Feed
from edge_agent.detect.looks import Look, detections_of
from edge_agent.detect.manifest import Catalogue, ModelEntry, load_catalogue, sha256_of, verified_file
from edge_agent.detect.precision_trial import fastest_looks_ms
from edge_agent.detect.session import ModelSession, session_options
from edge_agent.ops.clock import SystemClock
from patrol_cli.models.agreement import Agreement, agreement
from patrol_cli.models.footage_looks import FootageLooks, Shown, cut_looks
from patrol_cli.models.graph_file import load_graph, reshape
from patrol_cli.models.local_manifest import add_entries, place_file
from patrol_cli.models.static_int8 import Inputs, make_int8

_WEAKEST: Final = 0.05
"""Of what the curve of average precision is drawn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinWish:
    """What the user asks for."""

    name: str
    models_dir: Path
    into: Path
    footage: Path
    size: tuple[int, int] | None
    """Width and height; None keeps the model's."""
    learn: int
    judge: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinReport:
    """What was made and what it costs."""

    whole: ModelEntry
    twin: ModelEntry
    reshaped: bool
    footage: FootageLooks
    nodes: int
    kept_fp32: int
    fp32_ms: float
    int8_ms: float
    int8: Agreement
    """Of the twin with its fp32 model at the same size."""
    smaller: Agreement | None
    """Of the re-shaped fp32 model with the model at its own size; None where the size was kept."""

    def figures(self) -> dict[str, object]:
        """Return what ``--json`` prints."""
        return {
            "model": self.whole.name,
            "int8": self.twin.name,
            "input": list(self.twin.input),
            "looks_learned_from": len(self.footage.learn),
            "looks_judged_by": len(self.footage.judge),
            "films": self.footage.films,
            "nodes": self.nodes,
            "nodes_kept_fp32": self.kept_fp32,
            "fp32_ms": round(self.fp32_ms, 2),
            "int8_ms": round(self.int8_ms, 2),
            "int8_against_fp32": asdict(self.int8),
            "reshaped_against_original": None if self.smaller is None else asdict(self.smaller),
        }


class TwinMaker:
    """One twin in the making, in a folder of its own until it is placed."""

    def __init__(self, wish: TwinWish, workshop: Path, say: Callable[[str], None]) -> None:
        """Check what can be checked before the long part; raises ModelError."""
        self._wish = wish
        self._workshop = workshop
        self._say = say
        self._catalogue = load_catalogue(wish.models_dir)
        self._original = self._catalogue.entry(wish.name)
        if self._original.int8_of:
            raise ModelError(f"model {wish.name} is an int8 model already; name the one it was made of")
        self._original_file = verified_file(self._original, wish.models_dir)
        self._labels = self._catalogue.labels(self._original)

    def make(self) -> TwinReport:
        """Quantise and judge; raises ModelError."""
        wish = self._wish
        whole = self._whole()
        reshaped = whole.input != self._original.input
        session = self._open(whole, self._workshop / whole.file)
        self._say("cutting looks from the footage")
        forms = [CanvasForm.of(whole), *([CanvasForm.of(self._original)] if reshaped else [])]
        looks = cut_looks(wish.footage, forms, learn=wish.learn, judge=wish.judge, seed=wish.seed)
        self._say(f"learning ranges from {len(looks.learn)} looks")
        twin_file = self._workshop / f"{Path(whole.file).stem}-int8.onnx"
        inputs = self._inputs(whole, [shown[0] for shown in looks.learn])
        made = make_int8(self._workshop / whole.file, twin_file, inputs)
        twin = self._twin(whole, twin_file)
        int8 = self._open(twin, twin_file)
        self._say(f"judging by {len(looks.judge)} looks that were held out")
        seen = [self._seen(session, shown[0]) for shown in looks.judge]
        cost = agreement(list(zip(seen, [self._seen(int8, shown[0]) for shown in looks.judge], strict=True)))
        smaller = None
        if reshaped:
            original = self._open(self._original, self._original_file)
            before = [self._seen(original, shown[1]) for shown in looks.judge]
            smaller = agreement(list(zip(before, seen, strict=True)))
        self._say("timing both")
        fp32_ms, int8_ms = fastest_looks_ms([session, int8], SystemClock())
        return TwinReport(
            whole=whole,
            twin=twin,
            reshaped=reshaped,
            footage=looks,
            nodes=made.nodes,
            kept_fp32=made.kept_fp32,
            fp32_ms=fp32_ms,
            int8_ms=int8_ms,
            int8=cost,
            smaller=smaller,
        )

    def place(self, report: TwinReport) -> None:
        """Put the files and their entries into the folder the user named; raises ModelError or OSError."""
        into = self._wish.into
        entries = [report.twin]
        place_file(self._workshop / report.twin.file, into / report.twin.file)
        if report.reshaped or into.resolve() != self._wish.models_dir.resolve():
            place_file(self._workshop / report.whole.file, into / report.whole.file)
        if report.reshaped or _adds(load_catalogue(into), report.whole):
            entries.insert(0, report.whole)
        add_entries(into, *entries, replace=True)

    def _whole(self) -> ModelEntry:
        """Write the fp32 model at the wanted size into the workshop and return its entry."""
        size = self._wish.size or self._original.input
        if size == self._original.input:
            place_file(self._original_file, self._workshop / self._original.file)
            return self._original
        model = load_graph(self._original_file)
        picture = Feed(self._original, ort.InferenceSession(str(self._original_file), session_options()).get_inputs())
        reshape(model, picture.picture_input, size)
        sides = str(size[0]) if size[0] == size[1] else f"{size[0]}x{size[1]}"
        file = self._workshop / f"{Path(self._original.file).stem}-{sides}.onnx"
        file.write_bytes(model.SerializeToString())
        return _local(self._original, file, name=f"{self._original.name}-{sides}", input=size)

    def _twin(self, whole: ModelEntry, file: Path) -> ModelEntry:
        note = f"int8 twin of {whole.name}, made from {self._wish.footage.name} with seed {self._wish.seed}."
        return _local(whole, file, name=f"{whole.name}-int8", int8_of=whole.name, note=note)

    def _open(self, entry: ModelEntry, file: Path) -> ModelSession:
        return ModelSession(entry, file, classes=len(self._labels), min_score=_WEAKEST)

    def _inputs(self, entry: ModelEntry, shown: Sequence[Shown]) -> list[Inputs]:
        """Return copies of what the graph is given for each look."""
        session = ort.InferenceSession(str(self._workshop / entry.file), session_options())
        feed = Feed(entry, session.get_inputs())
        return [{name: tensor.copy() for name, tensor in feed.of(canvas).items()} for canvas, _ in shown]

    def _seen(self, session: ModelSession, shown: Shown) -> list[Detection]:
        """Return what is told or could be: usual labels only, as the analyser does without rules."""
        canvas, geometry = shown
        usual = frozenset(self._original.usual_labels or self._labels)
        found = detections_of([Look(geometry=geometry, raw=session.look(canvas))], self._labels)
        return [each for each in found if each.label in usual]


def make_twin(
    wish: TwinWish, say: Callable[[str], None], worth_it: Callable[[TwinReport], bool]
) -> tuple[TwinReport, bool]:
    """Make the twin, let the caller judge the report, and place it if it is worth it; return both. ModelError."""
    with tempfile.TemporaryDirectory() as workshop:
        maker = TwinMaker(wish, Path(workshop), say)
        report = maker.make()
        placed = worth_it(report)
        if placed:
            try:
                maker.place(report)
            except OSError as error:
                raise ModelError(f"{wish.into}: cannot be written ({error.strerror}); check space") from error
        return report, placed


def _adds(catalogue: Catalogue, entry: ModelEntry) -> bool:
    """Whether a folder's catalogue lacks this very entry."""
    return next((each for each in catalogue.entries if each.name == entry.name), None) != entry


def _local(entry: ModelEntry, file: Path, **changes: object) -> ModelEntry:
    """Return the entry of a file made from another model's."""
    return msgspec.structs.replace(
        entry, file=file.name, url="", sha256=sha256_of(file), size_bytes=file.stat().st_size, **changes
    )
