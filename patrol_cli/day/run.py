"""Plays the day: lets the rooms raise, the units answer and the officer look, and cuts out the time between.

The clock jumps only while nothing is on its way: every record of a room is durable at the relay, every entry of a
mailbox is on its terminal (unless that has no signal), every step is answered and no timer is due. So no timer rings
late because of a jump, no offer runs out while it travels, and a latency never contains one.
"""

import heapq
import itertools
import multiprocessing
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any, Final

import httpx

from patrol_cli.day.behaviour import Conduct, Habit, Press, conduct
from patrol_cli.day.officer import Officer
from patrol_cli.day.plan import DayPlan, Judged, Raise, SignalLoss, Source, micros
from patrol_cli.day.rooms import RoomsPlan, RoomsTally, Stored, serve
from patrol_cli.day.site import DaySite
from patrol_cli.day.store_view import StoreView
from patrol_cli.day.terminals import Offered, Terminals
from patrol_cli.demo.processes import ProgramFailedError
from patrol_cli.moved_clock import MovedClock
from patrol_wire.ids import Forward, Severity, Step, Verdict
from patrol_wire.records import Alert, Flag, Judgement, Place, RecordBody
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7
from relay.core.policy import MICROS, DeskPolicy

START_WITHIN_S: Final = 300.0
QUIET_WITHIN_S: Final = 180.0
"""Real time until everything has arrived; longer, and the day ends with what is missing as its fault."""
OFFICER_EVERY_S: Final = 60.0
DRAIN_S: Final = 3 * 3_600.0
"""Time of the day after its end in which open incidents may still be finished."""
_TURN_S: Final = 0.002
_OPERATOR: Final = "simulated-operator"


@dataclass(slots=True, kw_only=True)
class DayLog:
    """What happened, for the report; moments are monotonic seconds (real) or microseconds of the day."""

    durable_s: dict[str, float] = field(default_factory=dict)
    """By alert: since when a unit may be told of it: it is durable in its room and needs no judgement (any more)."""
    raised_us: dict[str, int] = field(default_factory=dict)
    read_s: dict[str, float] = field(default_factory=dict)
    """By dispatch: when its offer was read on the terminal."""
    late_by_signal: set[str] = field(default_factory=set)
    """Dispatches offered while the unit had no signal."""
    habits: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    """Answers of the relay to steps, by word."""
    step_s: list[float] = field(default_factory=list)
    raises: int = 0
    judgements: int = 0
    losses: int = 0
    vanished: int = 0
    jumps: int = 0
    timers_met: int = 0
    cut_s: float = 0.0
    unguarded: int = 0
    """The most open severe incidents without owner, unit or timer at any look."""
    missed_looks: int = 0
    """Looks of the officer that the desk did not answer."""
    last_miss: str = ""
    faults: list[str] = field(default_factory=list)


class DayRun:
    """One day on a running relay. ``play`` once; ``close`` gives everything back."""

    def __init__(self, site: DaySite, plan: DayPlan, clock: MovedClock, relay_url: str, *, seed: int) -> None:
        self._site = site
        self._plan = plan
        self._clock = clock
        self._midnight_us = clock.now_us() - micros(plan.begin_s)
        self._random = Random(seed)  # noqa: S311  # a day to repeat, not a secret
        self._officer = Officer(relay_url)
        self._store = StoreView(site.store_file)
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._puts = 0
        self._durable: dict[int, str] = {}
        """Records on their way into a room, and the alert that a unit may be told of once they are there."""
        self._policy = DeskPolicy()
        self.log = DayLog()
        self._answer_s = {severity.value: self._policy.answer_s[severity] for severity in Severity}
        spawn = multiprocessing.get_context("spawn")
        self._rooms, theirs = spawn.Pipe()
        endpoint = f"tcp://127.0.0.1:{site.gates.rooms}"
        rooms = RoomsPlan(
            folder=site.folder,
            clock=site.clock_file,
            endpoint=endpoint,
            relay_key=site.relay_key,
            rooms=site.rooms,
        )
        self._rooms_process = spawn.Process(target=serve, args=(rooms, theirs), daemon=True)
        self._rooms_process.start()
        theirs.close()
        self._terminals = Terminals(
            clock,
            endpoint=f"tcp://127.0.0.1:{site.gates.terminals}",
            relay_key=site.relay_key,
            pairs=site.terminals,
        )

    # --- the day

    def connect(self) -> None:
        """Wait until every room and every terminal is connected; ProgramFailedError when that takes too long."""
        deadline_s = time.monotonic() + START_WITHIN_S
        while self._terminals.live < len(self._site.terminals):
            self._terminals.turn(0.05)
            self._insist(deadline_s, f"{self._terminals.live} of {len(self._site.terminals)} terminals are connected")
        while (tally := self.tally()).open_links < len(self._site.rooms):
            self._terminals.turn(0.2)
            self._insist(deadline_s, f"{tally.open_links} of {len(self._site.rooms)} rooms are connected")

    def play(self, show: Callable[[str], None], *, speed: float | None = None) -> None:
        """Play until the day is over and everything has been finished, or the time for that is over."""
        for each in self._plan.raises:
            self._at(each.at_s, partial(self._raise, each))
        for loss in self._plan.losses:
            self._at(loss.at_s, partial(self._lose, loss))
        self._at(self._plan.begin_s + OFFICER_EVERY_S, self._let_officer_look)
        end_us = self._midnight_us + micros(self._plan.end_s)
        shown_hour = -1
        while self._clock.now_us() < end_us or self._unfinished(end_us):
            self._advance(end_us, speed)
            self._act_on_what_came()
            hour = int(self.at_s // 3_600)
            if hour != shown_hour:
                shown_hour = hour
                show(self._line(hour))
        self._settle()

    @property
    def at_s(self) -> float:
        """Seconds since the day's midnight."""
        return (self._clock.now_us() - self._midnight_us) / MICROS

    @property
    def midnight_us(self) -> int:
        """The day's midnight."""
        return self._midnight_us

    @property
    def officer_deeds(self) -> dict[str, int]:
        """What the officer did."""
        return dict(self._officer.done)

    def tally(self) -> RoomsTally:
        """Ask the rooms how far everything is."""
        deadline_s = time.monotonic() + START_WITHIN_S
        self._rooms.send("tally")
        while True:
            while not self._rooms.poll():
                self._terminals.turn(_TURN_S)
                if not self._rooms_process.is_alive():
                    raise ProgramFailedError(f"the rooms' process ended with code {self._rooms_process.exitcode}")
                self._insist(deadline_s, "the rooms' process does not answer")
            found = self._rooms.recv()
            if isinstance(found, RoomsTally):
                return found
            self._stored(found)

    def close(self) -> None:
        """End rooms and terminals."""
        self._terminals.close()
        try:
            self._rooms.send(None)
        except (BrokenPipeError, OSError):
            self.log.faults.append("the rooms' process ended before the day")
        self._rooms_process.join(20.0)
        if self._rooms_process.is_alive():
            self._rooms_process.kill()
        self._officer.close()
        self._store.close()

    # --- time

    def _at(self, at_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self._midnight_us + micros(at_s), next(self._order), act))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._at(self.at_s + seconds, act)

    def _advance(self, end_us: int, speed: float | None) -> None:
        """Bring the clock to the next happening: by a jump when everything is quiet, else by waiting."""
        storm = self._plan.storm_at(self.at_s)
        due_us = self._agenda[0][0] if self._agenda else end_us + micros(DRAIN_S)
        if storm is None and due_us > self._clock.now_us():
            self._await_quiet()
            timer_us = self._store.next_timer_us()
            # What came meanwhile may have put something nearer on the agenda.
            due_us = min(self._agenda[0][0], end_us + micros(DRAIN_S)) if self._agenda else end_us + micros(DRAIN_S)
            target_us = min(due_us, timer_us) if timer_us is not None else due_us
            storm_begins_us = self._next_storm_us()
            target_us = min(target_us, storm_begins_us) if storm_begins_us is not None else target_us
            self._jump(target_us, speed, is_timer=target_us == timer_us)
        while self._agenda and self._agenda[0][0] <= self._clock.now_us():
            heapq.heappop(self._agenda)[2]()
        wait_us = self._agenda[0][0] - self._clock.now_us() if self._agenda else MICROS
        self._turn(min(_TURN_S, max(0.0, wait_us / MICROS)) if storm is not None else 0.0)

    def _jump(self, target_us: int, speed: float | None, *, is_timer: bool) -> None:
        if speed is not None:
            began_s, at_us = time.monotonic(), self._clock.now_us()
            while (left_us := target_us - self._clock.now_us()) > 0:
                self._clock.jump_to(min(target_us, at_us + micros((time.monotonic() - began_s) * speed)))
                self._turn(min(0.02, left_us / MICROS / speed))
        cut_us = self._clock.jump_to(target_us)
        self.log.jumps += cut_us > 0
        self.log.cut_s += cut_us / MICROS
        if cut_us > 0:
            self._report_a_place()  # units do; and it is what the relay, which sleeps up to 250 ms, hears of first
        if is_timer:
            self.log.timers_met += 1
            self._await(lambda: (self._store.next_timer_us() or target_us + 1) > target_us, "a timer rings")

    def _next_storm_us(self) -> int | None:
        begins = [self._midnight_us + micros(each.at_s) for each in self._plan.storms]
        return min((each for each in begins if each > self._clock.now_us()), default=None)

    def _report_a_place(self) -> None:
        unit_id = self._random.choice(list(self._site.places))
        if self._terminals.is_live(unit_id):
            lon, lat = self._site.places[unit_id]
            self._terminals.report_place(
                unit_id, (lon + self._random.uniform(-0.001, 0.001), lat + self._random.uniform(-0.001, 0.001))
            )

    # --- what is on its way

    def _await_quiet(self) -> None:
        self._await(self._quiet, "everything arrives")

    def _quiet(self) -> bool:
        if self._durable or self._terminals.unanswered or self._store.records() < self._puts:
            return False
        timer_us = self._store.next_timer_us()
        if timer_us is not None and timer_us <= self._clock.now_us():
            return False
        return not self._store.undelivered() - self._terminals.away

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + QUIET_WITHIN_S
        while not holds():
            self._turn(_TURN_S)
            if time.monotonic() > deadline_s:
                self._insist(
                    0.0,
                    f"{what}: records {self._store.records()} of {self._puts}, steps {self._terminals.unanswered}, "
                    f"mailboxes {sorted(self._store.undelivered() - self._terminals.away)[:3]}",
                )

    def _insist(self, deadline_s: float, what: str) -> None:
        if time.monotonic() > deadline_s:
            raise ProgramFailedError(f"the day stands still at {_clock_text(self.at_s)}: {what}")

    def _turn(self, within_s: float) -> None:
        self._terminals.turn(within_s)
        self._act_on_what_came()

    def _act_on_what_came(self) -> None:
        while self._rooms.poll():
            self._stored(self._rooms.recv())
        while self._terminals.answered:
            answer = self._terminals.answered.popleft()
            self.log.answers[answer.result] = self.log.answers.get(answer.result, 0) + 1
            self.log.step_s.append(answer.took_s)
        while self._terminals.offered:
            self._offered(self._terminals.offered.popleft())

    def _stored(self, found: Any) -> None:
        if isinstance(found, Stored):
            alert_id = self._durable.pop(found.number)
            if alert_id:
                self.log.durable_s.setdefault(alert_id, found.durable_s)

    # --- who does what

    def _put(self, room: str, body: RecordBody, *, tells: str) -> None:
        self._puts += 1
        self._durable[self._puts] = tells
        self._rooms.send((room, self._puts, body))

    def _raise(self, each: Raise) -> None:
        now_us = self._clock.now_us()
        alert_id = uuid7(now_us, secrets.token_bytes(RANDOM_BYTES))
        self.log.raises += 1
        self.log.raised_us[alert_id] = now_us
        self._put(each.room, _record(each, alert_id, now_us), tells="" if each.source is Source.SUGGEST else alert_id)
        if each.judged is not Judged.NEVER:
            self._after(each.judge_after_s, lambda: self._judge(each, alert_id))

    def _judge(self, each: Raise, alert_id: str) -> None:
        accepted = each.judged is Judged.ACCEPTED
        self.log.judgements += 1
        body = Judgement(
            alert_id=alert_id,
            verdict=Verdict.ACCEPTED if accepted else Verdict.DISMISSED,
            operator=_OPERATOR,
            judged_at=self._clock.now_us(),
            reason="模拟研判 simulated judgement",
        )
        self._put(each.room, body, tells=alert_id if accepted else "")

    def _lose(self, loss: SignalLoss) -> None:
        if self._terminals.is_live(loss.unit_id):
            self.log.losses += 1
            self._terminals.lose_signal(loss.unit_id)
            self._after(loss.for_s, lambda: self._find(loss.unit_id))

    def _find(self, unit_id: str) -> None:
        self._terminals.find_signal(unit_id)

    def _let_officer_look(self) -> None:
        self.log.unguarded = max(self.log.unguarded, self._store.unguarded())
        if self._store.open_incidents():
            try:
                self._officer.look(datetime.fromtimestamp(self._clock.now_us() / MICROS, tz=UTC))
            except httpx.HTTPError as error:  # a busy desk; the next look is a minute of the day later
                self.log.missed_looks += 1
                self.log.last_miss = f"{type(error).__name__} at {_clock_text(self.at_s)}"
        self._after(OFFICER_EVERY_S, self._let_officer_look)

    def _offered(self, offer: Offered) -> None:
        view = offer.view
        if view.dispatch_id in self.log.read_s:
            return  # again in a snapshot after a lost signal
        self.log.read_s[view.dispatch_id] = offer.read_s
        if self._clock.now_us() - view.offered_at > 5 * MICROS:
            self.log.late_by_signal.add(view.dispatch_id)
        busy = any(each.state != "offered" for each in self._terminals.dispatches(offer.unit_id).values())
        will = conduct(self._random, busy=busy, answer_within_s=self._answer_s.get(view.severity, 60.0))
        self.log.habits[will.habit] = self.log.habits.get(will.habit, 0) + 1
        self._go_on(offer.unit_id, view.dispatch_id, will, 0)

    def _go_on(self, unit_id: str, dispatch_id: str, will: Conduct, nth: int) -> None:
        """Put the next press on the agenda; after the last one a unit may vanish."""
        if nth < len(will.presses):
            press = will.presses[nth]
            self._after(press.after_s, lambda: self._press(unit_id, dispatch_id, will, nth, press))
        elif will.habit is Habit.VANISHES and will.vanishes_after_s is not None:
            self._after(will.vanishes_after_s, lambda: self._vanish(unit_id))

    def _press(self, unit_id: str, dispatch_id: str, will: Conduct, nth: int, press: Press) -> None:
        view = self._terminals.dispatches(unit_id).get(dispatch_id)
        if view is None and press.step is not Step.ACCEPT:
            return  # recalled or taken by another meanwhile
        if view is None and will.habit is not Habit.LATE:
            return
        self._terminals.press(unit_id, dispatch_id, press.step, outcome=press.outcome, reason=press.reason)
        self._go_on(unit_id, dispatch_id, will, nth + 1)

    def _vanish(self, unit_id: str) -> None:
        self.log.vanished += 1
        self._terminals.lose_signal(unit_id, for_good=True)

    # --- the end

    def _unfinished(self, end_us: int) -> bool:
        return self._clock.now_us() < end_us + micros(DRAIN_S) and self._store.open_incidents() > 0

    def _settle(self) -> None:
        self._await_quiet()
        deadline_s = time.monotonic() + QUIET_WITHIN_S
        while self.tally().pending:
            self._turn(0.1)
            if time.monotonic() > deadline_s:
                self.log.faults.append(f"{self.tally().pending} records still wait in the rooms' outboxes")
                return

    def _line(self, hour: int) -> str:
        return (
            f"{hour % 24:02d}:00  raised {self.log.raises}  offers {len(self.log.read_s)}  "
            f"open {self._store.open_incidents()}  without guard {self._store.unguarded()}"
        )


def _clock_text(at_s: float) -> str:
    return f"{int(at_s // 3_600):02d}:{int(at_s % 3_600 // 60):02d}:{at_s % 60:04.1f}"


def _record(each: Raise, alert_id: str, now_us: int) -> RecordBody:
    place = Place(lon=each.place[0], lat=each.place[1])
    if each.source is Source.FLAG:
        return Flag(
            alert_id=alert_id,
            camera=each.camera,
            category=each.category,
            severity=each.severity,
            operator=_OPERATOR,
            flagged_at=now_us,
            place=place,
            note="模拟标记 simulated flag",
        )
    return Alert(
        alert_id=alert_id,
        camera=each.camera,
        rule="in-view",
        category=each.category,
        severity=each.severity,
        forward=Forward.DIRECT if each.source is Source.DIRECT else Forward.SUGGEST,
        label="person",
        zone="view",
        score=0.8,
        box=(0.1, 0.2, 0.3, 0.4),
        started_at=now_us,
        raised_at=now_us,
        place=place,
    )
