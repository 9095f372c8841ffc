"""Rooms are told what became of their alerts: after each change, after a hello, and only of their own."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from msgspec.structs import replace

from patrol_wire.ids import Forward, NodeName, Outcome, Step
from patrol_wire.messages import Progress, Welcome
from relay.app.room_news import RoomNews
from relay.app.writer import Writer
from relay.ops.clock import MachineClock
from relay.store import engine as store_engine
from tests.support.queue_port import QueuePort
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
from tests.support.waiting import wait_until
from tests.support.writer_site import WriterSite

Told = dict[NodeName, list[Progress]]


class Listener:
    """What the rooms of a site are told; each look begins anew."""

    def __init__(self, site: WriterSite) -> None:
        self._site = site
        self._told: Told = {}
        self.news = RoomNews(reader=site.reader, city=site.city, clock=site.clock, tell=self._take)

    def _take(self, news: Mapping[NodeName, Sequence[Progress]]) -> None:
        for node, messages in news.items():
            self._told.setdefault(node, []).extend(messages)

    def look(self) -> Told:
        self._told = {}
        with self._site.reader.begin() as connection:
            self.news.look(connection)
        return self._told


@pytest.fixture
def site(store_url: str) -> Iterator[WriterSite]:
    with WriterSite(store_url) as opened:
        yield opened


def test_a_room_hears_of_each_step_and_of_the_outcome(site: WriterSite) -> None:
    """Its two alerts lie in one incident: both are told."""
    listener, room = Listener(site), RoomSender()
    assert listener.look() == {}
    site.connect(room)
    for number in (1, 2):
        room.put(replace(some_alert(number), forward=Forward.DIRECT))
        site.deliver(room)
    assert listener.look() == {}  # nobody has taken it up: the acknowledgement has said all there is
    dispatch = site.dispatches()[0]
    for step in (Step.ACCEPT, Step.EN_ROUTE, Step.ON_SCENE):
        site.clock.advance(5.0)
        site.press(dispatch.unit_id, dispatch.dispatch_id, step)
    told = listener.look()[room.node]
    assert {one.alert_id for one in told} == {some_alert(1).alert_id, some_alert(2).alert_id}
    assert {(one.incident_state, one.outcome) for one in told} == {("on_scene", None)}
    (step_told,) = told[0].units
    assert (step_told.unit, step_told.state) == (site.city.unit_by_id[dispatch.unit_id].name, "on_scene")
    assert step_told.at == site.clock.now_us()
    site.press(dispatch.unit_id, dispatch.dispatch_id, Step.CLEAR, Outcome.CONFIRMED)
    after = listener.look()[room.node]
    assert {(one.incident_state, one.outcome) for one in after} == {("closed", Outcome.CONFIRMED)}
    assert after[0].revision > told[0].revision
    assert listener.look() == {}  # told once


def test_a_hello_brings_what_the_room_missed_and_nothing_of_other_rooms(site: WriterSite) -> None:
    listener, room, other = Listener(site), RoomSender(), RoomSender("room-1", session=b"s2")
    site.connect(room)
    room.put(replace(some_alert(1), forward=Forward.DIRECT))
    site.deliver(room)
    dispatch = site.dispatches()[0]
    site.press(dispatch.unit_id, dispatch.dispatch_id, Step.ACCEPT)
    listener.look()
    listener.news.greet(other.node)
    assert listener.look() == {}
    listener.news.greet(room.node)
    (told,) = listener.look()[room.node]
    assert (told.alert_id, told.incident_state) == (some_alert(1).alert_id, "dispatched")


def test_the_writer_greets_and_sends_to_rooms_that_have_a_session(store_url: str) -> None:
    port, room, greeted = QueuePort(), RoomSender(), list[NodeName]()
    engine = store_engine.writer_engine(store_url)
    writer = Writer(engine, city=small_city(), clock=MachineClock(), port=port)
    writer.open()
    writer.on_hello(greeted.append)
    writer.start()
    try:
        port.put(room.hello())
        wait_until(lambda: greeted == [room.node], within_s=5, what="the hello is noticed")
        news = Progress(
            alert_id=some_alert(1).alert_id, incident_id=some_alert(2).alert_id, revision=1,
            incident_state="dispatched", outcome=None, at=1,
        )  # fmt: skip
        writer.tell_rooms({NodeName("room-1"): [news], room.node: [news]})
        wait_until(lambda: len(port.said) >= 2, within_s=5, what="the room is told")
        welcome, told = said(list(port.said))
        assert isinstance(welcome, Welcome)
        assert told == news
        assert writer.figures.news_dropped == 0
    finally:
        writer.stop()
        engine.dispose()
