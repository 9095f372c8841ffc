"""The older past on a real disk: the same cuts as from memory, sealed, without a name, and memory when it fails."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from msgspec import structs

from edge_agent.capture.ring import IN_MEMORY, PacketRing, RingPacket, StreamShape
from edge_agent.capture.ring_spool import AGAIN_AFTER_S, RingSpool, pack, packed_size, unpacked
from tests.support.manual_clock import ManualClock
from tests.support.waiting import wait_until

SHAPE = StreamShape(codec_name="h264", width=64, height=48, time_base=Fraction(1, 90_000), extradata=b"sets")
DICE = Random(7)


def packet(number: int, *, gop: int = 10, connection: int = 1) -> RingPacket:
    return RingPacket(
        data=DICE.randbytes(DICE.randint(1, 3_000)),
        pts_ticks=number * 9_000 - 4_500,
        dts_ticks=number * 9_000 - 9_000,
        media_s=number / 10,
        is_keyframe=number % gop == 0,
        is_corrupt=number % 7 == 0,
        hidden=number % 11 == 0,
        shape=SHAPE,
        connection=connection,
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def spool(tmp_path: Path, clock: ManualClock) -> Iterator[RingSpool]:
    one = RingSpool(tmp_path, reserve_bytes=0, clock=clock)
    one.start()
    yield one
    one.stop()


def on_disk(ring: PacketRing) -> int:
    return ring.kept_bytes - ring.memory_bytes


def settled(ring: PacketRing) -> bool:
    """Whether all but the newest groups have left the memory."""
    return sum(group.packets is not None for group in ring._groups) == IN_MEMORY


def nameless(folder: Path) -> list[Path]:
    """Return the files of this process that lie in the folder and have no name there."""
    found: list[Path] = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:  # the descriptor of the listing itself
            continue
        if target.startswith(str(folder)) and target.endswith("(deleted)"):
            found.append(entry)
    return found


def test_cuts_are_the_same_from_the_disk_as_from_memory(tmp_path: Path, spool: RingSpool) -> None:
    in_memory, spooled = (
        PacketRing(keep_s=60.0, keep_bytes=10**9),
        PacketRing(keep_s=60.0, keep_bytes=10**9, store=spool),
    )
    for number in range(400):
        one = packet(number, gop=10 if number < 200 else 25, connection=1 if number < 300 else 2)
        in_memory.append(one)
        spooled.append(one)
    wait_until(lambda: settled(spooled), within_s=10, what="the older groups are on the disk")
    for start_s, end_s in (
        (0.0, 40.0),
        (3.5, 6.2),
        (19.0, 27.0),
        (28.0, 33.0),
        (35.0, 39.0),
        (39.9, 39.9),
        (90.0, 99.0),
    ):
        assert spooled.cut(start_s, end_s) == in_memory.cut(start_s, end_s), (start_s, end_s)
    assert (spooled.span_s, spooled.kept_bytes) == (in_memory.span_s, in_memory.kept_bytes)
    assert spooled.memory_bytes < 0.25 * in_memory.memory_bytes
    assert not list(tmp_path.iterdir()), "what lies there has a name"


def test_nobody_can_read_it_from_the_disk(tmp_path: Path, spool: RingSpool) -> None:
    ring = PacketRing(keep_s=60.0, keep_bytes=10**9, store=spool)
    packets = [packet(number) for number in range(100)]
    for one in packets:
        ring.append(one)
    wait_until(lambda: settled(ring), within_s=10, what="the older groups are on the disk")
    (segment,) = nameless(tmp_path)
    content = segment.read_bytes()
    assert len(content) > sum(len(one.data) for one in packets[:70])
    assert not any(one.data in content for one in packets if len(one.data) > 16)


def test_what_is_forgotten_gives_its_room_back(tmp_path: Path, spool: RingSpool) -> None:
    ring = PacketRing(keep_s=10.0, keep_bytes=10**9, store=spool)
    large = DICE.randbytes(60_000)
    for number in range(3_000):
        ring.append(structs.replace(packet(number), data=large))
        if number % 20 == 19:
            wait_until(lambda: spool.figures.waiting == 0, within_s=20, what="the disk keeps up")
    assert spool.figures.kept == {}
    # 180 MB went through; a ring of 10 s holds 6 MB, the segment that is being written up to 8 more.
    assert sum(os.stat(one).st_size for one in nameless(tmp_path)) < 40_000_000
    assert len(ring.cut(295.0, 299.0)) == 41


def test_a_cut_outlives_what_it_reads(spool: RingSpool) -> None:
    """A clip that is being cut while the ring forgets has its packets all the same."""
    ring = PacketRing(keep_s=10.0, keep_bytes=10**9, store=spool)
    for number in range(100):
        ring.append(packet(number))
    wait_until(lambda: settled(ring), within_s=10, what="the older groups are on the disk")
    expected = ring.cut(0.0, 2.0)
    readers = ring._wanted(0.0, 2.0)
    for number in range(100, 400):
        ring.append(packet(number))
    assert ring.cut(0.0, 2.0) == []
    assert [one for read in readers for one in read()][: len(expected)] == expected


def test_a_disk_without_room_keeps_the_past_in_memory_and_gets_it_again_later(
    tmp_path: Path, clock: ManualClock
) -> None:
    free = os.statvfs(tmp_path)
    spool = RingSpool(tmp_path, reserve_bytes=free.f_bavail * free.f_frsize * 2, clock=clock)
    spool.start()
    ring = PacketRing(keep_s=60.0, keep_bytes=10**9, store=spool)
    for number in range(100):
        ring.append(packet(number))
    wait_until(lambda: spool.figures.waiting == 0, within_s=10, what="the spool has looked at every group")
    wait_until(lambda: spool.figures.kept == {"disk_full": 10 - IN_MEMORY}, within_s=10, what="each is counted")
    assert "left to alerts" in spool.figures.reason
    assert on_disk(ring) == 0
    assert len(ring.cut(0.0, 9.9)) == 100
    spool._reserve_bytes = 0  # somebody made room
    clock.advance(AGAIN_AFTER_S)
    for number in range(100, 120):
        ring.append(packet(number))
    wait_until(lambda: on_disk(ring) > 0, within_s=10, what="the disk is used again")
    wait_until(lambda: spool.figures.reason == "", within_s=10, what="nothing is wrong any more")
    assert spool.figures.kept == {"disk_full": 10 - IN_MEMORY}
    assert len(ring.cut(0.0, 11.9)) == 120
    spool.stop()


def test_a_folder_that_is_gone_is_told_and_counted(tmp_path: Path, clock: ManualClock) -> None:
    spool = RingSpool(tmp_path / "gone", reserve_bytes=0, clock=clock)
    spool.start()
    ring = PacketRing(keep_s=60.0, keep_bytes=10**9, store=spool)
    for number in range(60):
        ring.append(packet(number))
    wait_until(lambda: spool.figures.kept == {"unwritable": 6 - IN_MEMORY}, within_s=10, what="each group is counted")
    assert "stays in memory: No such file" in spool.figures.reason
    assert len(ring.cut(0.0, 5.9)) == 60
    spool.stop()


def test_a_rotten_disk_is_noticed_and_costs_the_clip_its_beginning(tmp_path: Path, spool: RingSpool) -> None:
    ring = PacketRing(keep_s=60.0, keep_bytes=10**9, store=spool)
    for number in range(100):
        ring.append(packet(number))
    wait_until(lambda: settled(ring), within_s=10, what="the older groups are on the disk")
    (segment,) = nameless(tmp_path)
    with segment.open("r+b") as content:
        content.seek(100)
        content.write(bytes(64))
    cut = ring.cut(0.0, 5.0)
    assert (cut[0].media_s, cut[-1].media_s) == (1.0, 5.0)
    assert cut[0].is_keyframe
    assert ring.unreadable == 1


def test_the_bytes_of_a_group_are_its_packets() -> None:
    for group in ([packet(number) for number in range(10, 20)], []):
        content = memoryview(bytearray(packed_size(group)))
        pack(group, content)
        found = unpacked(content, SHAPE, 1)
        content[:] = bytes(len(content))  # the memory is used for the next group
        assert found == group
