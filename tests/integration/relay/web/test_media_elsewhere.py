"""Two relays on one store, a media folder each: the page of either shows what lies with the other."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from patrol_wire.media import CLIP_TYPE
from relay.core.commands import MediaPlaced
from tests.support.desk_site import DeskSite

CLIP = bytes(range(256)) * 2_000


@pytest.fixture
def relays(postgres_url: str) -> Iterator[tuple[DeskSite, DeskSite]]:
    """The one that holds the content, and the one that is asked."""
    with ExitStack() as stack:
        holder, asked = (stack.enter_context(DeskSite(postgres_url, token="of-both")) for _ in range(2))
        yield holder, asked


def placed(holder: DeskSite, web_url: str) -> str:
    sha256 = holder.announce(holder.alert(1).alert_id, CLIP, media_type=CLIP_TYPE)
    holder.store_media(CLIP, media_type=CLIP_TYPE)
    holder.writer.submit(MediaPlaced(folder=holder.media.name, web_url=web_url)).result(5)
    return sha256


def test_what_lies_with_another_relay_comes_through_whole_and_in_pieces(relays: tuple[DeskSite, DeskSite]) -> None:
    holder, asked = relays
    path = f"/api/v1/media/{placed(holder, holder.base_url)}"
    whole = asked.client.get(path)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, CLIP, CLIP_TYPE)
    assert whole.headers["cache-control"] == holder.client.get(path).headers["cache-control"]
    part = asked.client.get(path, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, CLIP[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(CLIP)}"
    again = asked.client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    without = asked.client.get(path, headers={"Authorization": "Bearer of-nobody"})
    assert without.status_code == 401, "who may not see the page must not see the other relay's pictures through it"


def test_relays_that_name_each_other_wrongly_do_not_ask_in_a_circle(relays: tuple[DeskSite, DeskSite]) -> None:
    holder, asked = relays
    sha256 = placed(holder, asked.base_url)  # it names the one that asks
    answer = asked.client.get(f"/api/v1/media/{sha256}")
    assert (answer.status_code, answer.json()["code"]) == (404, "elsewhere")
    assert "answers 404" in answer.json()["error"]


def test_a_relay_that_is_away_is_named(relays: tuple[DeskSite, DeskSite]) -> None:
    holder, asked = relays
    sha256 = placed(holder, "http://127.0.0.1:9")
    answer = asked.client.get(f"/api/v1/media/{sha256}")
    assert (answer.status_code, answer.json()["code"]) == (404, "elsewhere")
    assert "http://127.0.0.1:9, which does not answer" in answer.json()["error"]
    holder.writer.submit(MediaPlaced(folder=holder.media.name, web_url="")).result(5)
    assert "does not have" in asked.client.get(f"/api/v1/media/{sha256}").json()["error"]
