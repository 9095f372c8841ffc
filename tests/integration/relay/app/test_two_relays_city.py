"""Two relays on one PostgreSQL: what one imports the other says, and what happens at one the other tells.

The relay that imports never sends here, and the one that sends never imported: only the database joins them.
"""

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from patrol_wire.ids import CommandId, Forward, Outcome, Step
from patrol_wire.messages import Progress, Welcome
from patrol_wire.records import Place
from relay.app.channel_parts import cot_feed
from relay.app.city_follower import follow_city
from relay.app.room_news import RoomNews
from relay.app.writer import Writer
from relay.core.commands import UnitStep
from relay.ops.clock import MachineClock
from relay.settings.toml_file import parse_settings
from relay.store import dispatches, incidents
from relay.store import engine as store_engine
from tests.support.cap_schema import CapMessage
from tests.support.cases import next_id
from tests.support.channel_site import ChannelSite
from tests.support.city_folder import city_files, middle
from tests.support.desk_site import DeskSite
from tests.support.queue_port import QueuePort
from tests.support.records import some_alert, some_flag
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
from tests.support.waiting import wait_until
from tests.support.web_receiver import WebReceiver

CATEGORY = '[intrusion]\nzh = "入侵"\nen = "Intrusion"\nfamily = "intrusion"\nseverity = "high"\n'
TOML = (
    '[channels.webhook.duty]\nurl = "{duty}"\nsecret_file = "{secret}"\n'
    '[cap]\nenabled = true\nsender = "p@x"\nseverity = "low"\n[channels.cap.province]\nurl = "{province}"\n'
)


@contextmanager
def _following(site: ChannelSite) -> Iterator[None]:
    """Let a relay follow what others import, as its program does."""
    assert site.keeper is not None
    loop = asyncio.new_event_loop()
    task = loop.create_task(follow_city(site.keeper, site.reader, site.writer))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
        loop.close()


def _import_renamed(site: DeskSite) -> None:
    areas = city_files()["areas.geojson"].decode().replace("\\u793e\\u533a00", "新社区")
    units = city_files()["units.csv"].decode().replace("巡逻队a00", "新巡逻队")
    files = {"areas.geojson": areas, "units.csv": units}
    packed = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
    done = site.client.post("/api/v1/city/import", json={"files": packed, "author": "li"}, timeout=30.0)
    assert done.status_code == 200, done.text


def _flag(site: ChannelSite) -> None:
    """An operator says so: that is published too."""
    lon, lat = middle("a00")
    body = replace(some_flag(0), alert_id=site.new_id(), place=Place(lon=lon, lat=lat), category="intrusion")
    site.put(replace(body, flagged_at=site.clock.now_us()), area="a00")


def test_after_an_import_at_one_relay_the_others_channels_say_the_new_names(postgres_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    for name, content in city_files().items():
        (folder / name).write_bytes(content)
    (folder / "categories.toml").write_text(CATEGORY, encoding="utf-8")
    with WebReceiver() as duty, WebReceiver() as province:
        toml = TOML.replace("{duty}", duty.url).replace("{province}", province.url)
        with (
            DeskSite(postgres_url, city_folder=folder) as importing,
            ChannelSite(postgres_url, tmp_path, toml, city_folder=folder) as sending,
            _following(sending),
        ):
            _import_renamed(importing)
            wait_until(lambda: sending.writer.cities.in_force.version == 2, within_s=20, what="the other follows")
            feed = cot_feed(
                parse_settings('[cot]\nbind = "127.0.0.1:0"\nstale_s = 120.0', source="test.toml"),
                cities=sending.writer.cities,
                reader=sending.reader,
                clock=sending.clock,
            )
            assert feed is not None
            sending.writer.on_commit(lambda changed: feed.hint() if changed.incidents else None)
            feed.start()
            try:
                wait_until(lambda: feed.port, within_s=5, what="the feed listens")
                with socket.create_connection(("127.0.0.1", feed.port), timeout=20.0) as tak:
                    wait_until(lambda: feed.counters["connected"] >= 1, within_s=5, what="the client is there")
                    _flag(sending)
                    assert "新社区" in tak.recv(65_536).decode()
            finally:
                feed.stop()
            (webhook,) = duty.wait(1, within_s=20)
            assert "新社区" in json.loads(webhook.body)["headline"]["zh-CN"]
            (cap,) = province.wait(1, within_s=20)
            assert "新社区" in (CapMessage(cap.body).said("area/areaDesc", info=0) or "")


def test_a_room_at_one_relay_hears_what_units_do_at_the_other(postgres_url: str) -> None:
    """Steps arrive at the relay the terminal speaks to; the room's session is at the other one."""
    port, room = QueuePort(), RoomSender()
    engines = [store_engine.writer_engine(postgres_url) for _ in range(2)]
    reader = store_engine.reader_engine(postgres_url)
    with_room = Writer(engines[0], city=small_city(), clock=MachineClock(), port=port)
    with_terminal = Writer(engines[1], city=small_city(), clock=MachineClock())
    with_room.open()
    with_terminal.open()
    news = RoomNews(reader=reader, cities=with_room.cities, clock=MachineClock(), tell=with_room.tell_rooms)
    for each in (with_room, with_terminal, news):
        each.start()
    try:
        port.put(room.hello())
        wait_until(lambda: _heard(port, room, Welcome), within_s=10, what="the room is welcome")
        now_us = MachineClock().now_us()
        body = replace(some_alert(1), forward=Forward.DIRECT, started_at=now_us, raised_at=now_us)
        room.put(replace(body, alert_id=next_id()))
        port.put(room.batch())

        def offered() -> tuple[str, str] | None:
            with reader.connect() as connection:
                found = [
                    (value.unit_id, value.dispatch_id)
                    for incident in incidents.listed(connection)
                    for value in dispatches.of_incident(connection, incident.incident_id)
                ]
            return found[0] if found else None

        chosen = wait_until(offered, within_s=10, what="a unit is asked")
        assert chosen is not None
        unit_id, dispatch_id = chosen
        for step, outcome in ((Step.ACCEPT, None), (Step.ON_SCENE, None), (Step.CLEAR, Outcome.CONFIRMED)):
            command = UnitStep(
                command_id=CommandId(next_id()),
                unit_id=unit_id,  # type: ignore[arg-type]  # as the store gave it
                dispatch_id=dispatch_id,  # type: ignore[arg-type]
                step=step,
                device_us=MachineClock().now_us(),
                outcome=outcome,
            )
            with_terminal.submit(command).result(10.0)
        told = wait_until(
            lambda: [each for each in _heard(port, room, Progress) if each.outcome is Outcome.CONFIRMED],
            within_s=10,
            what="the room hears of the outcome",
        )
        assert told[-1].incident_state == "closed"
        assert told[-1].units[0].unit == small_city().unit_by_id[unit_id].name  # type: ignore[index]
    finally:
        news.stop()
        with_room.stop()
        with_terminal.stop()
        for engine in (*engines, reader):
            engine.dispose()


def _heard(port: QueuePort, room: RoomSender, kind: type[Progress] | type[Welcome]) -> list[Progress]:
    return [each for each in said(list(port.said), room.session) if isinstance(each, kind)]  # type: ignore[misc]
