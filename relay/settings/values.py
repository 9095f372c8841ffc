"""The kinds of values in the relay's configuration, and what all its tables have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

Name = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Text = Annotated[str, Strict(), StringConstraints(max_length=500)]
Whole = Annotated[int, Strict()]
Decimal = Annotated[float, Strict()]
Seconds = Annotated[Decimal, Field(ge=0.0, le=31_536_000.0)]
PositiveSeconds = Annotated[Decimal, Field(gt=0.0, le=31_536_000.0)]
Units = Annotated[Whole, Field(ge=1, le=10_000)]


class Settings(BaseModel):
    """What all tables of the file have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
