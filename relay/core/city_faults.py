"""What is wrong with a file of the city: where, what, and whether the city can be used in spite of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFault:
    """One complaint. ``str()`` is the sentence for a technician."""

    file: str
    """Name of the file as it was given, with its folder when it lies in one."""
    what: str
    """What is wrong and what to do."""
    line: int | None = None
    """Line in the file, from 1; None when it concerns the whole file."""
    column: str = ""
    """Column of a table or key of a feature's properties; empty when it concerns the whole row."""
    subject: str = ""
    """Which feature, such as ``feature 3 (t01-c03)``; empty in tables."""
    grave: bool = True
    """False: a doubt that a person should look at; the file can be used."""

    def __str__(self) -> str:
        place = [self.file]
        if self.line is not None:
            place.append(f"line {self.line}")
        if self.subject:
            place.append(self.subject)
        return f"{', '.join(place)}: {self.what}"
