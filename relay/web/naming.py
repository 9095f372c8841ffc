"""Names for people in both languages, from the city's files; an id stands for itself where the files know no name."""

from relay.core.city import City
from relay.core.city_now import CityNow
from relay.web.shapes import Titles


class NamesNow:
    """The names of the city in force; built anew when an import has replaced it."""

    def __init__(self, cities: CityNow) -> None:
        self._cities = cities
        self._built = Names(cities.city)

    @property
    def now(self) -> "Names":
        """The names of this moment."""
        built, city = self._built, self._cities.city
        if built.city is not city:
            built = self._built = Names(city)
        return built


class Names:
    """Looks names up; pure, built once per city."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._towns = {town.town_id: _titles(town.name, town.name_en, town.town_id) for town in city.towns}
        self._areas = {area.area_id: _titles(area.name, area.name_en, area.area_id) for area in city.areas}
        self._rooms = {room.node: _titles(room.title, room.title_en, room.node) for room in city.rooms}
        self._units = {unit.unit_id: _titles(unit.name, unit.name_en, unit.unit_id) for unit in city.units}
        self._categories = {
            category.category: _titles(category.title_zh, category.title_en, category.category)
            for category in city.categories
        }

    def area(self, area_id: str) -> Titles:
        """Return an area's name."""
        return self._areas.get(area_id) or _titles("", "", area_id)  # type: ignore[call-overload]  # NewType of str

    def town_of(self, area_id: str) -> Titles | None:
        """Return the name of an area's town; None for an unmapped one."""
        area = self.city.area_by_id.get(area_id)  # type: ignore[call-overload]  # NewType of str
        return self._towns.get(area.town_id) if area is not None else None

    def room(self, node: str) -> Titles:
        """Return a room's name."""
        return self._rooms.get(node) or _titles("", "", node)  # type: ignore[call-overload]  # NewType of str

    def unit(self, unit_id: str) -> Titles:
        """Return a unit's name."""
        return self._units.get(unit_id) or _titles("", "", unit_id)  # type: ignore[call-overload]  # NewType of str

    def category(self, category: str) -> Titles:
        """Return a category's name."""
        return self._categories.get(category) or _titles("", "", category)  # type: ignore[call-overload]  # NewType


def _titles(zh: str, en: str, key: str) -> Titles:
    return Titles(zh=zh or en or key, en=en or zh or key)
