"""The manifest of a models folder: entries added and removed whole, its comments and other entries left alone.

Owns the text of an entry. Every change is checked by reading the whole new text before it takes the place of the old.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_agent.detect.errors import ModelError
from edge_agent.detect.manifest import MANIFEST_NAME, ModelEntry, load_catalogue, read_manifest
from patrol_cli.durable_file import write_durably

_HEADER: Final = re.compile(r"^\[\[model\]\]\s*(#.*)?$", re.MULTILINE)


def entry_text(entry: ModelEntry) -> str:
    """Return the ``[[model]]`` of an entry: every key that is not at its default, in the order of the schema."""
    lines = []
    for field in msgspec.structs.fields(entry):
        value = getattr(entry, field.name)
        if value is not None and (field.required or value != field.default):
            lines.append(f"{field.name} = {_toml(msgspec.to_builtins(value))}")
    return "[[model]]\n" + "\n".join(lines) + "\n"


def add_entries(folder: Path, *entries: ModelEntry, replace: bool = False) -> Path:
    """Append entries to the folder's manifest, or put them in the place of those of the same name.

    Raises ModelError when a name is taken and ``replace`` is false, or when the catalogue would not be valid.
    """
    path = folder / MANIFEST_NAME
    there = {entry.name for entry in read_manifest(path)} if path.is_file() else set()
    taken = next((entry.name for entry in entries if entry.name in there), None)
    if taken is not None and not replace:
        raise ModelError(
            f'{path}: has a model "{taken}" already; give another name, or run patrol models remove {taken} first'
        )

    def changed(text: str) -> str:
        for entry in entries:
            text = _without(text, entry.name)
        blocks = (
            [text.rstrip("\n")] if text.strip() else ["# Models of this folder; they add to the shipped catalogue."]
        )
        return "\n\n".join([*blocks, *(entry_text(entry).rstrip("\n") for entry in entries)]) + "\n"

    _rewrite(path, changed)
    return path


def remove_entry(folder: Path, name: str) -> ModelEntry:
    """Take an entry out of the folder's manifest and return it; raises ModelError when it is not there or needed."""
    path = folder / MANIFEST_NAME
    entries = {entry.name: entry for entry in read_manifest(path)} if path.is_file() else {}
    if name not in entries:
        load_catalogue(folder).entry(name)  # not known at all: says what is
        raise ModelError(f'the model "{name}" came with the product and is not in {path}; it cannot be removed')
    twin = next((entry.name for entry in entries.values() if entry.int8_of == name), None)
    if twin is not None:
        raise ModelError(
            f'{path}: the model "{twin}" is the int8 twin of {name}; run patrol models remove {twin} first'
        )
    _rewrite(path, lambda text: _without(text, name))
    return entries[name]


def place_file(source: Path, target: Path) -> None:
    """Copy a file into a models folder: whole or not at all. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f"{target.name}.", delete=False) as fresh:
        try:
            with source.open("rb") as file:
                shutil.copyfileobj(file, fresh)
        except OSError:
            Path(fresh.name).unlink()
            raise
    Path(fresh.name).chmod(0o644)
    Path(fresh.name).replace(target)


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Change the manifest's text; the old one stays when the new one would not be a valid catalogue."""
    old = path.read_text(encoding="utf-8") if path.is_file() else None
    new = change(old or "")
    with tempfile.TemporaryDirectory() as trial:
        (Path(trial) / MANIFEST_NAME).write_text(new, encoding="utf-8")
        try:
            load_catalogue(Path(trial))
        except ModelError as error:
            raise ModelError(str(error).replace(trial, str(path.parent))) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, new.encode())
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error.strerror}); check space and permissions") from error


def _without(text: str, name: str) -> str:
    """Return the manifest's text without one entry."""
    starts = [found.start() for found in _HEADER.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        if re.search(rf'^name\s*=\s*["\']{re.escape(name)}["\']\s*(#.*)?$', text[start:end], re.MULTILINE):
            return (text[:start].rstrip("\n") + "\n\n" + text[end:]).strip("\n") + "\n"
    return text


def _toml(value: Any) -> str:  # a plain value of a manifest: text, number, truth or a row of them
    """Return a value as TOML writes it; JSON's strings and numbers are TOML's."""
    return json.dumps(value, ensure_ascii=False)
