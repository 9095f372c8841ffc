"""The processes of a site as victims: started, killed, stopped, resumed, and noticed when they fall by themselves."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from patrol_cli.demo.processes import Program, ProgramFailedError, Programs, says
from patrol_cli.moved_clock import MovedClock
from patrol_cli.nemesis.proxy import CALM, Weather
from patrol_cli.nemesis.room import HUSH
from patrol_cli.nemesis.site import CONSUMER, UNITS, NemesisSite, clock_path, note_moved_clocks, state_path

_ROLES: Final = ("rooms", "terminals", "counts", "media")
_READY_WITHIN_S: Final = 30.0
_FEW_LINES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A process that was stopped: the very process, not another one that got its number."""

    pid: int
    born: str

    def resume(self) -> None:
        """Let it go on, if it still is the same."""
        if _born(self.pid) == self.born:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)


@dataclass(slots=True)
class Actor:
    """One process we start again whenever it is down. ``wanted`` is False while it is meant to be down."""

    name: str
    launch: Callable[[str], Program]
    program: Program | None = None
    runs: int = 0
    wanted: bool = False

    def start(self) -> Program:
        """Start it once more; its log is its own run's."""
        self.runs += 1
        self.wanted = True
        self.program = self.launch(f"{self.name}-run{self.runs}")
        return self.program

    @property
    def fell(self) -> bool:
        """Tell whether it ended although nobody killed it."""
        return self.wanted and self.program is not None and not self.program.alive


class Actors:
    """All processes of one site. Single-threaded; ``programs`` ends them all."""

    def __init__(self, site: NemesisSite, programs: Programs, *, seed: int, rate: float) -> None:
        self._site = site
        self._programs = programs
        self._seed = seed
        self._rate = rate
        self._ports: dict[str, int] = {}
        self._proxy: Program | None = None
        self._stopped: list[Stopped] = []
        self.falls: list[str] = []
        """What fell without being killed, in a sentence each."""
        self._gates = {
            f"gate-{role}" if relay is site.relays[0] else f"gate-{role}@{relay.name}": (relay.name, role)
            for relay in site.relays
            for role in _ROLES
        }
        self.relays = tuple(relay.name for relay in site.relays)
        self.actors = {name: Actor(name, self._launch_relay) for name in self.relays}
        for room in site.rooms:
            self.actors[room.node] = Actor(room.node, self._launch_room)
        for unit in UNITS:
            self.actors[unit] = Actor(unit, self._launch_unit)
        self.actors[CONSUMER] = Actor(CONSUMER, self._launch_consumer)

    @property
    def gates(self) -> tuple[str, ...]:
        """Every gate of every relay."""
        return tuple(self._gates)

    @property
    def clocks(self) -> tuple[str, ...]:
        """Every program whose clock can be set."""
        return (*self.relays, *(room.node for room in self._site.rooms))

    @property
    def lines(self) -> tuple[str, ...]:
        """Every way between a peer and a gate."""
        own = tuple(name for peer in self._site.peers() for name in self._site.ways(peer))
        return (*own, *self._site.media_ways())

    # --- the site as a whole

    def start(self) -> None:
        """Start everything; raises ProgramFailedError when the relay or the proxy does not become ready."""
        for name in self.relays:
            relay = self.actors[name].start()
            self._programs.await_ready(relay, says("relay_ready"), within_s=_READY_WITHIN_S)
        ways = {name: (port, 0) for peer in self._site.peers() for name, port in self._site.ways(peer).items()}
        ways |= self._site.media_ways()
        lines = [part for name, (gate, own) in ways.items() for part in ("--line", name, str(gate), str(own))]
        self._proxy = self._programs.start(
            "proxy", "patrol_cli.nemesis.proxy", [*lines, "--seed", str(self._seed)], stdin=subprocess.PIPE
        )
        self._ports = self._programs.await_ready(self._proxy, says("proxy_ready"), within_s=_READY_WITHIN_S)["ports"]
        for actor in self.actors.values():
            if actor.program is None:
                actor.start()

    def heal(self) -> None:
        """End every fault: calm ways, nobody stopped, everybody running, rooms without anything new to say."""
        (self._site.folder / HUSH).touch()
        for line in self.lines:
            self.weather(line, CALM)
        self.resume_all()
        for name in self.clocks:
            MovedClock(clock_path(self._site.folder, name)).be_off_by(0)
        for name in self.actors:
            self.revive(name)

    def serves(self) -> bool:
        """Tell whether every relay that runs now has said that it serves."""
        running = [self.actors[name].program for name in self.relays]
        return all(each is not None and each.alive and any(map(says("relay_ready"), each.lines())) for each in running)

    def mind(self) -> None:
        """Start again what fell by itself, and remember that it did: that is a finding."""
        if self._proxy is not None and not self._proxy.alive:
            raise ProgramFailedError(f"the nemesis's own proxy fell:\n{self._proxy.last_words()}")
        for actor in self.actors.values():
            if actor.fell and actor.program is not None:
                code = actor.program.process.returncode
                words = actor.program.last_words(_FEW_LINES)
                self.falls.append(f"{actor.name} fell by itself with code {code}: {words}")
                actor.start()

    def gates_fallen(self) -> list[str]:
        """Return which gates ended in another way than by our kill, as the relay's own logs say."""
        return [
            f"gate {line.get('gate')} fell by itself with code {line.get('exit_code')}"
            for program in self._programs.all()
            if program.name.rsplit("-run", 1)[0] in self.relays
            for line in program.lines()
            if line.get("event") == "gate_fell" and line.get("exit_code") != -signal.SIGKILL
        ]

    # --- faults

    def kill(self, name: str) -> bool:
        """End a process at once, as a crash would; False when there is none now. A gate's supervisor restarts it."""
        if name in self._gates:
            pid = self._gate_pid(name)
            return pid is not None and _signal(pid, signal.SIGKILL)
        actor = self.actors[name]
        if actor.program is None or not actor.program.alive:
            return False
        actor.wanted = False
        actor.program.process.kill()
        actor.program.process.wait()
        return True

    def revive(self, name: str) -> None:
        """Start a killed process again, unless it runs."""
        actor = self.actors.get(name)
        if actor is not None and not actor.wanted:
            actor.start()

    def stop(self, name: str) -> Stopped | None:
        """Stop a process (SIGSTOP); None when there is none now."""
        pid = self._gate_pid(name) if name in self._gates else self._pid(name)
        if pid is None or not _signal(pid, signal.SIGSTOP):
            return None
        stopped = Stopped(pid=pid, born=_born(pid))
        self._stopped.append(stopped)
        return stopped

    def resume_all(self) -> None:
        """Let everything go on that was ever stopped."""
        for stopped in self._stopped:
            stopped.resume()
        self._stopped.clear()

    def weather(self, line: str, weather: Weather) -> None:
        """Change what happens on a way."""
        fields = {slot: getattr(weather, slot) for slot in Weather.__slots__}
        self._order({"line": line, "weather": fields})

    def cut(self, line: str) -> None:
        """Reset the connections of a way."""
        self._order({"line": line, "cut": True})

    def set_clock(self, name: str, off_s: float) -> None:
        """Set a program's wall clock wrong by so many seconds, or right (0); it holds over its restarts."""
        note_moved_clocks(self._site.folder)
        MovedClock(clock_path(self._site.folder, name)).be_off_by(round(off_s * 1_000_000))

    def bits_flipped(self) -> int:
        """Return how many chunks were corrupted so far."""
        if self._proxy is None:
            return 0
        return max((line["flipped"] for line in self._proxy.lines() if "flipped" in line), default=0)

    # --- inside

    def _order(self, fields: dict[str, object]) -> None:
        if self._proxy is None or self._proxy.process.stdin is None:
            raise ProgramFailedError("the nemesis's proxy was not started")
        try:
            self._proxy.process.stdin.write(json.dumps(fields).encode() + b"\n")
            self._proxy.process.stdin.flush()
        except BrokenPipeError as error:
            raise ProgramFailedError(f"the nemesis's own proxy fell:\n{self._proxy.last_words()}") from error

    def _pid(self, name: str) -> int | None:
        program = self.actors[name].program
        return program.process.pid if program is not None and program.alive else None

    def _gate_pid(self, name: str) -> int | None:
        """Return the gate process of the relay that runs now."""
        relay_name, role = self._gates[name]
        relay = self._pid(relay_name)
        for pid in _children(relay) if relay is not None else ():
            words = _command_line(pid)
            if b"relay.gate" in words and role.encode() in words:
                return pid
        return None

    def _launch_relay(self, log_name: str) -> Program:
        name = log_name.rsplit("-run", 1)[0]
        relay = next(relay for relay in self._site.relays if relay.name == name)
        clock = str(clock_path(self._site.folder, name))
        return self._programs.start(
            log_name, "patrol_cli.moved_relay", ["--config", str(relay.config), "--clock", clock]
        )

    def _launch_room(self, log_name: str) -> Program:
        node, run = log_name.rsplit("-run", 1)
        room = next(room for room in self._site.rooms if room.node == node)
        places = [part for lon, lat in room.places for part in ("--place", str(lon), str(lat))]
        return self._programs.start(
            log_name,
            "patrol_cli.nemesis.room",
            [
                *("--site", str(self._site.folder), "--node", node),
                *(part for endpoint in self._endpoints(node) for part in ("--endpoint", endpoint)),
                f"--relay-key={self._site.relay_key}",  # a key may begin with a dash
                *("--seed", f"{self._seed}:{node}:{run}"),
                *("--rate", str(self._rate), *places),
            ],
        )

    def _launch_unit(self, log_name: str) -> Program:
        unit, run = log_name.rsplit("-run", 1)
        more = ("--auto", "fast", "--seed", f"{self._seed}{run}", "--json")
        return self._programs.start(log_name, "patrol_cli", ["terminal", *self._peer_options(unit), *more])

    def _launch_consumer(self, log_name: str) -> Program:
        more = ("--follow", "--json")
        return self._programs.start(log_name, "patrol_cli", ["counts", *self._peer_options(CONSUMER), *more])

    def _peer_options(self, peer: str) -> list[str]:
        return [
            *(part for endpoint in self._endpoints(peer) for part in ("--relay", endpoint)),
            *("--relay-key", str(self._site.relay_key_file)),
            *("--key-file", str(self._site.key_file(peer)), "--state", str(state_path(self._site.folder, peer))),
        ]

    def _endpoints(self, peer: str) -> list[str]:
        return [f"tcp://127.0.0.1:{self._ports[name]}" for name in self._site.ways(peer)]


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _children(parent: int) -> list[int]:
    """Return the processes whose parent this is, whichever of its threads started them."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{parent}/task").iterdir():
            found.extend(int(pid) for pid in (task / "children").read_text(encoding="ascii").split())
    return found


def _command_line(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _born(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
