"""What a room was told is stored is at the centre afterwards, once and in order, whoever was killed meanwhile."""

import os
import signal
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from patrol_sim.server import SimServer
from tests.support.sites import LiveSite, live_site
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
DRAIN_S = 5.0


class Presser:
    """An operator who presses flags as fast as they are stored, until told to stop; ``stored`` is what was promised."""

    def __init__(self, site: LiveSite, room: str) -> None:
        self.stored: list[str] = []
        self._site = site
        self._room = room
        self._stop = Event()
        self._thread = Thread(target=self._press, daemon=True)
        self._thread.start()

    def _press(self) -> None:
        number = 0
        while not self._stop.wait(0.02):
            number += 1
            try:
                self.stored.append(self._site.flag(self._room, f"flag {number}"))
            except (httpx.HTTPError, AssertionError):
                self._stop.wait(0.1)  # the agent is away; nothing was promised

    def stop(self) -> list[str]:
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()
        return self.stored


def _relay_has(site: LiveSite, alert_ids: list[str]) -> bool:
    held = {row[0] for row in site.stored("SELECT alert_id FROM alert")}
    return set(alert_ids) <= held


def _assert_once_and_in_order(site: LiveSite, room: str, promised: list[str]) -> None:
    """Every promised flag lies in the log once, in the order in which it was stored in the room."""
    rows = site.stored(
        "SELECT alert.alert_id FROM alert JOIN record_log ON record_log.log_id = alert.log_id "
        "WHERE alert.node = ? AND alert.source = 'flag' ORDER BY record_log.log_id",
        room,
    )
    arrived = [row[0] for row in rows]
    assert len(arrived) == len(set(arrived)), "a flag was doubled"
    assert [alert_id for alert_id in arrived if alert_id in set(promised)] == promised
    holes = site.stored(
        "SELECT node, epoch, stream, count(*), max(seq) FROM record_log GROUP BY node, epoch, stream "
        "HAVING count(*) <> max(seq)"
    )
    assert holes == []


def test_killing_relay_and_agent_while_alerts_flow_loses_and_doubles_nothing(
    tmp_path: Path, street_cameras: SimServer
) -> None:
    with live_site(tmp_path, street_cameras) as site:
        room, other = "room-t01-c01", "room-t01"
        pressers = {name: Presser(site, name) for name in (room, other)}
        wait_until(lambda: all(len(p.stored) >= 20 for p in pressers.values()), within_s=20, what="flags flow")

        os.kill(site.relay.process.pid, signal.SIGKILL)
        site.relay.process.wait(5)
        before = len(pressers[room].stored)
        wait_until(lambda: len(pressers[room].stored) >= before + 20, within_s=20, what="flags without a relay")
        site.restart_relay()
        wait_until(
            lambda: _relay_has(site, pressers[room].stored[:before]), within_s=DRAIN_S, what="the relay caught up"
        )

        agent = site.rooms[room].program
        os.kill(agent.process.pid, signal.SIGKILL)
        agent.process.wait(5)
        before = len(pressers[room].stored)
        site.start_room(room)
        wait_until(
            lambda: len(pressers[room].stored) >= before + 20, within_s=20, what="flags after the agent's restart"
        )

        promised = {name: presser.stop() for name, presser in pressers.items()}
        wait_until(
            lambda: all(_relay_has(site, flags) for flags in promised.values()),
            within_s=DRAIN_S,
            what="everything that was promised is at the centre",
        )
        for name, flags in promised.items():
            assert len(flags) >= 40
            _assert_once_and_in_order(site, name, flags)
        machine = site.stored("SELECT count(*), count(DISTINCT alert_id) FROM alert WHERE source = 'machine'")[0]
        assert machine[0] == machine[1]
        assert machine[0] > 0, "the cameras raised nothing; the test did not test what it says"
        wait_until(lambda: site.differences() == [], within_s=DRAIN_S, what="log, incidents and ledger agree")


def test_ten_seconds_without_a_relay_delay_flags_and_machine_alerts_and_keep_their_order(
    tmp_path: Path, street_cameras: SimServer
) -> None:
    with live_site(tmp_path, street_cameras) as site:
        room = "room-t01-c01"
        wait_until(lambda: site.state(room)["counters"]["acknowledged"] > 0, within_s=30, what="a first alert arrived")

        site.relay.process.kill()
        site.relay.process.wait(5)
        outage = Event()
        promised: list[str] = []
        before = site.state(room)["counters"]["raised"]
        for number in range(20):
            promised.append(site.flag(room, f"during the outage {number}"))
            outage.wait(0.5)  # the outage itself lasts ten seconds; nothing is awaited here
        state = site.state(room)
        machine = state["counters"]["raised"] - before - len(promised)
        assert sum(state["outbox"]["pending"].values()) >= len(promised)

        site.restart_relay()
        wait_until(lambda: _relay_has(site, promised), within_s=DRAIN_S, what="the flags of the outage arrived")
        _assert_once_and_in_order(site, room, promised)
        assert machine > 0, "no machine alert was raised during the outage; the test did not test what it says"
        wait_until(lambda: site.state(room)["link"]["state"] == "open", within_s=DRAIN_S, what="the link is open")
        wait_until(lambda: site.differences() == [], within_s=DRAIN_S, what="log, incidents and ledger agree")
