"""Power loss: whatever was written after the last sync vanishes, is torn or is rubbish; what was promised is there.

Both ends keep SQLite in WAL mode with full synchronisation: a promise is given after the log was synced up to its
end. So each length of the log from there to the next promise, with anything behind it, is a state that a power cut
may leave; the copies here are such states, opened by the real programs.
"""

import shutil
from pathlib import Path
from random import Random

import pytest

from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.store import Outbox
from patrol_wire.ids import Stream
from patrol_wire.messages import Welcome
from relay.store import figures, reconcile
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender, said
from tests.support.writer_site import WriterSite

PROMISES = 24
CUTS_OF_RELAY, CUTS_OF_ROOM = 4, 16
"""A relay's store takes its time to open: it is checked as a whole."""


def wal_of(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def after_power_loss(file: Path, target: Path, *, synced: int, written: int, random: Random) -> None:
    """Copy a database as a power cut leaves it: the log up to somewhere behind ``synced``, then perhaps rubbish."""
    target.parent.mkdir(parents=True)
    shutil.copy(file, target)
    kept = random.randint(synced, written)
    tail = random.randbytes(random.choice((0, 0, 17, 4_120))) if kept < written else b""
    wal_of(target).write_bytes(wal_of(file).read_bytes()[:kept] + tail)


def test_the_relay_holds_what_it_acknowledged_and_takes_the_rest_again(tmp_path: Path) -> None:
    """After the cut the room sends from the relay's mark on: in the end everything is there once, and counted once."""
    random = Random(1)  # a test to repeat
    room = RoomSender("room-0")
    synced: list[int] = []
    (tmp_path / "alive").mkdir()
    with WriterSite(tmp_path / "alive") as site:
        file = tmp_path / "alive" / "relay.sqlite3"
        begin = file.stat().st_mtime_ns
        site.connect(room)
        synced.append(wal_of(file).stat().st_size)
        for number in range(PROMISES):
            room.put(some_alert(number, category="brawl"))
            assert site.deliver(room).stored == number + 1
            synced.append(wal_of(file).stat().st_size)
        assert file.stat().st_mtime_ns == begin, "a checkpoint ran; the log alone no longer tells the states"
        assert synced == sorted(set(synced)), "an acknowledgement was given without anything new in the log"
        for cut in range(CUTS_OF_RELAY):
            promised = random.randrange(PROMISES)
            folder = tmp_path / f"cut-{cut}"
            after_power_loss(
                file, folder / "relay.sqlite3", synced=synced[promised], written=synced[promised + 1], random=random
            )
            _assert_goes_on(folder, room, promised)


def _assert_goes_on(folder: Path, room: RoomSender, promised: int) -> None:
    with WriterSite(folder) as again:
        (welcome,) = said(again.writer.apply([room.hello()]).replies)
        assert isinstance(welcome, Welcome)
        stored = next(mark.seq for mark in welcome.stored if mark.stream is Stream.ALERTS)
        assert promised <= stored <= promised + 1, "what was acknowledged is gone, or what was never sent is there"
        again.writer.apply([room.batch(stored + 1)] if stored < PROMISES else [])
        with again.reader.connect() as connection:
            found = figures.read(connection)
            assert (found.records, found.alerts) == (PROMISES, PROMISES)
            assert reconcile.differences(connection) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_room_holds_what_it_promised_to_keep(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    file = tmp_path / "alive" / "outbox.sqlite3"
    file.parent.mkdir()
    outbox = Outbox(file, node="room-a", clock=SystemClock())
    synced = [wal_of(file).stat().st_size]
    for number in range(PROMISES):
        outbox.put(some_alert(number))
        synced.append(wal_of(file).stat().st_size)
    assert synced == sorted(set(synced))
    for cut in range(CUTS_OF_ROOM):
        promised = random.randrange(PROMISES)
        target = tmp_path / f"cut-{cut}" / "outbox.sqlite3"
        after_power_loss(file, target, synced=synced[promised], written=synced[promised + 1], random=random)
        again = Outbox(target, node="room-a", clock=SystemClock())
        held = again.unsettled(Stream.ALERTS, 0, PROMISES)
        assert promised <= len(held) <= promised + 1
        assert again.epoch == outbox.epoch, "a sound outbox must not begin anew"
        assert again.put(some_alert(99)).seq == len(held) + 1
        again.close()
    outbox.close()
