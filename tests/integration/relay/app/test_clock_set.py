"""The relay's clock is set while alerts wait for an answer: what was to ring in thirty seconds rings then."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from structlog.testing import capture_logs

from patrol_wire.ids import Forward
from relay.core.policy import MICROS
from relay.core.presence import Presence
from relay.store import engine, rooms
from relay.store.engine import writer_engine
from tests.support.records import BEGIN_US, some_alert
from tests.support.room_sender import RoomSender
from tests.support.writer_site import WriterSite

HOUR_S = 3_600.0


def with_an_unanswered_alert(site: WriterSite) -> None:
    room = RoomSender()
    site.connect(room)
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    site.deliver(room)
    site.writer._mind_clock()  # there is no thread here
    assert site.incident().escalation_level == 0


def level_after(site: WriterSite, seconds: float) -> int:
    site.writer._mind_clock()
    site.tick(seconds)
    return site.incident().escalation_level


def test_set_back_by_an_hour_an_alert_that_nobody_answers_climbs_after_its_thirty_seconds(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as site:
        with_an_unanswered_alert(site)
        site.clock.advance(10)
        with capture_logs() as logs:
            site.clock.set_by(-HOUR_S)
            assert level_after(site, 19) == 0
            assert level_after(site, 2) == 1
        (told,) = [line for line in logs if line["event"] == "clock_set"]
        assert (told["by_s"], told["timers"], told["log_level"]) == (-HOUR_S, 1, "error")
        assert site.writer.figures.clock_steps == 1
        assert site.differences() == []


def test_a_room_that_fell_silent_before_the_clock_was_set_back_is_missed_in_time(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as site:
        with_an_unanswered_alert(site)
        site.writer._store_presence()
        site.clock.set_by(-HOUR_S)
        site.writer._mind_clock()
        site.clock.advance(70)
        site.writer._store_presence()
        with site.reader.begin() as connection:
            assert {row.presence for row in rooms.listed(connection)} == {Presence.LOST}


def test_set_forward_by_an_hour_it_is_not_too_old_to_be_paged_for(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as site:
        with_an_unanswered_alert(site)
        site.clock.set_by(HOUR_S)
        assert level_after(site, 29) == 0
        assert level_after(site, 2) == 1


def test_set_back_while_no_relay_ran_it_is_seen_by_what_the_store_holds(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as before:
        with_an_unanswered_alert(before)
    with WriterSite(tmp_path) as after:
        clock = after.clock
        clock.set_by(-HOUR_S)
        after.writer.open()  # as a program that starts with this clock
        assert level_after(after, 31) == 1


def test_a_store_that_fails_at_that_moment_is_asked_again(tmp_path: Path) -> None:
    with WriterSite(tmp_path) as site:
        with_an_unanswered_alert(site)
        other = writer_engine(site.url)
        with other.begin() as connection:
            connection.execute(
                text("CREATE TRIGGER fail BEFORE UPDATE ON timer BEGIN SELECT RAISE(ABORT, 'no space'); END")
            )
        site.clock.set_by(-HOUR_S)
        with capture_logs() as logs:
            site.writer._mind_clock()
        assert [line["event"] for line in logs] == ["clock_not_minded"]
        with other.begin() as connection:
            connection.execute(text("DROP TRIGGER fail"))
        other.dispose()
        assert level_after(site, 31) == 1


@pytest.fixture
def server_clock(postgres_url: str) -> "ServerClock":
    return ServerClock(postgres_url)


class ServerClock:
    """The clock of the database's server under the test's hand: its function of that name goes before the built-in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._own = writer_engine(url)
        self._do(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
            "$$ SELECT to_timestamp(current_setting('patrol.server_s')::float8) $$"
        )
        self._set("search_path", "public, pg_catalog")
        self.set_to(BEGIN_US)

    def set_to(self, at_us: int) -> None:
        """From the next session on it says this."""
        self._set('"patrol.server_s"', str(at_us / MICROS))

    def _set(self, name: str, value: str) -> None:
        database = engine.parse(self.url).database
        self._do(f'ALTER DATABASE "{database}" SET {name} = {value}')

    def _do(self, statement: str) -> None:
        with self._own.begin() as connection:
            connection.execute(text(statement))
        self._own.dispose()


def test_of_several_machines_the_one_whose_clock_alone_was_set_leaves_the_timers_alone(
    server_clock: ServerClock,
) -> None:
    with WriterSite(server_clock.url) as site:
        with_an_unanswered_alert(site)
        site.clock.set_by(-HOUR_S)
        with capture_logs() as logs:
            assert level_after(site, 31) == 0, "the other relays ring it, by clocks that are right"
        (told,) = [line for line in logs if line["event"] == "clock_disagrees_with_database"]
        assert (told["ahead_s"], "time server" in told["hint"]) == (-HOUR_S, True)
        site.clock.set_by(HOUR_S)
        assert level_after(site, 0) == 1


def test_set_back_together_with_the_servers_the_timers_follow(server_clock: ServerClock) -> None:
    with WriterSite(server_clock.url) as site:
        with_an_unanswered_alert(site)
        site._engine.dispose()  # its next session is another
        server_clock.set_to(BEGIN_US - int(HOUR_S * MICROS))
        site.clock.set_by(-HOUR_S)
        assert level_after(site, 31) == 1
