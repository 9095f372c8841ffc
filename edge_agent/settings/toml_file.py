"""Reads a room's TOML file; a refusal is one sentence: file, line where known, key, what is wrong, what to do."""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge_agent.settings.anchor import anchored
from edge_agent.settings.checks import problems
from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import AgentSettings
from edge_agent.settings.rules import RULE_KINDS
from edge_agent.settings.toml_lines import KeyPath, line_of

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing; add it",
    "int_type": "is not a whole number; write one without quotes",
    "float_type": "is not a number; write one without quotes",
    "bool_type": "is neither true nor false; write one of the two without quotes",
    "string_type": 'is not a text; put it in "quotes"',
    "path_type": 'is not a path; put it in "quotes"',
    "tuple_type": "is not a list; write it in [ ]",
    "model_type": "is not a table; write its keys below a [header]",
    "model_attributes_type": "is not a table; write its keys below a [header]",
    "finite_number": "is not a finite number; write an ordinary one",
}


Change = Callable[[dict[str, Any]], None]
"""Alters the parsed tables of a file before they are judged; raises SettingsError for what it cannot alter."""


def load_settings(path: Path, *, change: Change | None = None) -> AgentSettings:
    """Return the settings in a file; raises SettingsError and nothing else for whatever the file is.

    Paths in the file that are not absolute count from the folder the file lies in, as in the relay's. With ``change``
    the settings are those of the altered tables, judged as if they stood in the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such file; give the room's TOML file with --config") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    return anchored(parse_settings(text, source=str(path), change=change), path.absolute().parent)


def parse_settings(text: str, *, source: str, change: Change | None = None) -> AgentSettings:
    """Return the settings in TOML text; ``source`` names it in errors. Raises SettingsError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source}: is not valid TOML: {error}; mend that line") from error
    if change is not None:
        change(table)
    try:
        settings = AgentSettings.model_validate(table)
    except ValidationError as error:
        worst = _most_telling(error.errors(include_url=False))
        path, text_of_error = worded(worst)
        raise SettingsError(_sentence(source, text, path, text_of_error)) from error
    for problem in problems(settings):
        raise SettingsError(_sentence(source, text, problem.path, problem.text))
    return settings


def _sentence(source: str, text: str, path: KeyPath, what: str) -> str:
    line = line_of(text, path)
    where = f"{source}, line {line}" if line is not None else source
    return f"{where}: {_key_text(path)} {what}"


def _key_text(path: KeyPath) -> str:
    """Word a key path as people count: ``camera[1].zone[2].name`` with the first being 1."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return words.lstrip(".") or "the file"


def _most_telling(found: list[ErrorDetails]) -> ErrorDetails:
    """Prefer an unknown key: a misspelt one is also the reason why another is missing. Else the innermost first one."""
    for detail in found:
        if detail["type"] == "extra_forbidden":
            return detail
    # pydantic also reports the list around a wrong element as too short; the element says more.
    return next((detail for detail in found if detail["type"] != "too_short"), found[0])


def worded(detail: ErrorDetails) -> tuple[KeyPath, str]:
    """Return where a value of the file is refused, and why, as the end of a sentence."""
    path = _without_tags(detail["loc"])
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return path, f"is an unknown key; {_advice(detail['loc'])}"
        case "enum" | "literal_error":
            return path, f"is {detail['input']!r}; write one of {limits['expected']}"
        case "union_tag_invalid":
            return (*path, "kind"), f"is {limits['tag']!r}; write one of {limits['expected_tags']}"
        case "union_tag_not_found":
            return (*path, "kind"), "is missing; write one of " + ", ".join(f"'{tag}'" for tag in sorted(RULE_KINDS))
        case "string_pattern_mismatch":
            return (
                path,
                f"is {detail['input']!r}; a name has 1 to 64 of a-z 0-9 . _ - and starts with a letter or digit",
            )
        case "value_error":
            return path, str(limits["error"])
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return path, f"is {detail['input']}; {_bound(detail['type'], limits)}"
        case "too_short" | "too_long":
            bound, word = ("min_length", "at least") if detail["type"] == "too_short" else ("max_length", "at most")
            return path, f"has {limits['actual_length']} entries; give {word} {limits[bound]}"
        case "string_too_short":
            return path, "is empty; fill it in"
        case "string_too_long":
            return path, f"is longer than {limits['max_length']} characters; shorten it"
        case known if known in _WORDS:
            return path, _WORDS[known]
        case _:
            return path, f"is not usable: {detail['msg']}"


def _bound(kind: str, limits: Mapping[str, object]) -> str:
    return {
        "greater_than_equal": f"the least allowed is {limits.get('ge')}",
        "greater_than": f"it must be above {limits.get('gt')}",
        "less_than_equal": f"the most allowed is {limits.get('le')}",
        "less_than": f"it must be below {limits.get('lt')}",
    }[kind]


def _without_tags(path: tuple[int | str, ...]) -> KeyPath:
    """Take out the name of the rule's kind that pydantic puts into the path of a discriminated union."""
    return tuple(
        part
        for number, part in enumerate(path)
        if not (part in RULE_KINDS and number >= 2 and path[number - 2] == "rule")
    )


def _advice(loc: KeyPath) -> str:
    """Say what the table allows, and which key was probably meant; ``loc`` still has the tag of a rule's kind."""
    known = sorted(_keys_at(loc[:-1]))
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known here are {', '.join(known)}; remove it" if known else "remove it"


def _keys_at(loc: KeyPath) -> set[str]:
    """Return the keys the model knows in the table at ``loc``."""
    models: list[type[BaseModel]] = [AgentSettings]
    for part in loc:
        if isinstance(part, int):
            continue
        if part in RULE_KINDS:
            models = [model for model in models if part in get_args(model.model_fields["kind"].annotation)]
            continue
        models = [
            inner
            for model in models
            for name, field in model.model_fields.items()
            if (field.alias or name) == part
            for inner in _models_in(field.annotation)
        ]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
