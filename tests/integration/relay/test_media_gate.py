"""The media gate as its own process under real CURVE: content arrives whole or not at all, whatever happens to it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from patrol_wire import codec
from patrol_wire.frames import MEDIA_LIMIT_BYTES
from patrol_wire.ids import Role
from patrol_wire.limits import MEDIA_CHUNK_BYTES
from patrol_wire.media import MediaReason
from patrol_wire.messages import Error, MediaChunk, MediaDone, MediaWant, Message, Ping, Who
from relay.core.field import GateRole
from relay.core.media_transfer import CREDIT_CHUNKS
from relay.store.media_folder import PARTS_OF_A_ROOM
from tests.support.gate_site import FieldClient, GateSite, resident_bytes
from tests.support.media_room import CoreHand, chunk, offer, sha_of, some_content
from tests.support.small_disk import small_disk
from tests.support.waiting import wait_until

MIB = 1024 * 1024


@pytest.fixture
def site(tmp_path: Path) -> Iterator[GateSite]:
    with GateSite(tmp_path, GateRole.MEDIA) as started:
        yield started


@pytest.fixture
def core(site: GateSite) -> CoreHand:
    return CoreHand(site)


@pytest.fixture
def room(site: GateSite) -> FieldClient:
    return site.connect(site.enrol("room-1"))


def parts(core: CoreHand) -> list[int]:
    return sorted(path.stat().st_size for path in (core.folder.root / "incoming").iterdir())


def begin(core: CoreHand, room: FieldClient, content: bytes) -> MediaWant:
    room.send(offer(content))
    wanted = core.answer_to(room)
    assert isinstance(wanted, MediaWant), wanted
    return wanted


def refused(message: Message) -> str:
    assert isinstance(message, MediaDone), message
    assert not message.stored
    return message.reason


@pytest.mark.parametrize("size_bytes", [1, MEDIA_CHUNK_BYTES, 3 * MEDIA_CHUNK_BYTES, 5 * MEDIA_CHUNK_BYTES + 7])
def test_content_lies_in_the_folder_before_the_core_hears_of_it(
    core: CoreHand, room: FieldClient, size_bytes: int
) -> None:
    content = some_content(size_bytes)
    done = core.bring(room, content)
    assert done == MediaDone(sha256=sha_of(content), stored=True)
    assert core.folder.place(sha_of(content)).read_bytes() == content
    assert [node for node, _ in core.offers] == ["room-1", "room-1"], "offered, and passed on once more when it is here"
    assert parts(core) == []


def test_content_that_is_here_is_not_sent_again(core: CoreHand, room: FieldClient) -> None:
    content = some_content(3 * MEDIA_CHUNK_BYTES)
    core.bring(room, content)
    assert core.bring(room, content, pause=lambda _sent: pytest.fail("nothing is to be sent")) == MediaDone(
        sha256=sha_of(content), stored=True
    )


def test_a_killed_gate_goes_on_where_it_was(site: GateSite, core: CoreHand, room: FieldClient) -> None:
    content = some_content(20 * MEDIA_CHUNK_BYTES + 11)
    assert core.bring(room, content, pause=lambda sent: sent >= 12 * MEDIA_CHUNK_BYTES) is None
    wait_until(lambda: parts(core) == [12 * MEDIA_CHUNK_BYTES], within_s=5.0, what="the chunks are written")
    site.gate.kill()
    with next((core.folder.root / "incoming").iterdir()).open("ab") as torn:
        torn.write(b"half a chunk")  # what a kill in the middle of a write leaves
    site.gate.start()
    resumed: list[int] = []

    def note(sent: int) -> bool:
        resumed.append(sent)
        return False

    done = core.bring(room, content, pause=note)
    assert done == MediaDone(sha256=sha_of(content), stored=True)
    assert resumed[0] == 12 * MEDIA_CHUNK_BYTES
    assert core.folder.place(sha_of(content)).read_bytes() == content
    assert site.counter("media_resumed", at_least=1) == 1


def test_a_chunk_to_a_gate_that_was_restarted_is_asked_who(site: GateSite, core: CoreHand, room: FieldClient) -> None:
    content = some_content(8 * MEDIA_CHUNK_BYTES)
    begin(core, room, content)
    site.gate.kill()
    site.gate.start()
    room.send(chunk(content, 0))
    assert core.answer_to(room) == Who(reason="unknown_transfer")


def test_bytes_that_are_not_their_name_leave_nothing_behind(site: GateSite, core: CoreHand, room: FieldClient) -> None:
    content = some_content(4 * MEDIA_CHUNK_BYTES)
    begin(core, room, content)
    flipped = bytearray(content)
    flipped[MEDIA_CHUNK_BYTES + 5] ^= 1
    for at in range(0, len(content), MEDIA_CHUNK_BYTES):
        room.send(chunk(bytes(flipped), at, sha256=sha_of(content)))
    answer = core.answer_to(room)
    while isinstance(answer, MediaWant):
        answer = core.answer_to(room)
    assert refused(answer) == MediaReason.WRONG_HASH
    assert core.folder.size_of(sha_of(content)) is None
    assert parts(core) == []
    assert site.counter("media_refused_wrong_hash", at_least=1) == 1
    assert core.bring(room, content) == MediaDone(sha256=sha_of(content), stored=True), "sent well it is taken"


def test_a_part_whose_bytes_rotted_on_the_disk_is_not_believed(
    core: CoreHand, site: GateSite, room: FieldClient
) -> None:
    content = some_content(6 * MEDIA_CHUNK_BYTES)
    core.bring(room, content, pause=lambda sent: sent >= 3 * MEDIA_CHUNK_BYTES)
    wait_until(lambda: parts(core) == [3 * MEDIA_CHUNK_BYTES], within_s=5.0, what="the chunks are written")
    with next((core.folder.root / "incoming").iterdir()).open("r+b") as part:
        part.seek(77)
        part.write(b"rot")
    site.gate.kill()
    site.gate.start()
    answer = core.bring(room, content)
    assert answer is not None
    assert refused(answer) == MediaReason.WRONG_HASH
    assert core.bring(room, content) == MediaDone(sha256=sha_of(content), stored=True)


def test_wrong_bytes_of_one_room_do_not_spoil_anothers(site: GateSite, core: CoreHand, room: FieldClient) -> None:
    content, bad = some_content(6 * MEDIA_CHUNK_BYTES), some_content(6 * MEDIA_CHUNK_BYTES, seed=9)
    hostile = site.connect(site.enrol("room-2"))
    begin(core, hostile, content)
    hostile.send(chunk(bad, 0, sha256=sha_of(content)))
    wait_until(lambda: parts(core) == [MEDIA_CHUNK_BYTES], within_s=5.0, what="the wrong chunk is written")
    assert core.bring(room, content) == MediaDone(sha256=sha_of(content), stored=True)


def test_a_snapshot_goes_before_the_rest_of_a_clip(core: CoreHand, room: FieldClient) -> None:
    clip, snapshot = some_content(10 * MEDIA_CHUNK_BYTES), some_content(90_000, seed=2)
    assert core.bring(room, clip, pause=lambda sent: sent >= 6 * MEDIA_CHUNK_BYTES) is None
    wait_until(lambda: parts(core) == [6 * MEDIA_CHUNK_BYTES], within_s=5.0, what="the chunks are written")
    room.send(offer(snapshot))
    answer = core.answer_to(room)
    while isinstance(answer, MediaWant) and answer.sha256 != sha_of(snapshot):
        answer = core.answer_to(room)  # what was on its way for the clip
    room.send(chunk(snapshot, 0))
    assert core.answer_to(room) == MediaDone(sha256=sha_of(snapshot), stored=True)
    assert begin(core, room, clip).offset == 6 * MEDIA_CHUNK_BYTES


HOSTILE = {
    # A chunk nobody asked for yet: beyond the window.
    MediaReason.OVER_CREDIT: lambda content: chunk(content, CREDIT_CHUNKS * MEDIA_CHUNK_BYTES),
    # Within the window, not the next.
    MediaReason.WRONG_OFFSET: lambda content: chunk(content, MEDIA_CHUNK_BYTES),
    # The next, and shorter than its place asks for.
    MediaReason.BAD_CHUNK: lambda content: MediaChunk(sha256=sha_of(content), offset=0, chunk=b"short"),
}


@pytest.mark.parametrize("reason", sorted(HOSTILE))
def test_a_chunk_that_was_not_asked_for_ends_the_transfer_with_its_reason(
    site: GateSite, core: CoreHand, room: FieldClient, reason: MediaReason
) -> None:
    content = some_content(9 * MEDIA_CHUNK_BYTES)
    begin(core, room, content)
    room.send(HOSTILE[reason](content))
    assert refused(core.answer_to(room)) == reason
    room.send(chunk(content, 0))
    assert core.answer_to(room) == Who(reason="unknown_transfer"), "nothing more is taken without an offer"
    assert site.counter(f"media_refused_{reason}", at_least=1) == 1
    assert core.bring(room, content) == MediaDone(sha256=sha_of(content), stored=True), "the session is not lost"


def test_content_nobody_offered_is_unknown(site: GateSite, core: CoreHand, room: FieldClient) -> None:
    room.send(chunk(some_content(100), 0))
    assert core.answer_to(room) == Who(reason="unknown_transfer")
    assert site.counter("media_unknown_transfer", at_least=1) == 1


def test_more_than_the_offered_length_is_never_written(core: CoreHand, room: FieldClient) -> None:
    content = some_content(100)
    begin(core, room, content)
    room.send(MediaChunk(sha256=sha_of(content), offset=0, chunk=bytes(MEDIA_CHUNK_BYTES)))
    assert refused(core.answer_to(room)) == MediaReason.BAD_CHUNK


def test_frames_that_are_none_of_its_kinds_are_refused_by_name(
    site: GateSite, core: CoreHand, room: FieldClient
) -> None:
    room.send_raw(codec.encode(Ping(sent_at=1, pending=0), hop=1)[:3])
    answer = core.answer_to(room)
    assert isinstance(answer, Error)
    assert answer.code == "short_frame"
    room.send_raw(codec.encode(offer(b"x"), hop=1)[:-3] + b"\xc1\xc1\xc1")
    answer = core.answer_to(room)
    assert isinstance(answer, Error)
    assert answer.code == "bad_body"
    room.send_raw(*[codec.encode(offer(b"x"), hop=1)] * 2)
    answer = core.answer_to(room)
    assert isinstance(answer, Error)
    assert answer.code == "many_frames"


def test_a_terminal_may_not_send_media(site: GateSite, core: CoreHand) -> None:
    terminal = site.connect(site.enrol("unit-1", Role.TERMINAL))
    terminal.send(offer(b"x"))
    answer = core.answer_to(terminal)
    assert isinstance(answer, Error)
    assert answer.code == "wrong_role"
    assert core.offers == []


def test_an_oversize_frame_costs_its_sender_the_connection_and_nobody_else(
    site: GateSite, core: CoreHand, room: FieldClient
) -> None:
    hostile = site.connect(site.enrol("room-2"))
    hostile.send(offer(b"x"))
    core.answer_to(hostile)
    before = site.counters().get("disconnected", 0)
    hostile.send_raw(os.urandom(MEDIA_LIMIT_BYTES * 2))
    site.counter("disconnected", at_least=before + 1)
    content = some_content(MEDIA_CHUNK_BYTES)
    assert core.bring(room, content) == MediaDone(sha256=sha_of(content), stored=True)


def test_a_flood_beyond_the_credit_neither_bloats_the_gate_nor_reaches_the_disk(site: GateSite, core: CoreHand) -> None:
    hostile = site.connect(site.enrol("room-2"))
    content = some_content(12 * MEDIA_CHUNK_BYTES)
    begin(core, hostile, content)
    pid = site.gate.pid
    assert pid is not None
    before = resident_bytes(pid)
    for _ in range(400):  # 50 MB of one chunk that was never asked for
        hostile.send(chunk(content, 8 * MEDIA_CHUNK_BYTES))
        while hostile.socket.poll(0):
            hostile.receive()
    site.counter("media_unknown_transfer", at_least=300)
    assert resident_bytes(pid) - before < 24 * MIB
    assert parts(core) == [0]


def test_a_clip_of_300_mb_goes_through_a_gate_that_stays_small(
    site: GateSite, core: CoreHand, room: FieldClient
) -> None:
    content = some_content(300 * MIB + 5)
    core.bring(room, some_content(MIB, seed=3))
    pid = site.gate.pid
    assert pid is not None
    before = resident_bytes(pid)
    grown = [0]

    def watch(sent: int) -> bool:
        if sent % (32 * MIB) == 0:
            grown.append(resident_bytes(pid) - before)
        return False

    assert core.bring(room, content, pause=watch) == MediaDone(sha256=sha_of(content), stored=True)
    assert core.folder.size_of(sha_of(content)) == len(content)
    assert max(grown) < 16 * MIB, grown


def test_a_folder_that_takes_nothing_is_said_and_mended(site: GateSite, core: CoreHand, room: FieldClient) -> None:
    """Root writes through every permission, so a file stands where the folder was."""
    content = some_content(2 * MEDIA_CHUNK_BYTES)
    place = core.folder.place(sha_of(content)).parent
    place.write_bytes(b"in the way")
    answer = core.bring(room, content)
    assert answer is not None
    assert refused(answer) == MediaReason.UNWRITABLE
    place.unlink()
    assert core.bring(room, content) == MediaDone(sha256=sha_of(content), stored=True)


def test_a_room_leaves_eight_pieces_behind_at_most(core: CoreHand, room: FieldClient) -> None:
    for seed in range(PARTS_OF_A_ROOM + 3):
        begin(core, room, some_content(2 * MEDIA_CHUNK_BYTES, seed=seed))
    assert len(parts(core)) == PARTS_OF_A_ROOM


def test_a_second_connection_of_a_room_takes_over(site: GateSite, core: CoreHand) -> None:
    """The gate learns late that a connection is dead; two of them must not write into one part."""
    pair = site.enrol("room-1")
    first, second = site.connect(pair), site.connect(pair)
    content = some_content(6 * MEDIA_CHUNK_BYTES)
    core.bring(first, content, pause=lambda sent: sent >= 2 * MEDIA_CHUNK_BYTES)
    wait_until(lambda: parts(core) == [2 * MEDIA_CHUNK_BYTES], within_s=5.0, what="the chunks are written")
    assert core.bring(second, content) == MediaDone(sha256=sha_of(content), stored=True)


def test_all_rooms_together_send_no_faster_than_the_relay_allows(tmp_path: Path) -> None:
    with GateSite(tmp_path, GateRole.MEDIA, media_bytes_per_s=4 * MIB) as site:
        core = CoreHand(site)
        room = site.connect(site.enrol("room-1"))
        core.bring(room, some_content(1))
        began = time.monotonic()
        assert core.bring(room, some_content(8 * MIB)) is not None
        took_s = time.monotonic() - began
        assert 8 / 4 - 0.5 < took_s < 2 * 8 / 4 + 2.0
        assert site.counter("media_paused", at_least=10) >= 10


def test_a_room_that_does_not_wait_for_its_credit_is_refused(tmp_path: Path) -> None:
    with GateSite(tmp_path, GateRole.MEDIA, media_bytes_per_s=1) as site:
        core = CoreHand(site)
        room = site.connect(site.enrol("room-1"))
        content = some_content(9 * MEDIA_CHUNK_BYTES)
        assert begin(core, room, content).credit == CREDIT_CHUNKS
        for place in range(CREDIT_CHUNKS + 1):
            room.send(chunk(content, place * MEDIA_CHUNK_BYTES))
        assert refused(core.answer_to(room)) == MediaReason.OVER_CREDIT


def _pass_over(room: FieldClient) -> None:
    """Read what still comes of a transfer that ended: credits, and the echo of chunks that were in flight."""
    while not room.hears_nothing(for_s=0.2):
        room.receive()


def test_a_full_disk_and_a_failing_one_are_said_and_the_content_goes_on_when_they_are_mended(tmp_path: Path) -> None:
    content = some_content(40 * MEDIA_CHUNK_BYTES + 3)
    with small_disk(tmp_path, tmp_path / "media", size_mib=24) as disk, GateSite(tmp_path, GateRole.MEDIA) as site:
        core = CoreHand(site)
        room = site.connect(site.enrol("room-1"))
        core.bring(room, content, pause=lambda sent: sent >= 8 * MEDIA_CHUNK_BYTES)
        wait_until(lambda: parts(core) == [8 * MEDIA_CHUNK_BYTES], within_s=5.0, what="the chunks are written")
        _pass_over(room)
        disk.fill()
        answer = core.bring(room, content)
        assert answer is not None
        assert refused(answer) == MediaReason.NO_SPACE
        disk.free()
        _pass_over(room)
        had = begin(core, room, content).offset
        assert had >= 8 * MEDIA_CHUNK_BYTES, "what was there stayed"
        disk.fail()
        for place in range(CREDIT_CHUNKS):
            room.send(chunk(content, had + place * MEDIA_CHUNK_BYTES))
        said = core.answer_to(room)
        while isinstance(said, MediaWant):
            said = core.answer_to(room)
        assert refused(said) == MediaReason.UNWRITABLE
        disk.repair()
        disk.free()  # its deletion may have been lost with the journal
        _pass_over(room)
        answer = core.bring(room, content)
        if answer is not None and not answer.stored:  # the disk may have lost what was not synced
            assert refused(answer) == MediaReason.WRONG_HASH
            _pass_over(room)
            answer = core.bring(room, content)
        assert answer == MediaDone(sha256=sha_of(content), stored=True)
        assert core.folder.place(sha_of(content)).read_bytes() == content
