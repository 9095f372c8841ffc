"""What all tables of a room's file are made of: the frozen model, and the values that several tables have."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, Strict

Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Decimal = Annotated[float, Strict()]
LONGEST_S: Final = 86_400.0
Seconds = Annotated[Decimal, Field(ge=0.0, le=LONGEST_S)]
PositiveSeconds = Annotated[Decimal, Field(gt=0.0, le=LONGEST_S)]


class Settings(BaseModel):
    """What all tables of the file have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
