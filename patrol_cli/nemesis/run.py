"""One run: start the site, let the faults happen in their order, heal, wait until it drained, check."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Final, TypeVar

from patrol_cli.demo.processes import ProgramFailedError, Programs
from patrol_cli.nemesis.actors import Actors
from patrol_cli.nemesis.check import Findings, check, views_agree
from patrol_cli.nemesis.drain import begun, media_waiting, progress, take_cut, waiting
from patrol_cli.nemesis.evidence import Evidence, offer_name, read_evidence
from patrol_cli.nemesis.plan import ALL, Fault, FaultKind, Targets, draw_faults
from patrol_cli.nemesis.proxy import CALM, Weather
from patrol_cli.nemesis.site import UNITS, NemesisSite
from patrol_cli.nemesis.store_view import StoreView
from relay.core.dispatches import DispatchState

DRAIN_WITHIN_S: Final = 10.0
MEDIA_WITHIN_S: Final = 60.0
"""Evidence waits for alerts, and a connection that died unseen is noticed by its next byte only."""
_FIRST_WITHIN_S: Final = 30.0
_SERVES_WITHIN_S: Final = 30.0
_TICK_S: Final = 0.02
_LOOK_EVERY_S: Final = 0.1
_TELL_EVERY_S: Final = 1.0
_Act = Callable[[], None]
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run came to."""

    findings: Findings
    faults: int
    by_kind: dict[str, int]
    bits_flipped: int
    restarted_s: float
    """Seconds from healing until the relay served again: the start of every program at once, on this machine's load."""
    drained_s: float | None
    """Seconds from then until every alert had arrived everywhere; None when the limit passed first."""
    media_drained_s: float | None
    """Seconds from then until all evidence was at the relay: it goes behind the alerts. None: not in time."""
    waiting: list[str] = field(default_factory=list)
    """What had not arrived when the limit passed."""
    falls: list[str] = field(default_factory=list)
    """Programs that ended without being killed."""

    @property
    def good(self) -> bool:
        """Tell whether every promise was kept and the site came to rest."""
        drained = self.drained_s is not None and self.media_drained_s is not None
        return self.findings.good and drained and not self.falls


class NemesisRun:
    """Drives one site through its faults; ``tell`` gets a line for people now and then."""

    def __init__(
        self,
        site: NemesisSite,
        programs: Programs,
        store: StoreView,
        *,
        seed: int,
        seconds: float,
        rate: float,
        longest_s: float = 0.0,
        clocks: bool = False,
        tell: Callable[[str], None],
    ) -> None:
        self._site = site
        self._programs = programs
        self._store = store
        self._seconds = seconds
        self._tell = tell
        self.actors = Actors(site, programs, seed=seed, rate=rate)
        """Whoever runs it calm may kill and start again by its steps."""
        self._faults = draw_faults(seed, seconds, _targets(self.actors, store, clocks=clocks), longest_s=longest_s)
        self._queue: list[tuple[float, int, _Act]] = []
        self._order = count()
        self._pause = Event()
        self._began_s = 0.0
        self._told_s = 0.0
        self._weather: dict[str, list[Weather]] = {}
        self._clock_faults: dict[str, int] = {}
        self.by_kind: dict[str, int] = {}

    def run(self) -> Outcome:
        """Run from start to check. Raises ProgramFailedError when the site does not even start."""
        self.actors.start()
        self._await_first()
        self._began_s = time.monotonic()
        for fault in self._faults:
            self._at(fault.at_s, _bound(self._strike, fault))
        while self._elapsed() < self._seconds:
            self._turn()
        return self._finish()

    def run_calm(self, act: Callable[[], bool]) -> Outcome:
        """Run without faults: call ``act`` again and again until it says that it is done, then drain and check."""
        self.actors.start()
        self._await_first()
        self._began_s = time.monotonic()
        while not act():
            self.actors.mind()
            self._pause.wait(_TICK_S)
        return self._finish()

    # --- faults

    def _turn(self) -> None:
        while self._queue and self._queue[0][0] <= self._elapsed():
            heapq.heappop(self._queue)[2]()
        self.actors.mind()
        self._say()
        self._pause.wait(_TICK_S)

    def _strike(self, fault: Fault) -> None:
        """Let one fault happen, and plan its end."""
        names = self._names(fault.target)
        match fault.kind:
            case FaultKind.KILL:
                killed = [name for name in names if self.actors.kill(name)]
                hit = bool(killed)
                for name in names:
                    self._at(self._elapsed() + fault.for_s, _bound(self.actors.revive, name))
            case FaultKind.STOP:
                stopped = [each for each in map(self.actors.stop, names) if each is not None]
                hit = bool(stopped)
                for each in stopped:
                    self._at(self._elapsed() + fault.for_s, each.resume)
            case FaultKind.CUT:
                hit = True
                self.actors.cut(fault.target)
            case FaultKind.CLOCK:
                hit = True
                self._set_clock(fault)
            case FaultKind.SEVER:
                hit = self._store.sever()
            case FaultKind.HOLD | FaultKind.FREEZE:
                hit = self._store.hold() if fault.kind is FaultKind.HOLD else self._store.freeze()
                self._at(self._elapsed() + fault.for_s, self._store.release)
            case _:
                hit = True
                self._change_weather(fault)
        if hit:
            self.by_kind[fault.kind.value] = self.by_kind.get(fault.kind.value, 0) + 1

    def _set_clock(self, fault: Fault) -> None:
        """The newest fault of a clock holds until it ends, whatever was planned before."""
        order = next(self._order)
        self._clock_faults[fault.target] = order
        self.actors.set_clock(fault.target, fault.amount)

        def end() -> None:
            if self._clock_faults[fault.target] == order:
                self.actors.set_clock(fault.target, 0.0)

        self._at(self._elapsed() + fault.for_s, end)

    def _names(self, target: str) -> tuple[str, ...]:
        return (*self.actors.gates, *self.actors.actors) if target == ALL else (target,)

    def _change_weather(self, fault: Fault) -> None:
        """The newest fault of a way holds; when it ends, the one before it holds again if it has not ended."""
        held = self._weather.setdefault(fault.target, [])
        weather = weather_of(fault)
        held.append(weather)
        self.actors.weather(fault.target, weather)

        def end() -> None:
            held.remove(weather)
            self.actors.weather(fault.target, held[-1] if held else CALM)

        self._at(self._elapsed() + fault.for_s, end)

    # --- the end

    def _finish(self) -> Outcome:
        healed_s = time.monotonic()
        self._store.release()
        self.actors.heal()
        self._await_service(healed_s)
        restarted_s = time.monotonic()
        drained_s, evidence, left = self._drain(restarted_s)
        media_drained_s = None
        if drained_s is not None:
            media_drained_s, left = self._drain_media(restarted_s)
            # Timers ring and units answer meanwhile: looked at again when all of them agree.
            again_s, evidence, behind = self._drain(time.monotonic())
            left += behind
            drained_s = None if again_s is None else drained_s
        return Outcome(
            findings=check(evidence),
            faults=sum(self.by_kind.values()),
            by_kind=dict(sorted(self.by_kind.items())),
            bits_flipped=self.actors.bits_flipped(),
            restarted_s=restarted_s - healed_s,
            drained_s=drained_s,
            media_drained_s=media_drained_s,
            waiting=left,
            falls=[*self.actors.falls, *self.actors.gates_fallen()],
        )

    def _await_service(self, healed_s: float) -> None:
        """Return when the relay serves again; when it does not in time, what cannot drain will say so."""
        while not self.actors.serves() and time.monotonic() - healed_s < _SERVES_WITHIN_S:
            self.actors.mind()
            self._pause.wait(_TICK_S)

    def _drain(self, began_s: float) -> tuple[float | None, Evidence, list[str]]:
        """Look until nothing waits and everybody's views agree at one moment, at most DRAIN_WITHIN_S."""
        while True:
            self.actors.mind()
            left = waiting(self._site, self._store)
            took_s = time.monotonic() - began_s
            late = took_s > DRAIN_WITHIN_S
            if not left or late:
                evidence = self._freeze()
                if late:
                    return None, evidence, left or ["units and relay never agreed at one moment"]
                if views_agree(evidence):
                    return took_s, evidence, []
            self._say()
            self._pause.wait(_LOOK_EVERY_S)

    def _drain_media(self, began_s: float) -> tuple[float | None, list[str]]:
        """Wait until all evidence is at the relay, at most MEDIA_WITHIN_S."""
        while left := media_waiting(self._site):
            if time.monotonic() - began_s > MEDIA_WITHIN_S:
                return None, left
            self.actors.mind()
            self._say()
            self._pause.wait(_LOOK_EVERY_S)
        return time.monotonic() - began_s, []

    def _freeze(self) -> Evidence:
        """Hold the relays still, copy everything, let them go on."""
        held = [self.actors.stop(name) for name in self.actors.relays]
        try:
            take_cut(self._site, self._store, self._rings())
        finally:
            for each in held:
                if each is not None:
                    each.resume()
        return read_evidence(self._site.folder)

    def _rings(self) -> list[tuple[str, str]]:
        return [
            (line["unit_id"], offer_name(line["dispatch_id"], line["severity"]))
            for program in self._programs.all()
            if program.name.startswith(UNITS)
            for line in program.lines()
            if line.get("page") is True and line.get("state") == DispatchState.OFFERED
        ]

    # --- time

    def _await_first(self) -> None:
        """Return when everything has worked once: the run must begin with a working site."""
        deadline_s = time.monotonic() + _FIRST_WITHIN_S
        while not begun(self._site):
            self.actors.mind()
            if time.monotonic() > deadline_s:
                logs = self._site.folder / "logs"
                raise ProgramFailedError(
                    f"not everything worked within {_FIRST_WITHIN_S:.0f} s of the start: see {logs}"
                )
            self._pause.wait(_LOOK_EVERY_S)

    def _elapsed(self) -> float:
        return time.monotonic() - self._began_s

    def _at(self, due_s: float, act: _Act) -> None:
        heapq.heappush(self._queue, (due_s, next(self._order), act))

    def _say(self) -> None:
        elapsed_s = self._elapsed()
        if elapsed_s - self._told_s < _TELL_EVERY_S:
            return
        self._told_s = elapsed_s
        now = progress(self._site, self._store)
        faults = sum(self.by_kind.values())
        self._tell(f"{elapsed_s:4.0f} s  faults {faults}  stored in rooms {now.stored}  at the relay {now.arrived}")


def weather_of(fault: Fault) -> Weather:
    """Return what a fault of a way does to its bytes."""
    match fault.kind:
        case FaultKind.REFUSE:
            return Weather(refuse=True)
        case FaultKind.STALL:
            return Weather(stall_to_relay=True, stall_to_peer=True)
        case FaultKind.STALL_TO_RELAY:
            return Weather(stall_to_relay=True)
        case FaultKind.STALL_TO_PEER:
            return Weather(stall_to_peer=True)
        case FaultKind.HALF_OPEN:
            return Weather(half_open=True)
        case FaultKind.DELAY:
            return Weather(delay_s=fault.amount)
        case FaultKind.TRICKLE:
            return Weather(trickle=True)
        case FaultKind.CORRUPT:
            return Weather(flip_share=fault.amount)
        case _:
            raise ValueError(f"{fault.kind.value} is no fault of a way")


def _targets(actors: Actors, store: StoreView, *, clocks: bool) -> Targets:
    return Targets(
        processes=(*actors.actors, *actors.gates),
        lines=actors.lines,
        clocks=actors.clocks if clocks else (),
        store=store.can_be_hurt,
    )


def _bound(act: Callable[[T], object], value: T) -> _Act:
    def bound() -> None:
        act(value)

    return bound
