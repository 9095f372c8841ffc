"""The city in force: one reference that an import replaces as a whole, read by every part at the moment of use."""

from dataclasses import dataclass
from typing import Final

from relay.core.city import City

FOLDER: Final = 0
"""Version of a city that was read from the settings' folder; imports count from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityInForce:
    """A city and the number of the import it came with."""

    city: City
    version: int = FOLDER


class CityNow:
    """Holds it. Any thread reads; only the writer's thread replaces, after the commit that holds the version.

    What runs over several calls takes ``in_force`` once and works with that.
    """

    def __init__(self, city: City, version: int = FOLDER) -> None:
        self.in_force = CityInForce(city=city, version=version)

    @property
    def city(self) -> City:
        """The city of this moment."""
        return self.in_force.city

    def replace(self, city: City, version: int) -> None:
        """Take another city; whoever asks from now on gets it."""
        self.in_force = CityInForce(city=city, version=version)
