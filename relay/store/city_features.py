"""GeoJSON of the city: features with their place in the file, and polygons that can be trusted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.validation import explain_validity

from relay.core.city_faults import CityFault
from relay.store.city_rows import RowRefusedError
from relay.store.city_source import CitySource

Ground: TypeAlias = Polygon | MultiPolygon
_MOST_LON: Final = 180.0
_MOST_LAT: Final = 90.0


class Lines:
    """Finds the line on which a feature begins; the file is walked once, when the first fault asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[int] | None = None

    def of(self, number: int) -> int | None:
        """Return the line of feature ``number`` (from 1)."""
        if self._lines is None:
            self._lines = _walk(self._text)
        return self._lines[number - 1] if number <= len(self._lines) else None


def _walk(text: str) -> list[int]:
    decoder = json.JSONDecoder()
    at = text.find("[", text.find('"features"')) + 1
    lines: list[int] = []
    line, counted = 1, 0
    while at > 0:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text) or text[at] == "]":
            break
        line, counted = line + text.count("\n", counted, at), at
        lines.append(line)
        try:
            _, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            break
    return lines


@dataclass(slots=True, kw_only=True)
class Feature:
    """One feature with its place, so that every complaint says where."""

    title: str
    number: int
    lines: Lines
    properties: Mapping[str, Any]
    geometry: object
    key: str = ""
    """Its id, once known."""

    def fault(self, what: str, *, column: str = "", grave: bool = True) -> CityFault:
        """Return a complaint about this feature."""
        return CityFault(
            file=self.title,
            line=self.lines.of(self.number),
            subject=f"feature {self.number}" + (f" ({self.key})" if self.key else ""),
            column=column,
            what=what,
            grave=grave,
        )

    def refuse(self, what: str, *, column: str = "") -> NoReturn:
        """Give the feature up."""
        raise RowRefusedError(self.fault(what, column=column))

    def text(self, column: str) -> str:
        """Return a property that must be a text."""
        value = self.properties.get(column)
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"the property {column} is missing; write a text", column=column)
        return value

    def ground(self) -> Ground:
        """Return the polygon; refuses what is none, crosses itself, or lies off the globe."""
        if not isinstance(self.geometry, Mapping) or self.geometry.get("type") not in ("Polygon", "MultiPolygon"):
            self.refuse("the geometry must be a Polygon or MultiPolygon", column="geometry")
        try:
            ground = shape(self.geometry)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
            self.refuse(f"the coordinates make no polygon: {error}", column="geometry")
        if ground.is_empty or not ground.is_valid:
            why = "it is empty" if ground.is_empty else explain_validity(ground)
            self.refuse(f"invalid polygon: {why}; draw its ring again without crossing itself", column="geometry")
        left, bottom, right, top = ground.bounds
        if max(-left, right) > _MOST_LON or max(-bottom, top) > _MOST_LAT:
            exchanged = max(-left, right) <= _MOST_LAT and max(-bottom, top) <= _MOST_LON
            hint = "longitude and latitude are exchanged" if exchanged else "WGS-84 lon, lat in this order"
            self.refuse(f"coordinates out of range; {hint}", column="geometry")
        return ground


def read_features(source: CitySource, name: str, faults: list[CityFault]) -> tuple[dict[str, Any], Sequence[Feature]]:
    """Return the collection's own members and its features; nothing when the file is missing or no collection."""
    text = source.text(name, faults)
    if text is None:
        return {}, ()
    title = source.title(name)
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        faults.append(CityFault(file=title, line=getattr(error, "lineno", None), what=f"no valid JSON: {error}"))
        return {}, ()
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        what = "not a GeoJSON FeatureCollection; it needs a list called features"
        faults.append(CityFault(file=title, what=what))
        return {}, ()
    lines = Lines(text)
    features: list[Feature] = []
    for number, each in enumerate(found["features"], 1):
        properties = each.get("properties") if isinstance(each, Mapping) else None
        feature = Feature(title=title, number=number, lines=lines, properties=properties or {}, geometry=None)
        if not isinstance(each, Mapping) or not isinstance(properties, Mapping):
            faults.append(feature.fault("not a GeoJSON Feature with properties"))
            continue
        feature.geometry = each.get("geometry")
        features.append(feature)
    return found, features
