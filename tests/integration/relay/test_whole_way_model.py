"""Outbox, link, gate, intake, delivery and terminal as one machine, over a network that drops, doubles, reorders, cuts.

Safety after every step, liveness at the end: left in peace everything arrives, once, in order, and everybody sees the
same. A failing example is printed as its steps; it is not shrunk, which would take minutes.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Stage
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace
from sqlalchemy import select

from edge_agent.core.session import Phase
from patrol_cli.terminal_session import Pressed, Shown
from patrol_wire import messages as m
from patrol_wire.ids import Forward, Outcome, Step, Stream
from patrol_wire.records import Place, RecordBody
from relay.core.dispatches import ENDED_STATES
from relay.store.tables import command, record_log
from tests.support.records import BEGIN_US, some_alert, some_flag, some_id, some_report
from tests.support.small_city import centre_of
from tests.support.whole_way import ModelRoom, WholeWay
from tests.support.writer_site import WriterSite

ROOMS = ("room-0", "room-1")
UNITS = ("unit-0-near", "police-0")
DRAINS_WITHIN_S = 30.0
"""Of the machines' own time: a socket that is silent for 5 s is made anew, a hello is repeated, a batch goes back."""

KINDS = st.tuples(st.sampled_from(["alert", "alert", "flag", "report"]), st.integers(0, 3))
FATES = st.sampled_from(["deliver"] * 6 + ["lose", "double"])
_FOLDER = Path(tempfile.mkdtemp(prefix="whole-way-"))


def template() -> Path:
    """Return a store that was migrated and enrolled once; each example begins with a copy."""
    path = _FOLDER / "template" / "relay.sqlite3"
    if not path.exists():
        path.parent.mkdir()
        with WriterSite(path.parent):
            pass
    return path


def teardown_module() -> None:
    shutil.rmtree(_FOLDER, ignore_errors=True)


class WholeWayUnderFaults(RuleBasedStateMachine):
    """Everything the network does, and kills of everybody, in any order."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=_FOLDER))
        self.way = WholeWay(self.folder, template(), rooms=ROOMS, units=UNITS)
        self.numbers = 0
        self.stored: dict[tuple[str, Stream], int] = {}
        self.pressed: dict[str, m.Command] = {}
        self.way.carry_all()  # everybody is connected

    # --- what people do

    @rule(room=st.integers(0, 1), kinds=st.lists(KINDS, min_size=1, max_size=6))
    def something_happens(self, room: int, kinds: list[tuple[str, int]]) -> None:
        """One after another: each goes out in a batch of its own while there is credit."""
        for kind, far in kinds:
            self._put(room, kind, far)

    def _put(self, room: int, kind: str, far: int) -> None:
        self.numbers += 1
        lon, lat = centre_of(0)
        place = Place(lon=lon + 0.004 * far, lat=lat)  # some fold into one incident, some do not
        stream = Stream.ALERTS
        body: RecordBody
        if kind == "alert":
            body = replace(some_alert(self.numbers), forward=Forward.DIRECT, place=place, camera=f"gate-{room}")
        elif kind == "flag":
            body = replace(some_flag(self.numbers), place=place)
        else:
            body, stream = some_report(self.numbers), Stream.REPORTS
        self.way.rooms[room].put(body, self.way.now_s, stream)

    @rule(unit=st.integers(0, 1), step=st.sampled_from(list(Step)))
    def somebody_presses(self, unit: int, step: Step) -> None:
        terminal = self.way.terminals[unit]
        if not terminal.book.dispatches:
            return
        self.numbers += 1
        pressed = m.Command(
            command_id=some_id(1_000_000 + self.numbers),
            dispatch_id=next(iter(terminal.book.dispatches)),
            step=step,
            device_at=BEGIN_US,
            outcome=Outcome.CONFIRMED if step is Step.CLEAR else None,
        )
        self.pressed[pressed.command_id] = pressed
        terminal.happen(Pressed(pressed), self.way.moment)

    @rule(unit=st.integers(0, 1))
    def somebody_looks(self, unit: int) -> None:
        self.way.terminals[unit].happen(Shown(), self.way.moment)

    @rule(seconds=st.sampled_from([0.05, 0.3, 1.0, 3.0, 6.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.way.pass_time(seconds)

    # --- what the network does

    @precondition(lambda self: self.way.in_flight())
    @rule(does=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), FATES), min_size=5, max_size=40))
    def the_network_works(self, does: list[tuple[int, int, str]]) -> None:
        """One frame after another of any connection, near the front of its queue: delivered, lost or doubled."""
        for which, index, fate in does:
            lanes = self.way.busy_lanes()
            if lanes:
                node, up = lanes[which % len(lanes)]
                self.way.carry(node, up=up, index=index, lose=fate == "lose", double=fate == "double")

    @rule()
    def a_quiet_moment(self) -> None:
        self.way.carry_all()

    @rule(node=st.sampled_from([*ROOMS, *UNITS]))
    def connection_breaks(self, node: str) -> None:
        self.way.cut(node)

    # --- who dies

    @rule(who=st.sampled_from([*ROOMS, *UNITS, "rooms gate", "terminals gate", "relay"]))
    def somebody_is_killed(self, who: str) -> None:
        match who:
            case "rooms gate" | "terminals gate":
                self.way.restart_gate(rooms=who == "rooms gate")
            case "relay":
                self.way.restart_relay()
            case _:
                self.way.restart_peer(who)

    # --- what must hold

    @invariant()
    def the_log_is_what_each_room_put_in_order_and_nothing_acknowledged_is_missing(self) -> None:
        if not hasattr(self, "way"):
            return
        with self.way.site.reader.begin() as connection:
            log = record_log.c
            rows = connection.execute(
                select(log.node, log.stream, log.seq, log.body).order_by(log.node, log.stream, log.seq)
            ).all()
        for room in self.way.rooms:
            for stream in Stream:
                key = (room.outbox.node, stream)
                found = [(row.seq, bytes(row.body)) for row in rows if (row.node, row.stream) == key]
                put = [(seq, record.body) for seq, record in enumerate(room.outbox.records[stream], 1)]
                assert found == put[: len(found)], "lost, doubled, changed, invented or out of order"
                assert room.settled[stream] <= len(found), "the room was told of more than there is"
                assert len(found) >= self.stored.get(key, 0), "the log shrank"
                self.stored[key] = len(found)

    @invariant()
    def no_honest_room_is_taken_for_a_clone(self) -> None:
        if hasattr(self, "way"):
            for room in self.way.rooms:
                assert room.alarms == []
                assert room.link.phase is not Phase.REFUSED

    def teardown(self) -> None:
        """Liveness: the network heals, and everything drains."""
        if not hasattr(self, "way"):
            return
        try:
            self.way.settle(DRAINS_WITHIN_S)
            self.the_log_is_what_each_room_put_in_order_and_nothing_acknowledged_is_missing()
            self._everybody_sees_the_same()
        finally:
            self.way.site.__exit__(None, None, None)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _everybody_sees_the_same(self) -> None:
        site = self.way.site
        assert site.differences() == []
        alerts = sum(_alerts_of(room) for room in self.way.rooms)
        assert sum(incident.alert_count for incident in site.incidents()) == alerts, "each alert counts once"
        dispatches = {str(value.dispatch_id): value for value in site.dispatches()}
        for terminal in self.way.terminals:
            mine = {each for each, value in dispatches.items() if value.unit_id == terminal.unit_id}
            open_now = {each for each in mine if dispatches[each].state not in ENDED_STATES}
            assert set(terminal.book.dispatches) == open_now
            for dispatch_id, view in terminal.book.dispatches.items():
                assert view.state == dispatches[dispatch_id].state.value
            assert set(terminal.rung) <= mine, "nobody rings for what is not theirs"
        with site.reader.begin() as connection:
            answered = [row.command_id for row in connection.execute(select(command.c.command_id))]
        results: dict[str, Any] = {}
        for terminal in self.way.terminals:
            results.update(terminal.results)
        assert set(results) == set(self.pressed), "every step was answered"
        assert set(answered) >= set(self.pressed)


def _alerts_of(room: ModelRoom) -> int:
    return len(room.outbox.records[Stream.ALERTS])


TestWholeWayUnderFaults = WholeWayUnderFaults.TestCase
TestWholeWayUnderFaults.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    phases=[Stage.explicit, Stage.reuse, Stage.generate],  # shrinking would take minutes: the steps are printed
    suppress_health_check=list(HealthCheck),
)
