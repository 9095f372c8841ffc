"""Cursor-on-Target over real TCP: maps that connect, a TAK server that comes and goes, a client that does not read."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from relay.app.channel_parts import cot_feed
from relay.notify.cot_event import ALARM_TYPE, DELETE_TYPE
from relay.notify.cot_feed import CotFeed
from relay.settings.toml_file import parse_settings
from tests.support.channel_site import ChannelSite
from tests.support.waiting import wait_until


class Map:
    """A TAK client: reads events from its connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.settimeout(5.0)
        self._stream = connection.makefile("rb")

    def next(self) -> ET.Element:
        return ET.fromstring(self._stream.readline())  # noqa: S314  # of our own relay

    def ended(self) -> bool:
        try:
            return self._stream.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._stream.close()
        self._connection.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ChannelSite]:
    with ChannelSite(tmp_path, tmp_path, "") as running:
        yield running


def feed_of(site: ChannelSite, toml: str) -> CotFeed:
    settings = parse_settings(f"[cot]\n{toml}", source="test.toml")
    feed = cot_feed(settings, cities=site.writer.cities, reader=site.reader, clock=site.clock)
    assert feed is not None
    site.writer.on_commit(lambda changed: feed.hint() if changed.incidents else None)
    feed.start()
    return feed


@pytest.fixture
def feed(site: ChannelSite) -> Iterator[CotFeed]:
    running = feed_of(site, 'bind = "127.0.0.1:0"\nclients = 2\nunread_kib = 4\nstale_s = 120.0')
    wait_until(lambda: running.port, within_s=5, what="the feed listens")
    yield running
    running.stop()


def connect(feed: CotFeed) -> Map:
    return Map(socket.create_connection(("127.0.0.1", feed.port), timeout=5.0))


def test_a_map_gets_an_incident_its_changes_and_its_end(site: ChannelSite, feed: CotFeed) -> None:
    site.alert(1)
    incident_id = site.only_incident()
    with closing(connect(feed)) as map_:
        first = map_.next()
        assert (first.tag, first.get("version"), first.get("type")) == ("event", "2.0", ALARM_TYPE)
        assert first.get("uid") == f"video-patrol.{incident_id}"
        assert (first.get("time") or "") < (first.get("stale") or "")
        point = first.find("point")
        assert point is not None
        incident = site.client.get("/api/v1/incidents").json()["incidents"][0]
        assert float(point.get("lat", "0")) == pytest.approx(incident["place"]["lat"], abs=1e-6)
        assert (first.findtext("detail/remarks") or "").split(" · ")[1] == "无人接手 / nobody has it"
        site.act(incident_id, "acknowledge")
        second = map_.next()
        assert second.get("uid") == first.get("uid")
        assert (second.findtext("detail/remarks") or "").split(" · ")[1] == "已确认 / acknowledged"
        site.act(incident_id, "cancel", reason="a cat")
        last = map_.next()
        assert last.get("type") == DELETE_TYPE
        link = last.find("detail/link")
        assert link is not None
        assert link.get("uid") == first.get("uid")
    with closing(connect(feed)) as again:  # nothing is open any more
        site.alert(2, area=2)
        assert again.next().get("uid") != first.get("uid")


def test_an_event_is_sent_anew_before_it_goes_stale(site: ChannelSite) -> None:
    feed = feed_of(site, 'bind = "127.0.0.1:0"\nstale_s = 0.4')
    try:
        wait_until(lambda: feed.port, within_s=5, what="the feed listens")
        site.alert(1)
        with closing(connect(feed)) as map_:
            first, second = map_.next(), map_.next()
        assert first.get("uid") == second.get("uid")
        assert (first.get("time") or "") < (second.get("time") or "")
    finally:
        feed.stop()


def test_the_tak_server_is_connected_to_again_and_gets_everything_again(site: ChannelSite) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5.0)
        feed = feed_of(site, f'connect = "127.0.0.1:{server.getsockname()[1]}"\nreconnect_s = 0.05')
        try:
            site.alert(1)
            with closing(Map(server.accept()[0])) as map_:
                uid = map_.next().get("uid")
            with closing(Map(server.accept()[0])) as map_:
                assert map_.next().get("uid") == uid
        finally:
            feed.stop()


def test_a_client_that_does_not_read_is_cut_and_the_others_see_everything(site: ChannelSite, feed: CotFeed) -> None:
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    deaf.connect(("127.0.0.1", feed.port))
    with closing(deaf), closing(connect(feed)) as map_:
        wait_until(lambda: feed.clients == 2, within_s=5, what="both are connected")
        site.alert(1)
        incident_id = site.only_incident()
        map_.next()
        for number in range(1_000):  # far more than the buffers between the two hold
            if feed.counters["cut"]:
                break
            site.act(incident_id, "reclassify", severity=("critical", "high")[number % 2], reason="turns")
            map_.next()
        assert feed.counters["cut"] == 1
        wait_until(lambda: feed.clients == 1, within_s=5, what="the cut one is gone")  # counted before it is gone


def test_one_client_too_many_is_refused(feed: CotFeed) -> None:
    with closing(connect(feed)), closing(connect(feed)):
        wait_until(lambda: feed.clients == 2, within_s=5, what="both are connected")
        with closing(connect(feed)) as third:
            assert third.ended()
        assert feed.counters["refused"] == 1
