"""Evidence from the room's disk to the relay's, whoever is killed or cut meanwhile, and never ahead of an alert."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import psutil
import pytest
from structlog.testing import capture_logs

from patrol_wire.ids import Severity
from patrol_wire.limits import MEDIA_CHUNK_BYTES
from patrol_wire.media import SNAPSHOT_TYPE
from relay.core.media_transfer import CREDIT_CHUNKS
from tests.support.hostile_way import Way
from tests.support.media_room import some_content
from tests.support.media_site import MIB, NODE, EvidenceRoom, MediaSite, RoomProcess, evidence_room
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
WINDOW_BYTES = CREDIT_CHUNKS * MEDIA_CHUNK_BYTES
LATE = {"delay_s": 0.02}
"""On loopback a clip is through before anybody can be killed; 20 ms either way make it some seconds."""


@pytest.fixture
def slow_site(tmp_path: Path) -> Iterator[tuple[MediaSite, Way]]:
    """A relay whose media are reached by a way that is late."""
    site = MediaSite(tmp_path)
    way = Way(site.ports[3])
    with site.config.open("a", encoding="utf-8") as config:
        config.write(f"[media]\ntold_port = {way.port}\n")
    way.order(weather=LATE)
    with site:
        yield site, way
    way.close()


def half_way(room: EvidenceRoom, size: int) -> None:
    wait_until(lambda: room.media_link.state.bytes_sent > size // 3, within_s=60, what="a third of the clip is sent")


def assert_arrived(site: MediaSite, room: EvidenceRoom, sha256: str, content: bytes) -> None:
    wait_until(lambda: room.settled("delivered") == 1 and not room.waiting, within_s=90, what="it is delivered")
    assert site.content(sha256).content == content
    assert site.media_states() == {sha256: "stored"}
    assert list((site.media_dir / "incoming").iterdir()) == []
    assert [path.name for path in site.media_dir.glob("??/*")] == [sha256], "nothing doubled"


def test_an_alert_has_its_picture_and_its_clip_at_the_relay(tmp_path: Path) -> None:
    with MediaSite(tmp_path) as site, evidence_room(site, tmp_path / "room") as room:
        picture = room.raise_with(some_content(90_000))
        clip = room.raise_with(some_content(5 * MIB + 3, seed=2), clip=True)
        wait_until(lambda: room.settled("delivered") == 2, within_s=20, what="both are delivered")
        assert site.content(picture.media.sha256).content == picture.media.path.read_bytes()
        piece = site.content(clip.media.sha256, Range="bytes=1000000-1000009")
        assert piece.status_code == 206
        assert piece.content == clip.media.path.read_bytes()[1_000_000:1_000_010]
        assert set(site.media_states().values()) == {"stored"}
        assert room.media.space().pinned_bytes == 0, "from now on retention may have both"
        assert site.figure("media_stored") == 2


def test_the_media_gate_killed_in_the_middle_costs_a_window_at_most(
    slow_site: tuple[MediaSite, Way], tmp_path: Path
) -> None:
    site, _way = slow_site
    content = some_content(6 * MIB)
    with evidence_room(site, tmp_path / "room") as room:
        evidence = room.raise_with(content, clip=True)
        half_way(room, len(content))
        site.gate("media").kill()
        assert_arrived(site, room, evidence.media.sha256, content)
        assert room.media_link.state.bytes_sent <= len(content) + 2 * WINDOW_BYTES
        assert site.figure("media_gate_resumed") == 1


def test_the_relay_killed_in_the_middle_costs_a_window_at_most(
    slow_site: tuple[MediaSite, Way], tmp_path: Path
) -> None:
    site, _way = slow_site
    content = some_content(6 * MIB)
    with evidence_room(site, tmp_path / "room") as room:
        evidence = room.raise_with(content, clip=True)
        half_way(room, len(content))
        site.kill_relay()
        site.start()
        assert_arrived(site, room, evidence.media.sha256, content)
        assert room.media_link.state.bytes_sent <= len(content) + 2 * WINDOW_BYTES


def test_a_room_killed_in_the_middle_goes_on_after_its_restart(
    slow_site: tuple[MediaSite, Way], tmp_path: Path
) -> None:
    site, way = slow_site
    content = some_content(6 * MIB)
    folder = tmp_path / "room"
    way.order(weather={"refuse": True})
    with evidence_room(site, folder) as room:
        evidence = room.raise_with(content, clip=True)
        wait_until(lambda: not sum(room.outbox.depth().pending.values()), within_s=10, what="the manifest is there")
    way.order(weather=LATE)
    killed = RoomProcess(site, folder)
    incoming = site.media_dir / "incoming"

    def third_is_there() -> bool:
        return any(path.stat().st_size > len(content) // 3 for path in incoming.iterdir())

    wait_until(third_is_there, within_s=60, what="a third of the clip is there")
    killed.kill()
    (part,) = incoming.iterdir()
    had = part.stat().st_size
    with evidence_room(site, folder) as room:
        assert_arrived(site, room, evidence.media.sha256, content)
        assert room.media_link.state.bytes_sent <= len(content) - had + WINDOW_BYTES


def test_cuts_and_flipped_bits_on_the_way_cost_time_and_nothing_else(
    slow_site: tuple[MediaSite, Way], tmp_path: Path
) -> None:
    site, way = slow_site
    content = some_content(5 * MIB)
    with evidence_room(site, tmp_path / "room") as room:
        evidence = room.raise_with(content, clip=True)
        half_way(room, len(content))
        way.order(cut=True)
        before = room.media_link.state.bytes_sent
        way.order(weather={"flip_share": 0.02})
        wait_until(
            lambda: room.media_link.state.bytes_sent > before + MIB // 2 or room.settled("delivered"),
            within_s=60,
            what="something goes through all the same",
        )
        way.order(weather=LATE)
        assert_arrived(site, room, evidence.media.sha256, content)
        assert room.settled("lost") == 0


def test_while_an_alert_is_unacknowledged_no_chunk_is_sent(slow_site: tuple[MediaSite, Way], tmp_path: Path) -> None:
    site, _way = slow_site
    content = some_content(8 * MIB)
    with evidence_room(site, tmp_path / "room") as room:
        evidence = room.raise_with(content, clip=True)
        half_way(room, 3 * MIB)
        gate = site.gate("rooms")
        gate.suspend()
        room.alert(1, severity=Severity.CRITICAL)
        wait_until(lambda: room.media_link.state.held, within_s=2, what="the lane is held")
        stood = room.media_link.state.bytes_sent
        room.alert(2, severity=Severity.CRITICAL)  # some more of them; the wait below is for a second commit, no sleep
        rounds = room.media_link.progress
        wait_until(lambda: room.media_link.progress >= rounds + 3, within_s=5, what="the lane looked three times")
        assert room.media_link.state.bytes_sent == stood
        gate.resume()
        wait_until(lambda: room.media_link.state.bytes_sent > stood, within_s=20, what="it goes on after the answer")
        assert evidence.media.path.exists()


def test_pictures_arrive_before_the_rest_of_a_clip(slow_site: tuple[MediaSite, Way], tmp_path: Path) -> None:
    site, _way = slow_site
    content = some_content(6 * MIB)
    with evidence_room(site, tmp_path / "room") as room:
        clip = room.raise_with(content, clip=True)
        half_way(room, len(content))
        picture = room.raise_with(some_content(90_000, seed=5))
        wait_until(
            lambda: site.content(picture.media.sha256).status_code == 200, within_s=10, what="the picture is there"
        )
        assert site.content(clip.media.sha256).json()["code"] == "in_room"
        wait_until(lambda: room.settled("delivered") == 2, within_s=60, what="both are delivered")
        assert site.content(clip.media.sha256).content == content


def test_a_clip_of_300_mb_bloats_neither_room_nor_relay(tmp_path: Path) -> None:
    content = some_content(300 * MIB + 77)
    with MediaSite(tmp_path) as site, evidence_room(site, tmp_path / "room") as room:
        wait_until(lambda: room.link.state.phase == "open", within_s=10, what="the session opens")
        relay, gate, own = psutil.Process(site.relay.process.pid), site.gate("media"), psutil.Process()
        evidence = room.raise_with(content, clip=True)
        before = [process.memory_info().rss for process in (relay, gate, own)]
        most = list(before)

        def watched() -> bool:
            for place, process in enumerate((relay, gate, own)):
                most[place] = max(most[place], process.memory_info().rss)
            return room.settled("delivered") == 1

        wait_until(watched, within_s=120, what="the clip is delivered")
        grown_mib = [(peak - start) / MIB for peak, start in zip(most, before, strict=True)]
        assert max(grown_mib) < 24, grown_mib
        assert (site.media_dir / evidence.media.sha256[:2] / evidence.media.sha256).stat().st_size == len(content)


def test_a_relay_without_a_media_gate_is_told_about_once_and_changes_nothing(tmp_path: Path) -> None:
    with (
        capture_logs() as logged,
        MediaSite(tmp_path, settings="[media]\nenabled = false\n") as site,
        evidence_room(site, tmp_path / "room") as room,
    ):
        evidence = room.raise_with(some_content(90_000))
        wait_until(lambda: not sum(room.outbox.depth().pending.values()), within_s=10, what="the records arrive")
        wait_until(lambda: room.link.state.media_port == 0, within_s=10, what="the relay said so")
        wait_until(
            lambda: room.media_link.state.reason.startswith("the relay takes no media"), within_s=5, what="it is shown"
        )
        assert (room.media_link.state.phase, room.media_link.state.rebuilds, room.waiting) == ("off", 0, 1)
        assert site.media_states() == {evidence.media.sha256: "in_room"}
        assert "media" not in httpx.get(f"{site.web}readyz", timeout=5).text
        rounds = room.media_link.progress
        wait_until(lambda: room.media_link.progress >= rounds + 4, within_s=5, what="the lane looked four more times")
    assert len([line for line in logged if line["event"] == "media_lane"]) == 1


def test_a_full_relay_keeps_what_incidents_at_work_need_and_the_room_keeps_the_rest(tmp_path: Path) -> None:
    with (
        MediaSite(tmp_path, settings="[media]\nmax_mib = 3\n") as site,
        evidence_room(site, tmp_path / "room") as room,
    ):
        first = room.raise_with(some_content(2 * MIB))
        wait_until(lambda: room.settled("delivered") == 1, within_s=10, what="the first is delivered")
        second = room.raise_with(some_content(2 * MIB, seed=2))
        wait_until(lambda: room.media_link.state.phase == "resting", within_s=10, what="the relay has no room")
        assert room.media_link.state.reason == "the relay refuses: no_space"
        assert site.media_states() == {first.media.sha256: "stored", second.media.sha256: "in_room"}
        (incident,) = httpx.get(f"{site.web}api/v1/incidents", timeout=5).json()["incidents"]
        closed = httpx.post(
            f"{site.web}api/v1/incidents/{incident['incident_id']}/acts",
            json={"act": "close", "actor": "wang", "outcome": "nothing_found"},
            timeout=5,
        )
        assert closed.status_code == 200
        wait_until(lambda: room.settled("delivered") == 2, within_s=30, what="the second is delivered")
        assert site.content(first.media.sha256).json()["code"] == "deleted"
        assert site.content(second.media.sha256).status_code == 200
        assert not (site.media_dir / first.media.sha256[:2] / first.media.sha256).exists()


def test_two_rooms_with_the_same_content_send_it_once(tmp_path: Path) -> None:
    nodes = (NODE, "room-t01-c02")
    content = some_content(MIB)
    with MediaSite(tmp_path, nodes=nodes) as site, evidence_room(site, tmp_path / "one") as one:
        one.raise_with(content)
        wait_until(lambda: one.settled("delivered") == 1, within_s=10, what="the first room's is delivered")
        with evidence_room(site, tmp_path / "two", node=nodes[1]) as two:
            two.raise_with(content)
            wait_until(lambda: two.settled("delivered") == 1, within_s=10, what="the second room's is delivered")
            assert two.media_link.state.bytes_sent == 0
        assert site.figure("media_stored") == 1


def test_a_file_that_rotted_in_the_room_is_given_up_and_the_others_go_on(tmp_path: Path) -> None:
    with MediaSite(tmp_path) as site:
        folder = tmp_path / "room"
        site.gate("media").suspend()
        with evidence_room(site, folder) as room:
            rotten = room.raise_with(some_content(MIB))
            good = room.raise_with(some_content(MIB, seed=2))
            wait_until(lambda: not sum(room.outbox.depth().pending.values()), within_s=10, what="the records arrive")
        with rotten.media.path.open("r+b") as file:
            file.seek(4711)
            file.write(b"rot")
        site.gate("media").resume()
        with evidence_room(site, folder) as room:
            wait_until(lambda: room.settled("delivered") == 1, within_s=30, what="the good one is delivered")
            wait_until(lambda: room.settled("lost") == 1, within_s=30, what="the rotten one is given up")
        assert site.media_states() == {rotten.media.sha256: "in_room", good.media.sha256: "stored"}
        assert site.content(good.media.sha256).headers["content-type"] == SNAPSHOT_TYPE


@pytest.mark.parametrize("seed", [1])  # 2 to 4 held by hand
def test_whatever_is_killed_in_whatever_order_all_evidence_arrives_once(
    slow_site: tuple[MediaSite, Way], tmp_path: Path, seed: int
) -> None:
    """After each fault something more must arrive before the next one comes: a lane that only waits is no lane."""
    site, way = slow_site
    folder = tmp_path / "room"
    random = Random(seed)
    way.order(weather={"refuse": True})
    contents: dict[str, bytes] = {}
    with evidence_room(site, folder) as room:
        for number in range(28):
            clip = number % 4 == 0
            content = some_content(random.randrange(600_000, 1_500_000) if clip else 60_000, seed=number)
            contents[room.raise_with(content, clip=clip).media.sha256] = content
        wait_until(lambda: not sum(room.outbox.depth().pending.values()), within_s=20, what="the manifests arrive")
    way.order(weather=LATE)
    sender = RoomProcess(site, folder)

    def arrived() -> int:
        return len(list(site.media_dir.glob("??/*")))

    faults = ["media gate", "rooms gate", "relay", "room", "cut", "flip"] * 2
    random.shuffle(faults)
    for fault in faults:
        before = arrived()
        match fault:
            case "media gate":
                site.gate("media").kill()
            case "rooms gate":
                site.gate("rooms").kill()
            case "relay":
                site.kill_relay()
                site.start()
            case "room":
                sender.kill()
                sender = RoomProcess(site, folder)
            case "cut":
                way.order(cut=True)
            case "flip":
                way.order(weather={"flip_share": 0.05})
        wait_until(lambda least=before: arrived() > least, within_s=60, what=f"more arrives after: {fault}")  # type: ignore[misc]  # the default binds the loop's value
        way.order(weather=LATE)
    wait_until(lambda: arrived() == len(contents), within_s=60, what="everything is there")
    wait_until(lambda: set(site.media_states().values()) == {"stored"}, within_s=20, what="everything is noted")
    sender.kill()
    for sha256, content in contents.items():
        assert site.content(sha256).content == content
    with evidence_room(site, folder) as room:
        wait_until(lambda: room.settled("delivered") == len(contents), within_s=20, what="the room knows it, too")
        assert (room.settled("lost"), room.settled("refused"), room.waiting) == (0, 0, 0)
    wait_until(lambda: not list((site.media_dir / "incoming").iterdir()), within_s=5, what="no part is left")
