"""The catalogue of models: what each file is, where it comes from, and how its input and output are read.

Owns ModelEntry, Catalogue and the checks of a model file against them. Fetching and adding are the business of
``patrol_cli/models``; running of ``session.py``.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from edge_agent.detect.errors import ModelError
from edge_agent.detect.heads.options import BoxForm, BoxUnit, HeadOptions, Scores

MANIFEST_NAME: Final = "manifest.toml"
_CHUNK_BYTES: Final = 1 << 20

ModelName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*\Z", max_length=64)]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", max_length=128)]
Side = Annotated[int, msgspec.Meta(ge=32, le=4096)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[model]]``."""

    name: ModelName
    file: FileName
    url: Annotated[str, msgspec.Meta(pattern=r"^https://|^$", max_length=500)] = ""
    """Where the file is fetched from; empty: it was made or brought here and can be had nowhere else."""
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=4 << 30)]
    head: str
    """Which decoder of ``detect/heads`` reads the output."""
    outputs: tuple[str, ...] = ()
    """Names of the graph's outputs in the order the head reads them; empty: as the graph has them."""
    scores: Scores | None = None
    boxes: BoxForm | None = None
    unit: BoxUnit | None = None
    background: bool | None = None
    """These four: how this export differs from what is usual for the head (``heads/options.py``)."""
    input: tuple[Side, Side]
    """Width and height in pixels."""
    layout: Literal["nchw", "nhwc"]
    colour: Literal["bgr", "rgb"]
    fit: Literal["letterbox", "stretch"]
    """Letterbox keeps the shape, puts the picture top left and fills with ``fill``; stretch distorts."""
    fill: Annotated[int, msgspec.Meta(ge=0, le=255)] = 114
    divide_by: Positive = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[Positive, Positive, Positive] = (1.0, 1.0, 1.0)
    """The model is given (pixel 0-255 / divide_by - mean) / deviation, in the order of its colours."""
    labels: FileName
    """A text file beside the manifest, one label a line, in the order of the model's classes."""
    usual_labels: tuple[str, ...] = ()
    """Labels told although no rule names them; empty: all. A car seen from above is a boat, a kite and a cell phone to
    a small model: what cannot be on a street had better stay unnamed motion."""
    int8_of: str = ""
    """The model of which this one is the int8 twin: the same thing in whole numbers, made by ``patrol models
    quantize``. At start the faster of the two is taken."""
    licence: str
    source: str
    note: str = ""

    @property
    def options(self) -> HeadOptions:
        """How this export differs from what is usual for its head."""
        return HeadOptions(scores=self.scores, boxes=self.boxes, unit=self.unit, background=self.background)


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: tuple[ModelEntry, ...] = ()


class Catalogue:
    """The shipped entries and those of a models folder, which add to them and replace those of the same name."""

    def __init__(self, entries: Mapping[str, tuple[ModelEntry, Path]], *, folder: Path) -> None:
        """Take each entry with the folder of its manifest; ``folder`` is the one the user named."""
        self._entries = entries
        self._folder = folder

    @property
    def entries(self) -> tuple[ModelEntry, ...]:
        """All of them: shipped first, each in the order of its manifest."""
        return tuple(entry for entry, _ in self._entries.values())

    def entry(self, name: str) -> ModelEntry:
        """Return the entry of that name; raises ModelError naming what there is."""
        if name not in self._entries:
            known = ", ".join(self._entries)
            raise ModelError(f'there is no model "{name}" in the catalogue of {self._folder}; it has {known}')
        return self._entries[name][0]

    def int8_twin(self, entry: ModelEntry) -> ModelEntry | None:
        """Return the entry of the same model in whole numbers, if one was made."""
        return next((other for other in self.entries if other.int8_of == entry.name), None)

    def labels(self, entry: ModelEntry) -> tuple[str, ...]:
        """Return the entry's labels in class order; raises ModelError."""
        path = self._entries[entry.name][1] / entry.labels
        if not path.is_file() and (shipped_models() / entry.labels).is_file():
            path = shipped_models() / entry.labels  # coco80.txt need not lie in every folder
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{path}: the labels of model {entry.name} cannot be read; restore the file") from error
        labels = tuple(line.strip() for line in lines if line.strip())
        if not labels:
            raise ModelError(f"{path}: holds no labels for model {entry.name}; restore the file")
        return labels


def load_catalogue(models_dir: Path) -> Catalogue:
    """Return the shipped catalogue with what the models folder's own manifest adds or replaces; raises ModelError."""
    entries: dict[str, tuple[ModelEntry, Path]] = {}
    for folder in (shipped_models(), models_dir):
        if folder is models_dir and not (folder / MANIFEST_NAME).is_file():
            continue  # most folders hold files only
        entries |= {entry.name: (entry, folder) for entry in read_manifest(folder / MANIFEST_NAME)}
    _check_twins(entries)
    return Catalogue(entries, folder=models_dir)


def read_manifest(path: Path) -> tuple[ModelEntry, ...]:
    """Return the entries of one manifest; raises ModelError naming the file and what is wrong in it."""
    try:
        manifest = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Manifest)
    except OSError as error:
        raise ModelError(f"{path}: the model catalogue cannot be read ({error.strerror}); restore the file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ModelError(f"{path}: the model catalogue is not valid: {error}; mend it") from error
    names = [entry.name for entry in manifest.model]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ModelError(f'{path}: the model "{twice}" stands there twice; remove one')
    return manifest.model


def _check_twins(entries: Mapping[str, tuple[ModelEntry, Path]]) -> None:
    """Refuse an int8 twin that is not shown the same canvas as its model, or of which there are two."""
    seen: dict[str, str] = {}
    for entry, folder in entries.values():
        if not entry.int8_of:
            continue
        whole = entries.get(entry.int8_of, (None, folder))[0]
        if whole is None or whole.int8_of:
            wrong = f'int8_of names "{entry.int8_of}", which is no model of the catalogue'
        elif _shown(whole) != _shown(entry):
            wrong = f"its input, colour, fit or labels differ from those of {whole.name}, of which it is the int8 twin"
        elif whole.name in seen:
            wrong = f"{seen[whole.name]} is the int8 twin of {whole.name} already"
        else:
            seen[whole.name] = entry.name
            continue
        raise ModelError(f"{folder / MANIFEST_NAME}: model {entry.name}: {wrong}; mend it")


def _shown(entry: ModelEntry) -> tuple[object, ...]:
    return entry.input, entry.colour, entry.fit, entry.fill, entry.labels


def shipped_models() -> Path:
    """Return the folder of the catalogue that travels with the product: in the wheel, else in the checkout."""
    root = Path(__file__).resolve().parents[2]
    installed = root / "patrol_cli" / "_shipped" / "models"
    return installed if installed.is_dir() else root / "models"


def sha256_of(path: Path) -> str:
    """Return the content's hash in lower-case hexadecimal; raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def verified_file(entry: ModelEntry, models_dir: Path) -> Path:
    """Return the path of the model's file after comparing its hash with the catalogue; raises ModelError."""
    path = models_dir / entry.file
    try:
        found = sha256_of(path)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: the file of model {entry.name} is missing; {_remedy(entry, models_dir)}") from error
    except OSError as error:
        raise ModelError(f"{path}: the model file cannot be read ({error.strerror}); check its permissions") from error
    if found != entry.sha256:
        raise ModelError(
            f"{path}: is damaged or another file (sha256 {found[:12]}…, the catalogue says {entry.sha256[:12]}…); "
            f"delete it; {_remedy(entry, models_dir)}"
        )
    return path


def _remedy(entry: ModelEntry, models_dir: Path) -> str:
    if entry.url:
        return f"fetch it with: patrol models get {entry.name} --models-dir {models_dir}"
    how = f"quantize {entry.int8_of}" if entry.int8_of else "add"
    return f"it can be fetched nowhere: make it again with patrol models {how}, after patrol models remove {entry.name}"
