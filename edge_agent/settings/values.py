"""The single values of a room's configuration, with their ranges and what is said about one that is none.

Owns the types that the tables of ``model.py``, ``rules.py`` and ``health.py`` are made of, and what all tables have in
common.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints

from patrol_wire.keys import is_z85_key

_ENDPOINT: Final = re.compile(r"^tcp://([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})\Z")


def _z85_key(text: str) -> str:
    if not is_z85_key(text):
        raise ValueError("is not a key of 40 characters in Z85; copy public_key from the relay's key file")
    return text


def _endpoint(text: str) -> str:
    found = _ENDPOINT.match(text)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        raise ValueError('is not a ZeroMQ endpoint; write it as "tcp://HOST:PORT"')
    return text


Name = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
"""The alphabet of patrol_wire.limits.Name, in the regular expressions of pydantic."""
Text = Annotated[str, Strict(), StringConstraints(max_length=500)]
Label = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=64)]
PublicKey = Annotated[str, Strict(), AfterValidator(_z85_key)]
Endpoint = Annotated[str, Strict(), AfterValidator(_endpoint)]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Decimal = Annotated[float, Strict()]
Unit01 = Annotated[Decimal, Field(ge=0.0, le=1.0)]
Longitude = Annotated[Decimal, Field(ge=-180.0, le=180.0)]
Latitude = Annotated[Decimal, Field(ge=-90.0, le=90.0)]
LonLat = tuple[Longitude, Latitude]
"""WGS-84 degrees, longitude first."""
Point = tuple[Unit01, Unit01]
"""x and y in shares of the picture, from its top left corner."""
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]
Polyline = Annotated[tuple[Point, ...], Field(min_length=2, max_length=2)]
LONGEST_S: Final = 86_400.0
Seconds = Annotated[Decimal, Field(ge=0.0, le=LONGEST_S)]
PositiveSeconds = Annotated[Decimal, Field(gt=0.0, le=LONGEST_S)]


class Settings(BaseModel):
    """What all tables of the file have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
