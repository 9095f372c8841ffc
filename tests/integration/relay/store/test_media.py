"""What the store says about media: which alert has what, what is here, and what may go."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from patrol_wire.ids import Forward, NodeName, Outcome, Stream
from patrol_wire.media import CLIP_TYPE, SNAPSHOT_TYPE
from patrol_wire.records import Alert, MediaManifest
from relay.core.commands import Act, MediaDropped, MediaKept
from relay.core.dispatches import Answer
from relay.core.media import Announced, ContentState
from relay.store import media
from tests.support.records import BEGIN_US, some_alert, some_id
from tests.support.room_sender import RoomSender
from tests.support.writer_site import WriterSite

FOLDER = "0" * 32


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as made:
        yield made
        assert made.differences() == []


@pytest.fixture
def room(site: WriterSite) -> RoomSender:
    sender = RoomSender()
    site.connect(sender)
    return sender


def sha(number: int) -> str:
    return f"{number:064x}"


def manifest(number: int, content: int, *, media_type: str = SNAPSHOT_TYPE, size_bytes: int = 100) -> MediaManifest:
    return MediaManifest(
        alert_id=some_id(number),
        sha256=sha(content),
        media_type=media_type,
        size_bytes=size_bytes,
        started_at=BEGIN_US,
        duration_ms=0,
        masked=True,
    )


def announce(site: WriterSite, room: RoomSender, body: MediaManifest) -> None:
    site.writer.apply([room.batch(room.put(body, Stream.MEDIA), stream=Stream.MEDIA)])


def alert(site: WriterSite, room: RoomSender, number: int) -> Alert:
    body = replace(some_alert(number), forward=Forward.DIRECT)
    room.put(body)
    site.deliver(room)
    return body


def keep(
    site: WriterSite, content: int, *, size_bytes: int = 100, node: str = "room-0", folder: str = FOLDER
) -> Answer:
    command = MediaKept(
        sha256=sha(content), media_type=SNAPSHOT_TYPE, size_bytes=size_bytes, folder=folder, node=NodeName(node)
    )
    (result,) = site.writer.apply([], [command]).results
    return result.answer


def shown(site: WriterSite, number: int) -> list[tuple[str, ContentState | None]]:
    with site.reader.begin() as connection:
        found = media.of_alerts(connection, [some_id(number)]).get(some_id(number), [])
    return [(one.sha256, one.state) for one in found]


def deletable(site: WriterSite) -> list[tuple[str, int]]:
    with site.reader.begin() as connection:
        return media.deletable(connection, FOLDER, limit=100)


def test_an_alert_shows_what_its_room_announced_and_whether_it_is_here(site: WriterSite, room: RoomSender) -> None:
    alert(site, room, 1)
    announce(site, room, manifest(1, 7))
    announce(site, room, manifest(1, 8, media_type=CLIP_TYPE))
    assert shown(site, 1) == [(sha(7), None), (sha(8), None)]
    assert keep(site, 7) is Answer.DONE
    assert shown(site, 1) == [(sha(7), ContentState.STORED), (sha(8), None)]


def test_a_manifest_may_come_before_its_alert(site: WriterSite, room: RoomSender) -> None:
    """The streams are apart: a held stream A must not cost the picture."""
    announce(site, room, manifest(1, 7))
    assert shown(site, 1) == []
    alert(site, room, 1)
    assert shown(site, 1) == [(sha(7), None)]


def test_another_room_cannot_hang_a_picture_on_an_alert(site: WriterSite, room: RoomSender) -> None:
    alert(site, room, 1)
    other = RoomSender("room-1", session=b"s2")
    site.connect(other)
    announce(site, other, manifest(1, 9))
    assert shown(site, 1) == []


def test_a_manifest_said_twice_stands_once(site: WriterSite, room: RoomSender) -> None:
    alert(site, room, 1)
    announce(site, room, manifest(1, 7))
    announce(site, room, manifest(1, 7))
    assert shown(site, 1) == [(sha(7), None)]


def test_two_of_the_same_in_one_burst_stand_once(site: WriterSite, room: RoomSender) -> None:
    alert(site, room, 1)
    first = room.put(manifest(1, 7), Stream.MEDIA)
    room.put(manifest(1, 7), Stream.MEDIA)
    site.writer.apply([room.batch(first, stream=Stream.MEDIA)])
    assert shown(site, 1) == [(sha(7), None)]


def test_only_the_room_that_announced_content_may_send_it(site: WriterSite, room: RoomSender) -> None:
    announce(site, room, manifest(1, 7))
    with site.reader.begin() as connection:
        assert media.announced(connection, "room-0", sha(7)) == Announced(media_type=SNAPSHOT_TYPE, size_bytes=100)
        assert media.announced(connection, "room-1", sha(7)) is None
        assert media.announced(connection, "room-0", sha(8)) is None


def test_content_noted_twice_is_one_and_comes_back_after_it_went(site: WriterSite) -> None:
    assert keep(site, 7) is Answer.DONE
    assert keep(site, 7, node="room-1") is Answer.ALREADY_DONE
    site.writer.apply([], [MediaDropped(sha256s=(sha(7), sha(8)), reason="space")])
    with site.reader.begin() as connection:
        found = media.content(connection, sha(7))
        assert found is not None
        assert (found.state, found.reason, found.node) == (ContentState.DELETED, "space", "room-0")
        assert media.stored(connection, FOLDER) == {}
        assert media.content(connection, sha(8)) is None
    assert keep(site, 7) is Answer.DONE
    with site.reader.begin() as connection:
        assert media.stored(connection, FOLDER) == {sha(7): 100}


def test_each_folder_is_tidied_by_itself(site: WriterSite) -> None:
    """Two relays on one database have a disk each: neither may give up what lies on the other's."""
    keep(site, 7)
    keep(site, 8, folder="f" * 32)
    with site.reader.begin() as connection:
        assert media.stored(connection, FOLDER) == {sha(7): 100}
        assert media.stored(connection, "f" * 32) == {sha(8): 100}
    assert deletable(site) == [(sha(7), 100)]


def test_what_an_incident_at_work_needs_may_not_go(site: WriterSite, room: RoomSender) -> None:
    alert(site, room, 1)
    announce(site, room, manifest(1, 7))
    keep(site, 7)
    site.clock.advance(1)
    keep(site, 8)  # of no alert that is known
    assert deletable(site) == [(sha(8), 100)]
    site.act(site.incident().incident_id, Act.CLOSE, outcome=Outcome.CONFIRMED)
    assert deletable(site) == [(sha(7), 100), (sha(8), 100)], "the oldest first"
    site.act(site.incident().incident_id, Act.REOPEN)
    assert deletable(site) == [(sha(8), 100)]
