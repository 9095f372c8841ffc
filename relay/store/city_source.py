"""The bytes of a city's files before anything is understood: from a folder, or as they were handed in.

Text is UTF-8. A CSV that a spreadsheet saved in GBK, with a byte order mark or with CRLF is read all the same and the
change of encoding is told; anything else is refused with the byte where it stops being text.
"""

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relay.core.city_faults import CityFault

REQUIRED: Final = ("towns.csv", "areas.geojson", "beats.csv", "rooms.csv", "units.csv")
OPTIONAL: Final = ("grids.geojson", "posts.csv", "cameras.csv", "people.csv", "shifts.csv", "forces.toml")
NAMES: Final = (*REQUIRED, *OPTIONAL)
LARGEST_BYTES: Final = 64 * 1024 * 1024
"""Of one file, unpacked: a city of 100,000 grids."""
_GZIP: Final = b"\x1f\x8b"
_FIRST_COLUMNS: Final = {
    "towns.csv": "town_id,",
    "beats.csv": "beat_id,",
    "posts.csv": "post_id,",
    "rooms.csv": "node,",
    "cameras.csv": "camera,",
    "units.csv": "unit_id,",
    "people.csv": "person_id,",
    "shifts.csv": "shift_id,",
}
_OR_ABOVE: Final = frozenset({"forces.toml"})
"""Looked for in the folder above too, like the categories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitySource:
    """The files of one city by name, unpacked. Files that lie in a folder are named with it in complaints."""

    files: Mapping[str, bytes]
    folder: Path | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    """What a file was called by whoever handed it in, where that is not its name."""

    def title(self, name: str) -> str:
        """Return what a complaint calls a file."""
        if name in self.titles:
            return self.titles[name]
        return str(self.folder / name) if self.folder is not None else name

    def text(self, name: str, faults: list[CityFault]) -> str | None:
        """Return a file's text; None when it is missing or no text, with a fault for a required or unreadable one."""
        content = self.files.get(name)
        if content is None:
            if name in REQUIRED:
                faults.append(
                    CityFault(file=self.title(name), what="cannot be read (it is missing); a city needs this file")
                )
            return None
        return decoded(content, self.title(name), faults, gbk=name.endswith(".csv"))


def read_folder(folder: Path, faults: list[CityFault]) -> CitySource:
    """Read what lies in a folder; ``NAME.gz`` stands for NAME where that is missing. forces.toml may lie above it."""
    found = {name: content for name in NAMES if (content := read_file(folder, name, faults)) is not None}
    return CitySource(files=found, folder=folder)


def read_file(folder: Path, name: str, faults: list[CityFault]) -> bytes | None:
    """Return one file of a folder, unpacked; None when it is missing, or damaged, which is told."""
    places = [folder / name, folder / f"{name}.gz", *([folder.parent / name] if name in _OR_ABOVE else [])]
    path = next((each for each in places if each.exists()), None)
    if path is None:
        return None
    try:
        return unpacked(path.read_bytes())
    except OSError as error:
        faults.append(CityFault(file=str(path), what=f"cannot be read ({error.strerror or error})"))
    except (EOFError, ValueError) as error:
        faults.append(CityFault(file=str(path), what=f"is damaged: {error}; take it again from where it came"))
    return None


def unpacked(content: bytes) -> bytes:
    """Return the content of a file that may be gzip; ValueError for one that unpacks beyond every measure."""
    if not content.startswith(_GZIP):
        if len(content) > LARGEST_BYTES:
            raise ValueError(f"larger than {LARGEST_BYTES >> 20} MiB")
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ValueError(str(error)) from error
    if len(plain) > LARGEST_BYTES:
        raise ValueError(f"unpacks to more than {LARGEST_BYTES >> 20} MiB")
    return plain


def decoded(content: bytes, title: str, faults: list[CityFault], *, gbk: bool) -> str | None:
    """Return the text; with ``gbk`` what is no UTF-8 may be GBK, which is told."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at_byte = error.start
    if gbk and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            pass
        else:
            what = "is not UTF-8 and was read as GBK, as spreadsheets in China write it; look at the names"
            faults.append(CityFault(file=title, what=what, grave=False))
            return text
    line = content.count(b"\n", 0, at_byte) + 1
    what = f"not UTF-8 at byte {at_byte}; save the file as UTF-8"
    faults.append(CityFault(file=title, line=line, what=what))
    return None


def name_of(given: str, content: bytes) -> str | None:
    """Return which of the city's files this is: by its name, else by its first columns or its features' properties."""
    name = given.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".gz")
    if name in NAMES:
        return name
    start = content[:4_096].decode("utf-8-sig", errors="replace")
    header = start.partition("\n")[0].strip().replace('"', "")
    for known, first in _FIRST_COLUMNS.items():
        if header.startswith(first):
            return known
    if '"FeatureCollection"' in start:
        return "grids.geojson" if '"grid_id"' in start else "areas.geojson" if '"area_id"' in start else None
    return None
