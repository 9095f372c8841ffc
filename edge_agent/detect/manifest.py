"""The catalogue of models: what each file is, where it comes from, and how its input and output are read.

Owns ModelEntry, Catalogue and the checks of a model file against them. Fetching is the business of
``patrol_cli/models.py``; running of ``onnx_detector.py``.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from edge_agent.detect.errors import ModelError

MANIFEST_NAME: Final = "manifest.toml"
_CHUNK_BYTES: Final = 1 << 20

FileName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", max_length=128)]
Side = Annotated[int, msgspec.Meta(ge=32, le=4096)]


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[model]]``."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*\Z", max_length=64)]
    file: FileName
    url: Annotated[str, msgspec.Meta(pattern=r"^https://", max_length=500)]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=4 << 30)]
    head: str
    """Which decoder of ``detect/heads`` reads the output."""
    input: tuple[Side, Side]
    """Width and height in pixels."""
    layout: Literal["nchw"]
    colour: Literal["bgr", "rgb"]
    fit: Literal["letterbox", "stretch"]
    """Letterbox keeps the shape, puts the picture top left and fills with ``fill``; stretch distorts."""
    fill: Annotated[int, msgspec.Meta(ge=0, le=255)] = 114
    divide_by: Annotated[float, msgspec.Meta(gt=0.0)] = 1.0
    """Pixels 0-255 are divided by it."""
    labels: FileName
    """A text file beside the manifest, one label a line, in the order of the model's classes."""
    usual_labels: tuple[str, ...] = ()
    """Labels told although no rule names them; empty: all. A car seen from above is a boat, a kite and a cell phone to
    a small model: what cannot be on a street had better stay unnamed motion."""
    licence: str
    source: str
    note: str = ""


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: tuple[ModelEntry, ...]


class Catalogue:
    """The entries of one manifest and the folder in which it lies."""

    def __init__(self, entries: tuple[ModelEntry, ...], *, folder: Path) -> None:
        self.entries = entries
        self._folder = folder

    def entry(self, name: str) -> ModelEntry:
        """Return the entry of that name; raises ModelError naming what there is."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.entries)
        raise ModelError(f'there is no model "{name}" in {self._folder / MANIFEST_NAME}; it has {known}')

    def labels(self, entry: ModelEntry) -> tuple[str, ...]:
        """Return the entry's labels in class order; raises ModelError."""
        path = self._folder / entry.labels
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{path}: the labels of model {entry.name} cannot be read; restore the file") from error
        labels = tuple(line.strip() for line in lines if line.strip())
        if not labels:
            raise ModelError(f"{path}: holds no labels for model {entry.name}; restore the file")
        return labels


def load_catalogue(models_dir: Path) -> Catalogue:
    """Return the catalogue of a models folder, or the shipped one when the folder has none; raises ModelError."""
    folder = models_dir if (models_dir / MANIFEST_NAME).is_file() else shipped_models()
    path = folder / MANIFEST_NAME
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
    return Catalogue(manifest.model, folder=folder)


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
        raise ModelError(
            f"{path}: the file of model {entry.name} is missing; "
            f"fetch it with: patrol models get {entry.name} --models-dir {models_dir}"
        ) from error
    except OSError as error:
        raise ModelError(f"{path}: the model file cannot be read ({error.strerror}); check its permissions") from error
    if found != entry.sha256:
        raise ModelError(
            f"{path}: is damaged or another file (sha256 {found[:12]}…, the catalogue says {entry.sha256[:12]}…); "
            f"delete it and fetch it with: patrol models get {entry.name} --models-dir {models_dir}"
        )
    return path
