"""Refusals in the store: added up by hour, peer and reason on both databases, bounded, with no count lost."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from relay.core.refusals import HOUR_US, OTHERS, RefusalTally
from relay.store import refusals, schema
from relay.store.engine import writer_engine
from relay.store.refusals import KEPT_US, MOST_IN_AN_HOUR

NOW_US = 1_764_000_000_000_000 - 1_764_000_000_000_000 % HOUR_US


@pytest.fixture
def desk_engine(store_url: str) -> Iterator[Engine]:
    engine = writer_engine(store_url)
    schema.prepare(engine)
    yield engine
    engine.dispose()


def of(peer: str, times: int, *, at_us: int = NOW_US, detail: str = "") -> RefusalTally:
    return RefusalTally(at_us - at_us % HOUR_US, "rooms", peer, "bad_body", times, at_us, at_us + times, detail)


def test_what_is_added_later_adds_up_and_keeps_the_first_time_and_the_last_finding(desk_engine: Engine) -> None:
    for tallies in ([of("room:a", 2, detail="x\0y")], [of("room:a", 3), of("room:b", 1)], []):
        with desk_engine.begin() as connection:
            refusals.add(connection, tallies, NOW_US)
    with desk_engine.connect() as connection:
        first, second = refusals.since(connection, NOW_US, limit=10)
        assert refusals.since(connection, NOW_US + HOUR_US, limit=10) == []
    assert first == RefusalTally(NOW_US, "rooms", "room:a", "bad_body", 5, NOW_US, NOW_US + 3, "x�y")
    assert (second.peer, second.times) == ("room:b", 1)


def test_an_hour_with_too_many_peers_counts_the_rest_together(desk_engine: Engine) -> None:
    peers = [of(f"room:{number}", 1) for number in range(MOST_IN_AN_HOUR)]
    with desk_engine.begin() as connection:
        refusals.add(connection, peers, NOW_US)
        refusals.add(connection, [of("room:late", 4), of("room:later", 3), of("room:7", 1)], NOW_US)
        found = {row.peer: row.times for row in refusals.since(connection, NOW_US, limit=9_999)}
    assert (len(found), found[OTHERS], found["room:7"]) == (MOST_IN_AN_HOUR + 1, 7, 2)


def test_what_is_older_than_thirty_days_is_forgotten(desk_engine: Engine) -> None:
    with desk_engine.begin() as connection:
        refusals.add(connection, [of("room:a", 1), of("room:a", 1, at_us=NOW_US + KEPT_US)], NOW_US)
        refusals.add(connection, [], NOW_US + KEPT_US + HOUR_US)
        assert [row.hour_us for row in refusals.since(connection, 0, limit=10)] == [NOW_US + KEPT_US]
