"""What is drawn on one camera's picture: its zones, lines, masks and rules, apart from where its stream comes from.

Owns DrawingSettings, everything that can be wrong with one, and how one is laid over the room's file. The same words as
in the file; ``drawing_book.py`` keeps the versions, ``core/drawings.py`` decides who may change them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from edge_agent.settings.checks import camera_problems
from edge_agent.settings.model import CameraSettings, LineSettings, MaskSettings, ZoneSettings
from edge_agent.settings.rules import AnyRule
from edge_agent.settings.toml_file import worded
from edge_agent.settings.toml_lines import KeyPath
from edge_agent.settings.values import Settings

MOST_BYTES: Final = 48 * 1024
"""Of one drawing as JSON: it travels to the analysis in one message."""
_HERE: Final[KeyPath] = ("camera", 0)


class DrawingSettings(Settings):
    """``zone``, ``line``, ``mask`` and ``rule`` of one ``[[camera]]``."""

    zones: tuple[ZoneSettings, ...] = Field(default=(), alias="zone", max_length=64)
    lines: tuple[LineSettings, ...] = Field(default=(), alias="line", max_length=64)
    masks: tuple[MaskSettings, ...] = Field(default=(), alias="mask", max_length=64)
    rules: tuple[AnyRule, ...] = Field(default=(), alias="rule", max_length=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingProblem:
    """What is wrong at one key."""

    path: KeyPath
    """As in the file, the first being 0: ``("rule", 0, "min_height")``."""
    code: str
    """A word for the page, which has its sentence in both languages."""
    text: str
    """The same in English, as the loader of the file says it."""


def drawing_of(camera: CameraSettings) -> DrawingSettings:
    """Return what is drawn on a camera's picture."""
    return DrawingSettings.model_construct(
        zones=camera.zones, lines=camera.lines, masks=camera.masks, rules=camera.rules
    )


def with_drawing(camera: CameraSettings, drawing: DrawingSettings, *, over: DrawingSettings) -> CameraSettings:
    """Return the camera of the file with a drawing laid over it, which was made while the file said ``over``.

    A mask that the file has got since acts beside the drawing's: nothing that somebody hides is ever shown because
    somebody else had drawn before.
    """
    known = {*over.masks, *drawing.masks}
    later = tuple(mask for mask in camera.masks if mask not in known)
    return camera.model_copy(
        update={
            "zones": drawing.zones,
            "lines": drawing.lines,
            "masks": (*drawing.masks, *later),
            "rules": drawing.rules,
        }
    )


def read_drawing(table: Any, camera: CameraSettings) -> DrawingSettings | tuple[DrawingProblem, ...]:
    """Return a drawing for this camera from parsed JSON, or everything that is wrong with it."""
    try:
        drawing = DrawingSettings.model_validate(table)
    except ValidationError as error:
        found = tuple(_problem(detail) for detail in error.errors(include_url=False))
        return tuple(one for one in found if not _is_echo(one, found))
    size = len(drawing.model_dump_json(by_alias=True))
    if size > MOST_BYTES:
        text = f"is {size} bytes long; {MOST_BYTES} are allowed, take out corners or rules"
        return (DrawingProblem(path=(), code="too_large", text=text),)
    drawn = with_drawing(camera, drawing, over=drawing_of(camera))
    found = tuple(
        DrawingProblem(path=problem.path, code=problem.code, text=problem.text)
        for problem in camera_problems(drawn, ())
    )
    return found or drawing


def _is_echo(problem: DrawingProblem, found: Sequence[DrawingProblem]) -> bool:
    """Whether pydantic calls a list too short because an element of it is wrong, which is told by itself."""
    length = len(problem.path)
    return problem.code == "too_few" and any(
        len(other.path) > length and other.path[:length] == problem.path for other in found
    )


def _problem(detail: ErrorDetails) -> DrawingProblem:
    there = detail.copy()
    there["loc"] = (*_HERE, *detail["loc"])
    path, text = worded(there)
    return DrawingProblem(path=path[len(_HERE) :], code=_CODES.get(detail["type"], "unusable"), text=text)


_CODES: Final = {
    "missing": "missing",
    "union_tag_not_found": "missing",
    "union_tag_invalid": "not_a_choice",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "extra_forbidden": "unknown_key",
    "string_pattern_mismatch": "not_a_name",
    "string_too_short": "empty",
    "too_short": "too_few",
    "too_long": "too_many",
    "greater_than_equal": "too_small",
    "greater_than": "too_small",
    "less_than_equal": "too_big",
    "less_than": "too_big",
    "float_type": "not_a_number",
    "int_type": "not_a_number",
    "int_from_float": "not_a_number",
    "finite_number": "not_a_number",
    "value_error": "schedule",
}
"""pydantic's kinds of error to ours; ``value_error`` is only raised by the windows of a schedule here."""
