"""The pages both programs serve: where their files lie, their texts, and their rendering.

Owns nothing of HTTP: the program that serves mounts ``MOUNTS`` and answers the rendered pages. Texts are one JSON
file per language with equal keys; templates and modules name keys only.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined


class RoomPage(StrEnum):
    """The pages of a video room."""

    WALL = "wall"
    HEALTH = "health"
    RULES = "rules"
    GALLERY = "gallery"


_HERE: Final = Path(__file__).parent
LANGUAGES: Final = ("zh-CN", "en")
DEFAULT_LANGUAGE: Final = LANGUAGES[0]
LANGUAGE_NAMES: Final = MappingProxyType({"zh-CN": "中文", "en": "English"})
"""Each language in its own words: what a person who cannot read the page looks for."""
MOUNTS: Final[Mapping[str, Path]] = MappingProxyType(
    {"/static/styles": _HERE / "styles", "/static/texts": _HERE / "texts", "/static": _HERE / "static"}
)
"""Path prefix to folder, the longest first; every file under it may be served to anybody."""


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return the texts of one of LANGUAGES."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    found: dict[str, str] = json.loads((_HERE / "texts" / f"{language}.json").read_text(encoding="utf-8"))
    return MappingProxyType(found)


def language_of(wanted: str | None, default: str = DEFAULT_LANGUAGE) -> str:
    """Return the language for ``?lang=``: exact, or by its first part (``zh``, ``en-GB``), else the default."""
    if wanted:
        first = wanted.replace("_", "-").lower().split("-")[0]
        for language in LANGUAGES:
            if language.lower().split("-")[0] == first:
                return language
    return default


def render_live_page(*, language: str, city_name: str, time_zone: str) -> str:
    """Return the HTML of the live page; its script fills it from the API."""
    words = texts(language)
    return (
        _templates()
        .get_template("live.html")
        .render(
            t=words.__getitem__,
            language=language,
            languages=LANGUAGE_NAMES,
            city_name=city_name,
            time_zone=time_zone,
        )
    )


def render_board_page(*, language: str, city_name: str, time_zone: str, month: str, release: int | None) -> str:
    """Return the HTML of the index board; its script fills it from the API."""
    return (
        _templates()
        .get_template("board.html")
        .render(
            t=texts(language).__getitem__,
            language=language,
            languages=LANGUAGE_NAMES,
            city_name=city_name,
            time_zone=time_zone,
            month=month,
            release=release,
        )
    )


def render_room_page(*, page: RoomPage, language: str, time_zone: str) -> str:
    """Return the HTML of one of the room's pages; its script fills it from the API."""
    words = texts(language)
    return (
        _templates()
        .get_template("room.html")
        .render(
            t=words.__getitem__,
            language=language,
            languages=json.dumps(dict(LANGUAGE_NAMES), ensure_ascii=False),
            time_zone=time_zone,
            page=page.value,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
