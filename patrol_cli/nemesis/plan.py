"""Which faults happen when: drawn from a seed, decided before anything runs, so that a run can be repeated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, islice
from random import Random
from typing import Final

ALL: Final = "everything"
"""Target of a fault that hits every process at once."""
STORE: Final = "store"
"""Target of a fault of the relay's database."""


class FaultKind(StrEnum):
    """What is done to a process or to the way between a peer and its gate."""

    KILL = "kill"
    """SIGKILL; started again after ``for_s`` (a gate by its supervisor, the others by the nemesis)."""
    STOP = "stop"
    """SIGSTOP for ``for_s``."""
    CUT = "cut"
    """The connections are reset; the next one works."""
    REFUSE = "refuse"
    """Connections are reset and new ones refused for ``for_s``: a partition that is seen at once."""
    STALL = "stall"
    """Nothing passes in both directions for ``for_s``, without a sign: a partition that is not seen."""
    STALL_TO_RELAY = "stall_to_relay"
    """Nothing reaches the relay for ``for_s``; its answers still come."""
    STALL_TO_PEER = "stall_to_peer"
    """No answer comes back for ``for_s``; what the peer says still arrives: the path of acknowledgements is cut."""
    HALF_OPEN = "half_open"
    """The relay's end is gone for ``for_s`` and the peer is not told; it learns by its own next byte afterwards."""
    DELAY = "delay"
    """Every byte comes ``amount`` seconds late for ``for_s``."""
    TRICKLE = "trickle"
    """1 kB/s for ``for_s``."""
    CORRUPT = "corrupt"
    """One bit of a share ``amount`` of the chunks is flipped, for ``for_s``; CURVE must refuse every one of them."""
    CLOCK = "clock"
    """The wall clock of a program is ``amount`` seconds off for ``for_s``, then set right: two steps."""
    SEVER = "sever"
    """The database ends every session of the relay."""
    HOLD = "hold"
    """The database answers, but nothing comes to an end for ``for_s``."""
    FREEZE = "freeze"
    """The database's processes behind the relay's sessions stand still for ``for_s``: it hangs and says nothing."""


LINE_KINDS: Final = (
    FaultKind.CUT,
    FaultKind.REFUSE,
    FaultKind.STALL,
    FaultKind.STALL_TO_RELAY,
    FaultKind.STALL_TO_PEER,
    FaultKind.HALF_OPEN,
    FaultKind.DELAY,
    FaultKind.TRICKLE,
    FaultKind.CORRUPT,
)
"""Faults of the way between a peer and its gate."""
STORE_KINDS: Final = (FaultKind.SEVER, FaultKind.HOLD, FaultKind.FREEZE)
"""Faults of a database server; the others are faults of a process."""
_STORE_SHARE: Final = 6
"""How often each of them stands among the pairs: everything hangs on the one store, so it is hurt more often."""
_CLOCK_SHARE: Final = 3
"""The same for clocks, which are set in eight ways."""
_DURATION_S: Final = {
    FaultKind.KILL: (0.1, 2.0),
    FaultKind.STOP: (0.1, 6.0),
    FaultKind.CUT: (0.0, 0.0),
    FaultKind.REFUSE: (0.5, 4.0),
    FaultKind.STALL: (0.5, 6.0),
    FaultKind.STALL_TO_RELAY: (0.5, 6.0),
    FaultKind.STALL_TO_PEER: (0.5, 6.0),
    FaultKind.HALF_OPEN: (0.5, 6.0),
    FaultKind.DELAY: (1.0, 5.0),
    FaultKind.TRICKLE: (1.0, 4.0),
    FaultKind.CORRUPT: (1.0, 5.0),
    FaultKind.CLOCK: (0.5, 8.0),
    FaultKind.SEVER: (0.0, 0.0),
    FaultKind.HOLD: (0.3, 3.0),
    FaultKind.FREEZE: (0.3, 8.0),
}
_AMOUNT: Final = {FaultKind.DELAY: (0.05, 5.0), FaultKind.CORRUPT: (0.05, 0.5)}
_CLOCK_OFF_S: Final = (-86_400.0, -3_600.0, -60.0, -2.5, 2.5, 60.0, 3_600.0, 86_400.0)
"""How far a clock is off: seconds, which a hello may forgive, and what none can, in both directions."""
_LONG_SHARE: Final = 0.1
_PAUSE_S: Final = 0.45
"""Mean pause between two faults."""
_LAST_SHARE: Final = 0.98
"""Drawn faults begin in this share of the time; then everything is killed at once, and that is what heals."""
_END_SHARE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: at ``at_s`` of the run, for ``for_s``."""

    at_s: float
    kind: FaultKind
    target: str
    for_s: float
    amount: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What can be hit. ``processes`` are killed and stopped; ``lines`` are peers whose way to the gate is hurt."""

    processes: tuple[str, ...]
    lines: tuple[str, ...]
    clocks: tuple[str, ...] = ()
    """Programs whose clock can be set."""
    store: bool = False
    """The relay's database is a server, which can be hurt too."""


def draw_faults(seed: int, seconds: float, targets: Targets, *, longest_s: float = 0.0) -> tuple[Fault, ...]:
    """Return the faults of a run in order: every pair of kind and target once in a drawn order, then at random.

    The last one kills everything, while those before it may still hold. With ``longest_s`` one in ten of those that
    last, lasts up to so long.
    """
    random = Random(seed)  # noqa: S311  # a run to repeat, not a secret
    pairs = list(chain(_process_pairs(targets), _line_pairs(targets)))
    pairs += [(FaultKind.CLOCK, target) for target in targets.clocks] * _CLOCK_SHARE
    if targets.store:
        pairs += [(kind, STORE) for kind in STORE_KINDS] * _STORE_SHARE
    random.shuffle(pairs)
    faults: list[Fault] = []
    at_s = 0.0
    for kind, target in islice(_endless(random, pairs), int(seconds * 100)):
        at_s += random.expovariate(1.0 / _PAUSE_S)
        if at_s > seconds * _LAST_SHARE:
            break
        fault = _fault(random, at_s, kind, target)
        if longest_s > fault.for_s > 0 and random.random() < _LONG_SHARE:
            fault = replace(fault, for_s=round(random.uniform(fault.for_s, longest_s), 3))
        faults.append(fault)
    end = Fault(at_s=round(seconds * _END_SHARE, 3), kind=FaultKind.KILL, target=ALL, for_s=seconds)
    return (*faults, end)


def _process_pairs(targets: Targets) -> Iterator[tuple[FaultKind, str]]:
    for kind in (FaultKind.KILL, FaultKind.STOP):
        for target in (*targets.processes, ALL):
            yield kind, target


def _line_pairs(targets: Targets) -> Iterator[tuple[FaultKind, str]]:
    for kind in LINE_KINDS:
        for target in targets.lines:
            yield kind, target


def _endless(random: Random, pairs: Sequence[tuple[FaultKind, str]]) -> Iterator[tuple[FaultKind, str]]:
    yield from pairs
    while True:
        yield random.choice(pairs)


def _fault(random: Random, at_s: float, kind: FaultKind, target: str) -> Fault:
    amount = random.uniform(*_AMOUNT[kind]) if kind in _AMOUNT else 0.0
    if kind is FaultKind.CLOCK:
        amount = random.choice(_CLOCK_OFF_S)
    return Fault(
        at_s=round(at_s, 3),
        kind=kind,
        target=target,
        for_s=round(random.uniform(*_DURATION_S[kind]), 3),
        amount=round(amount, 3),
    )
