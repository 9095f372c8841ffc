"""What lies inside a community: its grids on two levels, the posts units stand at, and the people of the force."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from patrol_wire.ids import AreaId, NodeName, UnitId

GridId = NewType("GridId", str)
"""A grid: the ground one grid worker (level three) or one group of them (level two) answers for."""
PostId = NewType("PostId", str)
"""A fixed point where a unit stands."""
PersonId = NewType("PersonId", str)
"""A person of the force by duty number; names of persons are in no file of ours."""
LEVELS: Final = (2, 3)
"""Communities are level one; a grid of level three lies in one of level two."""


class PersonRole(StrEnum):
    """What a person of the force does."""

    PATROL_OFFICER = "patrol_officer"
    COMMUNITY_PATROL = "community_patrol"
    GRID_WORKER = "grid_worker"
    VIDEO_OPERATOR = "video_operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A grid of a community."""

    grid_id: GridId
    name: str
    level: int
    area_id: AreaId
    parent_id: GridId | None
    """The grid of level two around one of level three; None for level two."""
    name_en: str = ""
    outline: tuple[tuple[float, float], ...] = ()
    """Its outer boundary: (lon, lat) points; the last joins the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A fixed point."""

    post_id: PostId
    name: str
    area_id: AreaId
    place: tuple[float, float]
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the force: of a unit or of a video room."""

    person_id: PersonId
    title: str
    """Duty title, such as 石桥巡警01号."""
    role: PersonRole
    unit_id: UnitId | None
    room: NodeName | None
