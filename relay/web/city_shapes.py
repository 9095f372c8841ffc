"""Shapes of the city's import: what is handed in, what it would change, what is wrong with it, which versions exist."""

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from relay.core.city_changes import KindChanges
from relay.core.city_faults import CityFault
from relay.store.city_keeper import CityPreview

MOST_FAULTS = 500
"""Told in one answer; the first ones usually explain the rest."""
Author = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CityFiles(_Shape):
    """Files of the city by name, each in base64 and packed with gzip or not; a ZIP counts as the files in it.

    ``of_version`` instead of files: all files of that version and no others, to undo what came after it.
    """

    files: dict[Annotated[str, StringConstraints(min_length=1, max_length=255)], str] = Field(
        default_factory=dict, max_length=20
    )
    of_version: int | None = Field(default=None, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.files) == (self.of_version is not None):
            raise ValueError("give files, or of_version to go back to a version")
        return self


class CityImportAsked(CityFiles):
    """An import; ``version`` is the one the preview was compared with, so that nothing is overwritten unseen."""

    author: Author
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    version: int | None = Field(default=None, ge=0)


class CityFaultShape(_Shape):
    """What is wrong in a file."""

    file: str
    line: int | None
    column: str
    subject: str
    what: str
    grave: bool


class KindChangesShape(_Shape):
    """Ids of one kind of thing."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


class CityPreviewShape(_Shape):
    """What an import would do."""

    version: int
    usable: bool
    changes: dict[str, KindChangesShape]
    faults: tuple[CityFaultShape, ...]
    more_faults: int
    effects: tuple[str, ...]


class CityVersionShape(_Shape):
    """One import."""

    version: int
    at: AwareDatetime
    author: str
    note: str


class CityShape(_Shape):
    """The city in force and the imports before it."""

    version: int
    name: str
    name_en: str
    sizes: dict[str, int]
    versions: tuple[CityVersionShape, ...]


class CityImported(_Shape):
    """An import that is durable and in force."""

    version: int
    changes: dict[str, KindChangesShape]
    effects: tuple[str, ...]


def preview_shape(found: CityPreview) -> CityPreviewShape:
    """Return a preview for people."""
    return CityPreviewShape(
        version=found.version,
        usable=found.usable,
        changes=changes_shape(found),
        faults=tuple(_fault(each) for each in found.faults[:MOST_FAULTS]),
        more_faults=max(0, len(found.faults) - MOST_FAULTS),
        effects=found.effects,
    )


def changes_shape(found: CityPreview) -> dict[str, KindChangesShape]:
    """Return what an import changes, by kind."""
    return {kind: _kind(changes) for kind, changes in found.changes.items()}


def _kind(changes: KindChanges) -> KindChangesShape:
    return KindChangesShape(added=changes.added, changed=changes.changed, removed=changes.removed)


def _fault(fault: CityFault) -> CityFaultShape:
    return CityFaultShape(
        file=fault.file,
        line=fault.line,
        column=fault.column,
        subject=fault.subject,
        what=fault.what,
        grave=fault.grave,
    )
