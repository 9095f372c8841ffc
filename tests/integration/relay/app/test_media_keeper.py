"""The media keeper on a real store and folder; the test plays the gate."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patrol_wire import codec
from patrol_wire.ids import NodeName, Role
from patrol_wire.media import SNAPSHOT_TYPE, MediaReason
from patrol_wire.messages import Error, MediaDone, MediaOffer, MediaWant, Message, Ping, Pong
from relay.app.media_keeper import RECOUNT_EVERY_S, MediaKeeper
from relay.core.commands import MediaDropped
from relay.core.field import CommitProgress, FieldMessage
from relay.core.media import MIB, ORPHANS_KEPT_US, MediaLimits
from relay.ops.clock import MachineClock
from relay.store import media
from relay.store.media_folder import MediaFolder
from tests.support.desk_site import DeskSite, HandPort
from tests.support.media_room import sha_of, some_content
from tests.support.waiting import wait_until

LIMITS = MediaLimits(max_bytes=3 * MIB, reserve_bytes=0, largest_bytes=2 * MIB)
NODE = "room-0"


@pytest.fixture
def site(store_url: str) -> Iterator[DeskSite]:
    with DeskSite(store_url) as made:
        yield made


class AheadClock(MachineClock):
    """The machine's clock, some seconds further on."""

    ahead_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


class Gate:
    """The gate's side, and the keeper behind it."""

    def __init__(self, site: DeskSite, limits: MediaLimits = LIMITS) -> None:
        self.site = site
        self.clock = AheadClock()
        self.port = HandPort()
        self.keeper = MediaKeeper(
            port=self.port,
            folder=site.media,
            limits=limits,
            reader=site.reader,
            submit=site.writer.submit,
            clock=self.clock,
            progress=lambda: CommitProgress(commits=5, last_commit_us=6),
        )
        self.keeper.start()

    def ask(self, message: Message, *, node: str = NODE) -> Message:
        before = len(self.port.sent)
        frame = codec.encode(message, hop=1)
        self.port.hand_over([FieldMessage(b"s", Role.ROOM, NodeName(node), frame)])
        wait_until(lambda: len(self.port.sent) > before, within_s=5.0, what="the keeper answers")
        return codec.decode(self.port.sent[before][1]).message

    def offer(self, content: bytes, *, node: str = NODE, media_type: str = SNAPSHOT_TYPE) -> Message:
        return self.ask(MediaOffer(sha256=sha_of(content), size_bytes=len(content), media_type=media_type), node=node)

    def bring(self, content: bytes) -> Message:
        """Do what the gate does: offer, put the content into the folder, offer once more."""
        assert isinstance(self.offer(content), MediaWant)
        put(self.site, content)
        return self.offer(content)


def put(site: DeskSite, content: bytes) -> None:
    part = site.media.open_part(sha_of(content), NODE)
    part.write(content)
    part.move_to(site.media.place(sha_of(content)))


@pytest.fixture
def gate(site: DeskSite) -> Iterator[Gate]:
    made = Gate(site)
    yield made
    made.keeper.stop()


def announced(site: DeskSite, content: bytes) -> bytes:
    site.announce(site.new_id(), content)
    return content


def stored(site: DeskSite) -> set[str]:
    with site.reader.begin() as connection:
        return set(media.stored(connection, site.media.name))


def test_content_is_wanted_then_noted_then_said_to_be_stored(site: DeskSite, gate: Gate) -> None:
    content = announced(site, some_content(MIB))
    done = gate.bring(content)
    assert done == MediaDone(sha256=sha_of(content), stored=True)
    assert stored(site) == {sha_of(content)}
    assert (gate.keeper.kept_bytes, gate.keeper.counters["stored"]) == (MIB, 1)
    assert gate.offer(content) == done
    assert gate.keeper.counters["stored"] == 1, "offered again it is not counted twice"


@pytest.mark.parametrize(
    ("content", "node", "media_type", "reason"),
    [
        (some_content(10, seed=1), NODE, SNAPSHOT_TYPE, MediaReason.NOT_ANNOUNCED),
        (some_content(20, seed=2), "room-1", SNAPSHOT_TYPE, MediaReason.NOT_ANNOUNCED),  # by another room only
        (some_content(20, seed=2), NODE, "video/mp4", MediaReason.BAD_TYPE),
        (some_content(3 * MIB), NODE, SNAPSHOT_TYPE, MediaReason.TOO_LARGE),
    ],
)
def test_what_is_not_wanted_is_refused_with_its_reason_and_counted(
    site: DeskSite, gate: Gate, content: bytes, node: str, media_type: str, reason: MediaReason
) -> None:
    announced(site, some_content(20, seed=2))
    assert gate.offer(content, node=node, media_type=media_type) == MediaDone(
        sha256=sha_of(content), stored=False, reason=reason
    )
    assert gate.keeper.counters[f"refused_{reason}"] == 1


def test_the_oldest_go_to_make_room_and_their_files_with_them(site: DeskSite, gate: Gate) -> None:
    first, second, third = (announced(site, some_content(MIB + 1, seed=seed)) for seed in range(3))
    gate.bring(first)
    gate.bring(second)
    gate.bring(third)
    assert stored(site) == {sha_of(second), sha_of(third)}
    assert site.media.size_of(sha_of(first)) is None
    assert gate.keeper.counters["deleted_space"] == 1


def test_what_another_relay_stores_in_the_same_folder_counts_too(site: DeskSite, gate: Gate) -> None:
    """Two relays share a folder: its limit is the folder's, not each relay's."""
    other = Gate(site)
    theirs, mine = (announced(site, some_content(MIB + 1, seed=seed)) for seed in range(2))
    other.bring(theirs)
    gate.bring(mine)
    assert gate.keeper.kept_bytes == MIB + 1
    gate.clock.ahead_s += RECOUNT_EVERY_S
    wait_until(lambda: gate.keeper.kept_bytes == 2 * (MIB + 1), within_s=5.0, what="the other's content counts")
    gate.bring(announced(site, some_content(MIB + 1, seed=2)))
    assert sha_of(theirs) not in stored(site), "what was stored first goes first, whoever stored it"
    other.keeper.stop()


def test_the_free_space_of_the_disk_counts_like_the_limit(site: DeskSite) -> None:
    gate = Gate(site, MediaLimits(max_bytes=100 * MIB, reserve_bytes=2**60, largest_bytes=2 * MIB))
    content = announced(site, some_content(100))
    assert gate.offer(content) == MediaDone(sha256=sha_of(content), stored=False, reason=MediaReason.NO_SPACE)
    gate.keeper.stop()


def test_after_a_start_folder_and_store_agree_again(site: DeskSite) -> None:
    kept, lost, finished, doomed = (announced(site, some_content(100, seed=seed)) for seed in range(4))
    old, young = some_content(50, seed=8), some_content(50, seed=9)
    for content in (kept, lost, doomed):
        site.store_media(content)
    site.media.delete(sha_of(lost))  # the disk lost it
    put(site, finished)  # the gate named it, and nobody noted it before everything was killed
    # Killed between the commit and the deletion of the file.
    site.writer.submit(MediaDropped(sha256s=(sha_of(doomed),), reason="space")).result(5.0)
    put(site, old)
    put(site, young)  # its manifest may be on the way
    a_while_ago = site.clock.now_us() / 1e6 - ORPHANS_KEPT_US / 1e6 - 60
    os.utime(site.media.place(sha_of(old)), (a_while_ago, a_while_ago))
    gate = Gate(site)
    gate.ask(Ping(sent_at=1, pending=0))
    assert stored(site) == {sha_of(kept), sha_of(finished)}
    here = {name for name, _, _ in site.media.contents()}
    assert here == {sha_of(kept), sha_of(finished), sha_of(young)}
    assert gate.keeper.kept_bytes == 200
    gate.keeper.stop()


class SharedFolder(MediaFolder):
    """A folder in which another relay is at work; ``meanwhile`` happens between the list and the look at its files."""

    def __init__(self, root: Path, meanwhile: Callable[[], None]) -> None:
        super().__init__(root)
        self._meanwhile = meanwhile

    def contents(self) -> Iterator[tuple[str, int, float]]:
        self._meanwhile()
        yield from super().contents()


def test_what_another_relay_stores_during_the_look_is_left_alone(site: DeskSite) -> None:
    """Two relays share the folder: one notes content between the other's list and its look at the files."""
    fresh, again, gone = (announced(site, some_content(100, seed=seed)) for seed in range(3))
    for content in (again, gone):
        site.store_media(content)
    site.writer.submit(MediaDropped(sha256s=(sha_of(again),), reason="space")).result(5.0)
    site.media.delete(sha_of(again))

    def other_relay() -> None:
        site.store_media(fresh)
        put(site, again)  # it has come back, and its note is on the way
        site.writer.submit(MediaDropped(sha256s=(sha_of(gone),), reason="space")).result(5.0)
        site.media.delete(sha_of(gone))

    whole = site.media
    site.media = SharedFolder(whole.root, other_relay)
    gate = Gate(site)
    gate.ask(Ping(sent_at=1, pending=0))
    gate.keeper.stop()
    site.media = whole
    assert {name for name, _, _ in whole.contents()} == stored(site) == {sha_of(fresh), sha_of(again)}
    assert gate.keeper.counters["deleted_missing"] == 0


def test_a_ping_is_answered_with_the_writers_progress_and_nonsense_with_a_reason(gate: Gate) -> None:
    pong = gate.ask(Ping(sent_at=4, pending=0))
    assert isinstance(pong, Pong)
    assert (pong.ping_sent_at, pong.commits, pong.last_commit_at) == (4, 5, 6)
    wrong = gate.ask(MediaWant(sha256="0" * 64, offset=0, credit=1))
    assert isinstance(wrong, Error)
    assert wrong.code == "wrong_role"


def test_an_empty_folder_where_a_disk_should_be_gives_nothing_up(site: DeskSite, tmp_path: Path) -> None:
    """A disk that was not mounted is mounted again; what the store forgot would be gone for ever."""
    content = announced(site, some_content(100))
    site.store_media(content)
    mounted, site.media = site.media, MediaFolder(tmp_path / "not-mounted")
    gate = Gate(site)
    assert gate.offer(content) == MediaDone(sha256=sha_of(content), stored=True), "some relay has it"
    gate.keeper.stop()
    site.media = mounted
    assert stored(site) == {sha_of(content)}


def test_a_folder_keeps_its_name(tmp_path: Path) -> None:
    first = MediaFolder(tmp_path / "media")
    assert MediaFolder(tmp_path / "media").name == first.name
    assert MediaFolder(tmp_path / "other").name != first.name
    (tmp_path / "media" / "folder.id").write_text("nonsense", encoding="ascii")
    with pytest.raises(OSError, match="is damaged"):
        MediaFolder(tmp_path / "media")
