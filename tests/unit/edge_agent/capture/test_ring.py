"""The packet ring: what it keeps, what it forgets, what a cut returns."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.ring import IN_MEMORY, Group, PacketRing, RingPacket, StreamShape

SHAPE = StreamShape(codec_name="h264", width=64, height=48, time_base=Fraction(1, 1000), extradata=b"")


def packet(
    number: int, *, gop: int = 10, size: int = 100, connection: int = 1, shape: StreamShape = SHAPE
) -> RingPacket:
    return RingPacket(
        data=bytes(size),
        pts_ticks=number * 100,
        dts_ticks=number * 100,
        media_s=number / 10,
        is_keyframe=number % gop == 0,
        is_corrupt=False,
        hidden=False,
        shape=shape,
        connection=connection,
    )


def filled(count: int, **limits: float) -> PacketRing:
    ring = PacketRing(keep_s=limits.get("keep_s", 60.0), keep_bytes=int(limits.get("keep_bytes", 1e9)))
    for number in range(count):
        ring.append(packet(number))
    return ring


def test_a_cut_begins_on_the_keyframe_at_or_before_its_start_and_ends_on_time() -> None:
    cut = filled(100).cut(3.5, 6.2)
    assert (cut[0].media_s, cut[-1].media_s) == (3.0, 6.2)
    assert cut[0].is_keyframe
    assert len(cut) == 33


def test_a_cut_that_begins_exactly_on_a_keyframe_takes_nothing_before_it() -> None:
    assert filled(100).cut(3.0, 4.0)[0].media_s == 3.0


def test_a_cut_of_seconds_that_are_gone_or_to_come_is_empty_or_begins_with_the_oldest() -> None:
    ring = filled(600, keep_s=10.0)
    assert ring.cut(5.0, 9.0) == []
    assert ring.cut(70.0, 80.0) == []
    cut = ring.cut(5.0, 55.0)
    assert 49.0 <= cut[0].media_s <= 50.0


def test_seconds_and_bytes_both_bound_the_ring_and_only_bytes_count_as_overflow() -> None:
    by_time = filled(600, keep_s=10.0)
    assert by_time.span_s is not None
    assert 10.0 <= by_time.span_s[1] - by_time.span_s[0] <= 11.0
    assert by_time.overflows == 0
    by_bytes = filled(600, keep_bytes=5_000)
    assert by_bytes.kept_bytes <= 5_000
    assert by_bytes.overflows > 0


def test_a_group_that_alone_breaks_the_byte_bound_is_let_go() -> None:
    ring = PacketRing(keep_s=60.0, keep_bytes=500)
    for number in range(10):
        ring.append(packet(number, gop=100))
    assert ring.kept_bytes <= 500
    assert ring.overflows == 1


def test_packets_before_the_first_keyframe_are_of_no_use_and_not_kept() -> None:
    ring = PacketRing(keep_s=60.0, keep_bytes=10_000)
    for number in range(5, 12):
        ring.append(packet(number))
    assert ring.span_s == (1.0, 1.1)


def test_a_cut_never_mixes_two_connections_or_two_shapes_and_takes_the_part_that_covers_most() -> None:
    ring = PacketRing(keep_s=60.0, keep_bytes=10_000_000)
    for number in range(100):
        ring.append(packet(number, connection=1 if number < 40 else 2))
    assert {kept.connection for kept in ring.cut(2.0, 5.0)} == {1}
    assert {kept.connection for kept in ring.cut(3.5, 9.0)} == {2}
    bigger = replace(SHAPE, width=128)
    for number in range(100, 200):
        ring.append(packet(number, connection=2, shape=bigger))
    assert {kept.shape.width for kept in ring.cut(9.5, 15.0)} == {128}


def test_a_packet_of_a_new_connection_is_not_added_to_the_old_ones_group() -> None:
    ring = filled(5)
    ring.append(packet(5, connection=2))
    assert ring.span_s == (0.0, 0.4)


@given(
    sizes=st.lists(st.integers(1, 2_000), min_size=1, max_size=200),
    gop=st.integers(1, 30),
    keep_s=st.floats(0.5, 10.0),
    keep_bytes=st.integers(1_000, 20_000),
    start=st.floats(0.0, 20.0),
    length=st.floats(0.0, 10.0),
)
def test_the_ring_stays_within_its_bytes_and_every_cut_is_decodable(
    sizes: list[int], gop: int, keep_s: float, keep_bytes: int, start: float, length: float
) -> None:
    ring = PacketRing(keep_s=keep_s, keep_bytes=keep_bytes)
    for number, size in enumerate(sizes):
        ring.append(packet(number, gop=gop, size=size))
        assert ring.kept_bytes <= keep_bytes
    cut = ring.cut(start, start + length)
    assert all(later.dts_ticks - earlier.dts_ticks == 100 for earlier, later in pairwise(cut))
    if cut:
        assert cut[0].is_keyframe
        assert cut[-1].media_s <= start + length


def test_a_follower_gets_the_newest_group_and_then_each_packet_once_until_it_leaves() -> None:
    ring = filled(25)
    taken: list[RingPacket] = []
    take = taken.append
    first = ring.follow(take)
    assert [one.media_s for one in first] == [2.0, 2.1, 2.2, 2.3, 2.4]
    ring.append(packet(25))
    ring.unfollow(take)
    ring.append(packet(26))
    assert [one.media_s for one in taken] == [2.5]


class Offered:
    """Keeps what it is offered, and says nothing."""

    def __init__(self) -> None:
        self.groups: list[Group] = []

    def offer(self, group: Group) -> None:
        self.groups.append(group)


def test_a_ring_that_must_stay_in_memory_gives_its_store_nothing_more() -> None:
    store = Offered()
    ring = PacketRing(keep_s=60.0, keep_bytes=1_000_000, store=store)
    for number in range(100):
        ring.append(packet(number))
    before = len(store.groups)
    assert before == 10 - IN_MEMORY
    ring.stay_in_memory()
    for number in range(100, 200):
        ring.append(packet(number))
    assert len(store.groups) == before
