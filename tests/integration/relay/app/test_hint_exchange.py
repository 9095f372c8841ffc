"""What one relay commits, another one on the same database hears of at once; polling stays the truth."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from patrol_wire.ids import IncidentId, UnitId
from relay.app.hint_exchange import LONGEST_BYTES, HintExchange, pack, unpack
from relay.core.hints import CommitHint
from tests.support.postgres_server import PostgresServer
from tests.support.waiting import wait_until


def hint(*units: str, ledger_grew: bool = False) -> CommitHint:
    return CommitHint(units=frozenset(map(UnitId, units)), incidents=frozenset(), ledger_grew=ledger_grew)


@contextmanager
def exchange(url: str) -> Iterator[tuple[HintExchange, list[CommitHint]]]:
    one = HintExchange(url)
    heard: list[CommitHint] = []
    one.on_hint(heard.append)
    one.start()
    try:
        yield one, heard
    finally:
        one.stop()


def until_it_arrives(teller: HintExchange, heard: list[CommitHint]) -> None:
    """A relay that does not listen yet misses what is told: tell until both are up."""

    def arrived() -> bool:
        teller.tell(hint("first"))
        return bool(heard)

    wait_until(arrived, within_s=10, what="the other relay listens")


def test_another_relay_hears_and_the_teller_does_not(postgres_url: str) -> None:
    """Long before the quarter of a second after which it would have asked by itself."""
    with exchange(postgres_url) as (one, own), exchange(postgres_url) as (_, heard):
        until_it_arrives(one, heard)
        began = time.monotonic()
        one.tell(hint("unit-7", ledger_grew=True))
        wait_until(
            lambda: any("unit-7" in each.units and each.ledger_grew for each in heard), within_s=5, what="a hint"
        )
        assert time.monotonic() - began < 5
        assert own == []


def test_many_commits_are_few_notifications(postgres_url: str) -> None:
    """Merged, one each 20 ms at most: no relay can flood the others; nothing of it is lost."""
    with exchange(postgres_url) as (one, _), exchange(postgres_url) as (_, heard):
        until_it_arrives(one, heard)
        before = one.told
        for number in range(1_000):
            one.tell(hint(f"unit-{number}"))
        wait_until(lambda: len({unit for each in heard for unit in each.units}) >= 500, within_s=10, what="the units")
        assert one.told - before < 200


def test_it_listens_again_when_its_session_was_cut(postgres: PostgresServer, postgres_url: str) -> None:
    """A restart of the server costs hints for a second, and no relay its thread."""
    with exchange(postgres_url) as (one, _), exchange(postgres_url) as (_, heard):
        until_it_arrives(one, heard)
        assert postgres.cut_sessions(postgres_url) >= 2
        heard.clear()
        until_it_arrives(one, heard)


def test_a_hint_too_long_for_the_server_names_what_fits() -> None:
    """8,000 bytes are the server's limit; whose name is left out is found by the poll."""
    many = CommitHint(
        units=frozenset(UnitId(f"unit-{number:06d}") for number in range(5_000)),
        incidents=frozenset({IncidentId("i1"), IncidentId("i2")}),
        ledger_grew=True,
    )
    text = pack("r1", many)
    assert len(text.encode()) <= LONGEST_BYTES
    read = unpack(text, own="r2")
    assert read is not None
    assert len(read.units) > 300
    assert read.units < many.units
    assert read.incidents
    assert read.ledger_grew


def test_what_no_relay_wrote_is_passed_over() -> None:
    """Anybody with the database's password may notify."""
    assert unpack("hello", own="r1") is None
    assert unpack(pack("r1", hint("u")), own="r1") is None
