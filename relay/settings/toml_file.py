"""Reads the relay's TOML file; a refusal is one sentence: file, line where known, key, what is wrong, what to do.

The edge agent words its errors the same way; the two programs never import each other.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from relay.settings.checks import problems
from relay.settings.errors import SettingsError
from relay.settings.model import CityTable, DatabaseTable, RelaySettings
from relay.settings.toml_lines import KeyPath, line_of

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing; add it",
    "int_type": "is not a whole number; write one without quotes",
    "float_type": "is not a number; write one without quotes",
    "string_type": 'is not a text; put it in "quotes"',
    "path_type": 'is not a path; put it in "quotes"',
    "tuple_type": "is not a list; write it in [ ]",
    "model_type": "is not a table; write its keys below a [header]",
    "model_attributes_type": "is not a table; write its keys below a [header]",
    "finite_number": "is not a finite number; write an ordinary one",
    "string_too_short": "is empty; fill it in",
    "string_pattern_mismatch": "has 1 to 64 of a-z 0-9 . _ - and starts with a letter or digit; rename it",
}
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than_equal": ("ge", "the least allowed is"),
    "greater_than": ("gt", "it must be above"),
    "less_than_equal": ("le", "the most allowed is"),
    "less_than": ("lt", "it must be below"),
}


def load_settings(path: Path, *, database: str = "") -> RelaySettings:
    """Return the settings in a file; raises SettingsError and nothing else for whatever the file is.

    Paths in the file that are not absolute count from the folder the file lies in. ``database`` is a URL given
    beside the file; it takes the place of ``[database] url``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such file; give the relay's TOML file with --config") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    settings = _anchored(parse_settings(text, source=str(path)), path.absolute().parent)
    if not database:
        return settings
    try:
        return settings.model_copy(update={"database": DatabaseTable(url=database)})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise SettingsError(f"--database {database}: {detail['ctx']['error']}") from error


def _anchored(settings: RelaySettings, folder: Path) -> RelaySettings:
    """Return the settings with every relative path below ``folder``."""
    token_file = settings.web.token_file
    return settings.model_copy(
        update={
            "paths": settings.paths.model_copy(
                update={
                    "state_dir": folder / settings.paths.state_dir,
                    "run_dir": folder / settings.paths.run_dir,
                }
            ),
            "keys": settings.keys.model_copy(
                update={
                    "key_file": folder / settings.keys.key_file,
                    "peers_file": folder / settings.keys.peers_file,
                }
            ),
            "web": settings.web.model_copy(update={"token_file": str(folder / token_file) if token_file else ""}),
            "media": settings.media.model_copy(
                update={"dir": str(folder / settings.media.dir) if settings.media.dir else ""}
            ),
            "channels": settings.channels.anchored(folder),
            "city": CityTable(dir=folder / settings.city.dir),
        }
    )


def parse_settings(text: str, *, source: str) -> RelaySettings:
    """Return the settings in TOML text; ``source`` names it in errors. Raises SettingsError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source}: is not valid TOML: {error}; mend that line") from error
    try:
        settings = RelaySettings.model_validate(table)
    except ValidationError as error:
        found = error.errors(include_url=False)
        worst = next((detail for detail in found if detail["type"] == "extra_forbidden"), found[0])
        raise SettingsError(_sentence(source, text, worst["loc"], _worded(worst))) from error
    for problem in problems(settings):
        raise SettingsError(_sentence(source, text, problem.path, problem.text))
    return settings


def _sentence(source: str, text: str, path: KeyPath, what: str) -> str:
    line = line_of(text, path)
    where = f"{source}, line {line}" if line is not None else source
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"{where}: {key or 'the file'} {what}"


def _worded(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return f"is an unknown key; {_advice(detail['loc'])}"
        case "enum" | "literal_error":
            return f"is {detail['input']!r}; write one of {limits['expected']}"
        case "value_error":
            return str(limits["error"])
        case "too_short" | "too_long":
            bound = limits.get("min_length", limits.get("max_length"))
            return f"has {limits['actual_length']} entries; give {bound}"
        case bounded if bounded in _BOUNDS:
            key, words = _BOUNDS[bounded]
            return f"is {detail['input']}; {words} {limits[key]}"
        case known if known in _WORDS:
            return _WORDS[known]
        case _:
            return f"is not usable: {detail['msg']}"


def _advice(loc: KeyPath) -> str:
    """Say what the table allows, and which key was probably meant."""
    model: type[BaseModel] = RelaySettings
    parts = iter(loc[:-1])
    for part in parts:
        inner = model.model_fields[str(part)].annotation
        if get_origin(inner) is dict:  # tables by name
            inner = get_args(inner)[1]
            next(parts, None)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return "remove it"
        model = inner
    known = sorted(model.model_fields)
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f'did you mean "{near[0]}"?' if near else f"known here are {', '.join(known)}; remove it"
