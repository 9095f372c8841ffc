"""Snapshots and clips over HTTP: who gets what, and in which pieces."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from patrol_wire.media import CLIP_TYPE
from relay.core.commands import MediaDropped
from tests.support.desk_site import DeskSite

PICTURE = b"\xff\xd8\xff\xe0 a picture"
CLIP = bytes(range(256)) * 1_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as made:
        yield made


def media_of(site: DeskSite) -> list[dict[str, Any]]:
    (incident,) = site.client.get("/api/v1/incidents").json()["incidents"]
    (alert,) = site.client.get(f"/api/v1/incidents/{incident['incident_id']}").json()["alerts"]
    found = alert["media"]
    assert isinstance(found, list)
    return found


def test_an_alert_lists_its_media_and_whether_they_are_here(site: DeskSite) -> None:
    alert = site.alert(1)
    sha256 = site.announce(alert.alert_id, PICTURE)
    (shown,) = media_of(site)
    assert (shown["sha256"], shown["kind"], shown["state"], shown["masked"]) == (sha256, "snapshot", "in_room", True)
    site.store_media(PICTURE)
    assert media_of(site)[0]["state"] == "stored"
    site.announce(alert.alert_id, CLIP, media_type=CLIP_TYPE)
    assert [(one["kind"], one["state"]) for one in media_of(site)] == [("snapshot", "stored"), ("clip", "in_room")]


def test_a_picture_comes_with_its_type_and_may_be_kept_for_ever(site: DeskSite) -> None:
    sha256 = site.announce(site.alert(1).alert_id, PICTURE)
    site.store_media(PICTURE)
    answer = site.client.get(f"/api/v1/media/{sha256}")
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = site.client.get(f"/api/v1/media/{sha256}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-99", 206, CLIP[:100]),
        ("bytes=255000-", 206, CLIP[255_000:]),  # what a player asks for when it looks for the index
        ("bytes=-16", 206, CLIP[-16:]),
        ("bytes=999999-", 416, None),
    ],
)
def test_a_clip_comes_in_the_pieces_that_a_player_asks_for(
    site: DeskSite, asked: str, status: int, content: bytes | None
) -> None:
    sha256 = site.announce(site.alert(1).alert_id, CLIP, media_type=CLIP_TYPE)
    site.store_media(CLIP, media_type=CLIP_TYPE)
    answer = site.client.get(f"/api/v1/media/{sha256}", headers={"Range": asked})
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content
        assert answer.headers["content-type"] == "video/mp4"


def test_what_is_not_here_says_why(site: DeskSite) -> None:
    sha256 = site.announce(site.alert(1).alert_id, PICTURE)

    def asked() -> tuple[int, str]:
        answer = site.client.get(f"/api/v1/media/{sha256}")
        return answer.status_code, answer.json()["code"]

    assert asked() == (404, "in_room")
    site.store_media(PICTURE)
    site.media.delete(sha256)
    assert asked() == (404, "in_room"), "the store says stored, the disk does not: no fault page"
    site.writer.submit(MediaDropped(sha256s=(sha256,), reason="space")).result(5.0)
    assert asked() == (410, "deleted")
    assert site.client.get(f"/api/v1/media/{'0' * 64}").json()["code"] == "not_found"


@pytest.mark.parametrize("name", ["..%2f..%2frelay.sqlite3", "A" * 64, "0" * 63, "0" * 65, "incoming"])
def test_nothing_but_a_hash_is_looked_for(site: DeskSite, name: str) -> None:
    assert site.client.get(f"/api/v1/media/{name}").status_code in (404, 422)


def test_a_picture_needs_the_token_like_everything_else(tmp_path: Path) -> None:
    with DeskSite(tmp_path, token="a-token-of-sixteen-or-more") as guarded:
        sha256 = guarded.announce(guarded.alert(1).alert_id, PICTURE)
        guarded.store_media(PICTURE)
        path = f"/api/v1/media/{sha256}"
        assert httpx.get(guarded.base_url + path).status_code == 401
        assert guarded.client.get(path).content == PICTURE
        foreign = guarded.client.get(path, headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403
