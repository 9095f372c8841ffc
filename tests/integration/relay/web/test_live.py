"""The live feed over a real WebSocket: nothing is missed, whoever was away resumes, strangers are kept out."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from patrol_wire.ids import Step
from tests.support.desk_site import DeskSite

TOKEN = "a-token-of-sixteen-or-more"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as made:
        yield made


def feed(site: DeskSite, after: int | None = None, **options: Any) -> ClientConnection:
    query = "" if after is None else f"?after={after}"
    socket: ClientConnection = connect(
        f"{site.base_url.replace('http', 'ws')}/api/v1/live{query}", open_timeout=5, **options
    )
    return socket


def next_of(socket: ClientConnection, kind: str, *, within_s: float = 5.0) -> dict[str, Any]:
    """Return the next message of a kind; others are passed over."""
    deadline = time.monotonic() + within_s
    while (left := deadline - time.monotonic()) > 0:
        message = json.loads(socket.recv(timeout=left))
        if message["kind"] == kind:
            assert isinstance(message, dict)
            return message
    raise AssertionError(f"no {kind} within {within_s} s")


def test_a_page_gets_a_snapshot_and_then_each_change(site: DeskSite) -> None:
    site.alert(1)
    with feed(site) as socket:
        first = json.loads(socket.recv(timeout=5))
        assert first["kind"] == "snapshot"
        (incident,) = first["incidents"]
        assert json.loads(socket.recv(timeout=5))["kind"] == "rooms"
        here = json.loads(socket.recv(timeout=5))
        assert here["kind"] == "site"
        assert here["site"]["states"]["new"]["count"] == 1
        sent = incident["dispatches"][0]
        site.step(sent["unit_id"], sent["dispatch_id"], Step.ACCEPT)
        changed = next_of(socket, "changes")
        assert changed["sequence"] > first["sequence"]
        assert [each["state"] for each in changed["incidents"]] == ["dispatched"]
        assert next_of(socket, "site")["site"]["states"]["dispatched"]["count"] == 1


def test_a_new_incident_is_on_the_page_within_a_tenth_of_a_second(site: DeskSite) -> None:
    """The writer's hint brings it; the poll of 250 ms would not."""
    with feed(site) as socket:
        next_of(socket, "site")
        taken = []
        for number in range(5):
            began = time.monotonic()
            site.flag(number, area=number % 4)
            next_of(socket, "changes")
            taken.append(time.monotonic() - began)
        assert min(taken) < 0.1


def test_who_was_away_gets_exactly_what_was_missed(site: DeskSite) -> None:
    site.alert(1, area=0)
    with feed(site) as socket:
        seen = next_of(socket, "snapshot")["sequence"]
    site.alert(2, area=1)
    site.flag(3, area=2)
    with feed(site, after=seen) as socket:
        missed = json.loads(socket.recv(timeout=5))
        assert missed["kind"] == "changes"
        assert [each["node"] for each in missed["incidents"]] == ["room-1", "room-2"]
    with feed(site, after=missed["sequence"]) as socket:
        assert json.loads(socket.recv(timeout=5))["incidents"] == []


def test_resuming_works_over_a_restart_of_the_web(site: DeskSite) -> None:
    """Change numbers live in the store, so a page notices nothing but the gap in time."""
    site.alert(1, area=0)
    with feed(site) as socket:
        seen = next_of(socket, "snapshot")["sequence"]
        site.stop_web()
        with pytest.raises(ConnectionClosed):
            next_of(socket, "nothing more")
    site.alert(2, area=1)
    site.start_web()
    with feed(site, after=seen) as socket:
        missed = json.loads(socket.recv(timeout=5))
        assert [each["node"] for each in missed["incidents"]] == ["room-1"]


def test_a_number_of_another_store_gets_a_snapshot(site: DeskSite) -> None:
    site.alert(1)
    with feed(site, after=1_000_000) as socket:
        first = json.loads(socket.recv(timeout=5))
        assert (first["kind"], len(first["incidents"])) == ("snapshot", 1)


def test_a_quiet_relay_still_tells_that_it_lives(site: DeskSite) -> None:
    with feed(site) as socket:
        next_of(socket, "site")
        began = time.monotonic()
        next_of(socket, "site")
        assert time.monotonic() - began < 3.0


def test_how_long_ago_a_room_was_heard_of_stays_true_while_its_presence_does_not_change(site: DeskSite) -> None:
    """A room is online for hours; a page that was told the time once would show an ever older one."""
    site.alert(1)
    with feed(site) as socket:
        first = heard_later(socket, "")
        site.alert(2)
        assert heard_later(socket, first) > first


def heard_later(socket: ClientConnection, than: str) -> str:
    """Wait for a list of rooms that says one was heard of later; return when."""
    deadline = time.monotonic() + 18.0
    while time.monotonic() < deadline:
        for room in next_of(socket, "rooms", within_s=15.0)["rooms"]:
            if room["last_seen_at"] > than:
                return str(room["last_seen_at"])
    raise AssertionError(f"no room was heard of after {than}")


def test_pages_that_leave_are_forgotten(site: DeskSite) -> None:
    with feed(site) as one, feed(site) as other:
        next_of(one, "site")
        next_of(other, "site")
        assert "relay_live_pages 2.0" in site.client.get("/metrics").text
    with feed(site) as socket:
        next_of(socket, "site")
        next_of(socket, "site")
        assert "relay_live_pages 1.0" in site.client.get("/metrics").text


def test_a_page_of_another_site_cannot_listen(site: DeskSite) -> None:
    with pytest.raises(InvalidStatus) as refused:
        feed(site, origin=Origin("http://evil.example"))
    assert refused.value.response.status_code == 403
    with feed(site, origin=Origin(site.base_url)) as socket:
        next_of(socket, "snapshot")


def test_the_feed_asks_for_the_token_in_its_subprotocol(tmp_path: Path) -> None:
    packed = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
    wrong = base64.urlsafe_b64encode(b"a-token-of-another-relay").decode().rstrip("=")
    with DeskSite(tmp_path, token=TOKEN) as site:
        for protocols in (None, [Subprotocol("patrol.v1"), Subprotocol(f"bearer.{wrong}")]):
            with pytest.raises(InvalidStatus) as refused:
                feed(site, subprotocols=protocols)
            assert refused.value.response.status_code == 403
        offered = [Subprotocol("patrol.v1"), Subprotocol(f"bearer.{packed}")]
        with feed(site, subprotocols=offered) as socket:
            assert socket.subprotocol == "patrol.v1"
            next_of(socket, "snapshot")
