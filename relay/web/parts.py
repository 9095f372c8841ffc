"""What the web is given by the program that composes the relay: values and functions, no part itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Engine

from relay.core.city import City
from relay.core.city_now import CityNow
from relay.core.commands import Submit
from relay.core.completeness import CompletenessRule
from relay.core.field import CommitProgress
from relay.core.index_table import IndexTable
from relay.core.policy import DeskPolicy
from relay.core.refusals import RefusalBook
from relay.ops.clock import Clock
from relay.store.city_keeper import CityKeeper, SubmitCity

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayHealth:
    """How the relay's own parts are, at the moment of asking."""

    parts: Mapping[str, bool]
    """Threads the relay cannot do without, by name: do they run."""
    gates_running: Mapping[str, bool]
    store_fault: str = ""
    """Why the store takes nothing at the moment; empty: it does."""
    gate_restarts: Mapping[str, int] = field(default_factory=lambda: _NONE)
    gate_sessions: Mapping[str, int] = field(default_factory=lambda: _NONE)
    """Connected peers, for the gates whose thread counts them."""
    gate_figures: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    """What each gate told last, since it started."""
    refusals: RefusalBook = field(default_factory=RefusalBook)
    """Who was refused what."""
    channel_attempts: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    """Attempts of the channels by receiver and verdict."""
    channel_waiting: Mapping[str, int] = field(default_factory=lambda: _NONE)
    """What the channels have still to send, by receiver."""
    counters: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Further figures for /metrics, by name: lower snake, ``_total`` at the end of what only grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityDesk:
    """What imports of the city need."""

    keeper: CityKeeper
    submit: SubmitCity


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """Everything ``make_desk`` needs. The functions may be called from any thread."""

    reader: Engine
    """Read-only connections to the store."""
    submit: Submit
    cities: CityNow
    """The city in force; an import replaces it while the desk serves."""
    clock: Clock
    progress: Callable[[], CommitProgress]
    health: Callable[[], RelayHealth]
    name: str
    """The relay's own name, shown on the page."""
    language: str
    """Language of the page where nobody asks for another: zh-CN or en."""
    policy: DeskPolicy = field(default_factory=DeskPolicy)
    """What the desk's decisions follow."""
    completeness: CompletenessRule = field(default_factory=CompletenessRule)
    """What is asked of a room for its day to be complete."""
    index: Callable[[str, int | None, int], IndexTable | None] | None = None
    """The index of a month (as a release of it says, or as it is now) at a moment; None: this city has no levels."""
    token: str | None
    """What callers must show; None: the address is loopback only."""
    cap: bool = False
    """CAP messages are published."""
    push_key: str = ""
    """What browsers subscribe to Web Push with; empty: there is none."""
    push_hosts: tuple[str, ...] = ()
    """The push services a subscription may name."""
    media_dir: Path | None = None
    """Where snapshots and clips lie; None: there are none."""
    city_desk: CityDesk | None = None
    """Where the city is imported; None: it is what it was at start."""

    @property
    def city(self) -> City:
        """The city of this moment."""
        return self.cities.city
