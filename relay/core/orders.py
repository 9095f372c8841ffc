"""What an administrator told this relay to tell its peers: the next key, or to go to another relay. A value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from relay.core.field import GateRole

MOST_REDIRECTS: Final = 2
"""A peer that comes back for the third time finds no other relay that takes it, or the two of them send it to each
other: it is served, because a relay that is about to go is better than none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """In force at this moment."""

    next_relay_key: str = ""
    """Announced in each welcome, snapshot and first page of counts; empty: no change of the key is under way."""
    elsewhere: Mapping[GateRole, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Drained: where the peers of each gate are sent; empty: they are served here."""
    reason: str = ""
    """Why, for people."""

    def sends_away(self, gate: GateRole, redirects: int) -> tuple[str, ...]:
        """Return where a peer is sent that was sent away ``redirects`` times under these orders; empty: serve it."""
        return self.elsewhere.get(gate, ()) if redirects < MOST_REDIRECTS else ()


NO_ORDERS: Final = Orders()
TellOrders = Callable[[], Orders]
"""Returns the orders in force; cheap, from any thread."""


def no_orders() -> Orders:
    """For a part that runs without an administrator (tests, benches)."""
    return NO_ORDERS
