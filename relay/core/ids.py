"""Identifiers that exist only inside the relay; those on the wire are in patrol_wire.ids."""

from typing import Final, NewType

from patrol_wire.ids import AreaId

TownId = NewType("TownId", str)
"""One of the city's towns; each has one police station and one station room."""
BeatId = NewType("BeatId", str)
"""The communities one patrol walks."""
CategoryId = NewType("CategoryId", str)
"""What happened, e.g. ``intrusion``; the city's list is config/city/categories.toml."""

UNMAPPED: Final = AreaId("unmapped")
"""The area of a place that lies in no polygon and whose room has no area: counted, and shown as such."""
