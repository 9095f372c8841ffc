"""Index consumers over a real gate process with CURVE, served from a real ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from patrol_wire import messages as m
from patrol_wire.frames import Kind, pack_prefix
from relay.core.field import CommitProgress, GateRole
from relay.ops.clock import MachineClock
from relay.publish.counts_feed import CountsFeed
from relay.publish.counts_page import MAX_PAGE, read_page
from tests.support.field_desk import AT_US, FieldDesk
from tests.support.gate_site import FieldClient, GateSite


@dataclass
class Site:
    gate: GateSite
    desk: FieldDesk
    feed: CountsFeed


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> Iterator[Site]:
    with GateSite(tmp_path, GateRole.COUNTS) as gate:
        desk = FieldDesk(store_url)
        feed = CountsFeed(
            port=gate.port,
            reader=desk.reader,
            clock=MachineClock(),
            progress=lambda: CommitProgress(commits=7, last_commit_us=AT_US),
        )
        feed.start()
        yield Site(gate, desk, feed)
        feed.stop()
        desk.close()


def hello(cursor: int, *, session: int = 1, version: int = 1, entry_id: str | None = None) -> m.CountsHello:
    return m.CountsHello(
        session=session, lowest_version=version, highest_version=version, cursor=cursor, entry_id=entry_id
    )


def page(client: FieldClient, *, within_s: float = 5.0) -> m.Counts:
    found = client.receive(within_s=within_s)
    assert isinstance(found, m.Counts), found
    return found


def collect(client: FieldClient, upto: int) -> list[int]:
    cursors: list[int] = []
    while not cursors or cursors[-1] < upto:
        cursors += [entry.cursor for entry in page(client).entries]
    return cursors


def test_an_empty_ledger_says_so_once_and_then_new_entries_come_live(site: Site) -> None:
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0, session=42))
    assert page(client) == m.Counts(session=42, entries=(), head=0)
    site.desk.count(2)
    site.feed.hint()
    live = page(client)
    assert ([entry.cursor for entry in live.entries], live.head, live.session) == ([1, 2], 2, 42)
    assert client.hears_nothing(for_s=0.6), "no page without a change"


def test_a_consumer_gets_every_entry_after_its_cursor_in_order_and_once(site: Site) -> None:
    site.desk.count(1_000)
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(17))
    assert collect(client, 1_000) == list(range(18, 1_001))
    assert client.hears_nothing(for_s=0.6)


def test_a_lost_hint_costs_a_poll(site: Site) -> None:
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0))
    page(client)
    site.desk.count(1)
    assert page(client, within_s=2).head == 1


def test_after_a_gate_kill_the_consumer_goes_on_where_it_stood(site: Site) -> None:
    site.desk.count(300)
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0))
    got = [entry.cursor for entry in page(client).entries]
    site.gate.gate.kill()
    site.desk.count(300)
    site.gate.gate.start()
    client.send(hello(got[-1], session=2), within_s=10)
    while got[-1] < 600:
        counts = page(client)
        if counts.session == 2:  # pages of the first session may have been on their way
            got += [entry.cursor for entry in counts.entries]
    assert got == list(range(1, 601))


def test_a_stranger_to_the_feed_is_asked_who_it_is(site: Site) -> None:
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(m.Ping(sent_at=1, pending=0))
    assert client.receive() == m.Who()
    client.send(hello(0, version=9))
    refused = client.receive()
    assert isinstance(refused, m.Error)
    assert refused.code == "unknown_version"
    client.send_raw(pack_prefix(Kind.COUNTS_HELLO, stream=None, hop=1) + b"\xc1")
    refused = client.receive()
    assert isinstance(refused, m.Error)
    assert refused.code == "bad_body"


def test_a_cursor_of_a_ledger_that_is_no_more_is_refused_before_anything_is_missed(site: Site) -> None:
    """After a restore other lines stand under the numbers that the consumer has read."""
    site.desk.count(20)
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0))
    lines = page(client).entries
    client.send(hello(12, session=2, entry_id=lines[11].entry_id))
    assert [entry.cursor for entry in page(client).entries] == list(range(13, 21))
    for cursor, why in ((12, "stands there"), (21, "it ends at 20")):
        client.send(hello(cursor, session=cursor, entry_id="f" * 32))
        refused = client.receive()
        assert isinstance(refused, m.Error)
        assert (refused.code, refused.retryable) == ("other_ledger", False)
        assert why in refused.text
    site.desk.count(5)
    site.feed.hint()
    assert client.hears_nothing(for_s=0.6), "it is sent nothing to add to the wrong sums"


def test_a_ping_shows_the_commits_and_bye_ends_the_session(site: Site) -> None:
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0))
    page(client)
    client.send(m.Ping(sent_at=5, pending=0))
    pong = client.receive()
    assert isinstance(pong, m.Pong)
    assert (pong.ping_sent_at, pong.commits) == (5, 7)
    client.send(m.Bye(reason="done"))
    client.send(m.Ping(sent_at=6, pending=0))
    assert client.receive() == m.Who()


def test_a_page_of_the_http_twin_is_bounded_and_says_how_far_the_ledger_goes(store_url: str) -> None:
    desk = FieldDesk(store_url)
    desk.count(5)
    with desk.reader.connect() as connection:
        found = read_page(connection, after=1, limit=2)
        assert ([entry.cursor for entry in found.entries], found.head) == ([2, 3], 5)
        assert read_page(connection, after=5).entries == ()
        for after, limit in ((-1, 1), (0, 0), (0, MAX_PAGE + 1)):
            with pytest.raises(ValueError, match="must not be negative and limit"):
                read_page(connection, after=after, limit=limit)
    desk.close()


def test_entries_say_their_release_and_each_release_is_told_once(site: Site) -> None:
    """Once while connected; a consumer that comes back is told those again that end at or behind its cursor."""
    site.desk.count(2)
    site.desk.release()
    site.desk.count(1)
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0))
    news = page(client)
    assert [(each.number, each.month, each.release, each.cutoff) for each in news.releases] == [(1, "2026-11", 1, 2)]
    assert (news.entries, news.head) == ((), 3)
    assert [(entry.cursor, entry.release) for entry in page(client).entries] == [(1, 1), (2, 1), (3, 2)]
    site.desk.release()
    site.feed.hint()
    live = page(client)
    assert ([each.number for each in live.releases], live.entries) == ([2], ())
    site.desk.count(1)
    site.feed.hint()
    live = page(client)
    assert ([entry.release for entry in live.entries], live.releases) == ([3], ())
    assert client.hears_nothing(for_s=0.6)


@pytest.mark.parametrize(("cursor", "told"), [(0, [1, 2, 3]), (2, [1, 2, 3]), (3, [2, 3]), (4, [3]), (5, [])])
def test_a_consumer_that_comes_back_misses_no_release(site: Site, cursor: int, told: list[int]) -> None:
    """Whoever has an entry was told every release that ends before it, so those need not come again."""
    for number in (2, 1, 1, 1):
        site.desk.count(number)
        if number == 2 or site.desk.lines() < 5:
            site.desk.release()
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(cursor))
    numbers: list[int] = []
    done = False
    while not done:
        found = page(client)
        numbers += [each.number for each in found.releases]
        done = (bool(found.entries) and found.entries[-1].cursor == found.head) or (
            cursor == found.head and not found.releases
        )
    assert numbers == told
    site.desk.release("2026-10")
    site.feed.hint()
    assert [each.number for each in page(client).releases] == [4], "those of before are not told again"


def test_more_releases_than_a_frame_holds_come_in_several(site: Site) -> None:
    site.desk.count(1)
    for _ in range(300):
        site.desk.release()
    client = site.gate.connect(site.gate.enrol("index"))
    client.send(hello(0))
    numbers: list[int] = []
    while len(numbers) < 300:
        numbers += [each.number for each in page(client).releases]
    assert numbers == list(range(1, 301))
    assert [entry.cursor for entry in page(client).entries] == [1]
