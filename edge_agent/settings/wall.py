"""What the operators' pages show: their language, and the kinds a flag can be given."""

from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from edge_agent.settings.values import Name, Settings

MOST_ON_THE_WALL: Final = 9
"""Tiles of the wall, one for each digit of a numeric keypad; with more, people overlook what they search."""
MOST_KINDS: Final = 8


class WallSettings(Settings):
    """``[wall]``: the room's pages."""

    language: Literal["zh-CN", "en"] = "zh-CN"
    kinds: Annotated[tuple[Name, ...], Field(max_length=MOST_KINDS)] = (
        "disorder",
        "theft",
        "traffic",
        "fire",
        "person_down",
        "crowd",
        "intrusion",
        "other",
    )
    map_file: Annotated[str, Strict()] = ""
