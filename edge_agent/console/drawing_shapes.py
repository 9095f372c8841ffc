"""What the API of the drawings takes and gives, version 1; fields are added, never renamed or removed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from edge_agent.console.shapes import Asked, Given, Name, Sentence
from edge_agent.settings.drawing import DrawingSettings

Drawing = Annotated[
    dict[str, Any], Field(description="zone, line, mask, rule as in [[camera]] of the room's file, the whole of them")
]
Token = Annotated[str, Field(max_length=200)]
Corners = list[tuple[float, float]]
Edges = tuple[float, float, float, float]


class TechnicianSignOn(Asked):
    """A technician shows who they are."""

    name: Name
    pin: Annotated[str, Field(min_length=1, max_length=200)]


class TechnicianShape(Given):
    """Who is signed on in this tab."""

    name: str | None
    has_technicians: bool = Field(description="Whether anybody may change anything here: console.technicians_file")


class TechnicianSignedOn(Given):
    """The token goes into the header X-Technician of every act; it holds for half an hour after the last one."""

    name: str
    token: str


class DrawingSummary(Given):
    """One camera in the list."""

    camera: str
    title: str
    version: int = Field(description="0: as the room's file says, and never changed")
    author: str
    changed_at: datetime | None
    file_changed: bool
    zones: int
    lines: int
    masks: int
    rules: int


class DrawnVersionShape(Given):
    """One line of a camera's list of changes."""

    version: int
    at: datetime
    author: str
    reason: str
    act: str = Field(description="saved, restored")
    restored: int | None = Field(description="Which version was brought back; 0 is the room's file")
    masks_removed: int


class DrawnShape(Given):
    """What is drawn on one camera's picture, and how it came about."""

    camera: str
    title: str
    version: int
    drawing: DrawingSettings = Field(description="In force now")
    file_changed: bool = Field(
        description="The room's file says something else of it than when this was drawn; only its new masks act"
    )
    labels: list[str] = Field(description="What a rule can name here: labels of rules and those of the analysis")
    history: list[DrawnVersionShape] = Field(description="The newest first, at most 50")


class DraftAsked(Asked):
    """A drawing that is not saved."""

    drawing: Drawing


class ProblemShape(Given):
    """What is wrong at one key."""

    path: list[str | int] = Field(description='As in the file, the first being 0: ["rule", 0, "min_height"]')
    code: str = Field(
        description="missing, empty, not_a_choice, unknown_key, not_a_name, too_few, too_many, too_small, too_big, "
        "not_a_number, schedule, given_twice, unknown_zone, unknown_line, no_zone, no_area, no_length, nothing_fits, "
        "stages, labels, too_large, unusable"
    )
    text: str = Field(description="The same in English, as patrol check says it")


class CheckedShape(Given):
    """Whether a draft can be saved."""

    problems: list[ProblemShape]
    masks_removed: int = Field(description="Masks of now that would be gone or changed; save wants this number")


class DrawingSaved(Asked):
    """A draft is to be in force."""

    drawing: Drawing
    on_version: Annotated[int, Field(ge=0)] = Field(description="The version it was drawn on; another one refuses it")
    reason: Sentence
    confirmed_masks: Annotated[int, Field(ge=0)] = 0


class DrawingRestored(Asked):
    """An earlier version is to be in force again."""

    version: Annotated[int, Field(ge=0)]
    on_version: Annotated[int, Field(ge=0)]
    reason: Sentence
    confirmed_masks: Annotated[int, Field(ge=0)] = 0


class SavedShape(Given):
    """What became of a save: the problems, or how the camera stands now."""

    problems: list[ProblemShape]
    drawn: DrawnShape | None


class PreviewBegun(Given):
    """A draft judges the live tracks from now on; one that nobody looks at is forgotten after half a minute."""

    preview_id: Token | None = Field(description="null: the draft has problems")
    problems: list[ProblemShape]


class PreviewThing(Given):
    """Something that is followed now."""

    number: int = Field(description="Names it within this session; means nothing beyond it")
    label: str
    score: float
    box: Edges = Field(description="left, top, right, bottom in shares of the picture")
    seen_now: bool
    zones: list[str] = Field(description="Zones of the draft that its feet are in")


class PreviewStanding(Given):
    """A rule of the draft holds for something now."""

    rule: str
    number: int = Field(description="Of the thing; 0 and below: a group, or what came to rest")
    is_told: bool = Field(description="Whether it would have raised an alert")
    for_s: float


class PreviewAlertShape(Given):
    """An alert that the draft would have raised since the preview began."""

    rule: str
    label: str
    zone: str
    severity: str
    at: datetime
    box: Edges


class PreviewShape(Given):
    """How a draft stands."""

    at: datetime | None = Field(description="Of the newest picture analysed; null while there is none")
    age_s: float | None
    things: list[PreviewThing]
    standings: list[PreviewStanding]
    alerts: list[PreviewAlertShape]
    not_looked_for: dict[str, list[str]] = Field(description="Rule → labels that nothing looks for yet")
    no_still: list[str] = Field(description="Rules about what comes to rest, which nothing looks for yet")


class WhatIfAlertShape(Given):
    """An alert that one side tells."""

    rule: str
    label: str
    zone: str
    severity: str
    stage: int
    at: datetime
    ended_at: datetime
    box: Edges | None
    still_told_by: list[str]


class WhatIfSideShape(Given):
    """One rule on one side."""

    alerts: int
    per_day: float | None = Field(description="At the rate of the time compared; null when it was never armed in it")


class WhatIfRuleShape(Given):
    """One rule before and after."""

    rule: str
    before: WhatIfSideShape | None = Field(description="null: the rule is new")
    after: WhatIfSideShape | None = Field(description="null: the rule is gone")
    gone: list[WhatIfAlertShape]
    new: list[WhatIfAlertShape]


class WhatIfResultShape(Given):
    """What the last hour tells under both."""

    pictures: int
    seen_s: float = Field(description="Seconds that were kept of the hour, holes left out")
    since: datetime | None
    until: datetime | None
    rules: list[WhatIfRuleShape]
    before: list[WhatIfAlertShape]
    after: list[WhatIfAlertShape]
    not_looked_for: dict[str, list[str]]
    no_still: list[str]
    is_cut: bool


class WhatIfShape(Given):
    """How a comparison stands."""

    run_id: Token | None = Field(description="null: the draft has problems")
    state: str = Field(description="running, done, cancelled, failed")
    share: float = Field(description="0-1")
    fault: str
    problems: list[ProblemShape]
    result: WhatIfResultShape | None
