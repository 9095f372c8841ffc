"""What the media lane says to each event: order, yielding to alerts, going on after a cut, giving up."""

from collections.abc import Sequence

import pytest

from edge_agent.core.media_items import MediaItem, MediaState, order_key
from edge_agent.core.media_lane import (
    FIRST_REST_S,
    FIRST_RETRY_S,
    LANE_TABLE,
    LaneChange,
    LaneState,
    MediaLane,
    due_at,
    resting,
    step,
)
from edge_agent.core.media_talk import (
    Blocked,
    Broken,
    CloseSocket,
    Disconnected,
    Heard,
    LaneInstruction,
    Looked,
    Offered,
    OpenSocket,
    RelaySeen,
    SendChunk,
    SendOffer,
    Sent,
    Settle,
    Ticked,
    Verify,
    Writable,
)
from patrol_wire.limits import MEDIA_CHUNK_BYTES
from patrol_wire.media import CLIP_TYPE, SILENT_AFTER_S, SNAPSHOT_TYPE, MediaReason
from patrol_wire.messages import Error, MediaDone, MediaWant, Message, Who

CHUNK = MEDIA_CHUNK_BYTES
GATE = "tcp://relay:7704"


def item(number: int, *, chunks: int = 1, clip: bool = False, rank: int = 1, at: int = 0) -> MediaItem:
    return MediaItem(
        sha256=f"{number:064x}",
        media_type=CLIP_TYPE if clip else SNAPSHOT_TYPE,
        size_bytes=chunks * CHUNK,
        rank=rank,
        stored_at=at,
    )


PICTURE, CLIP = item(1), item(2, chunks=10, clip=True)


class Table:
    """A lane under the test's hand: performs what it says as a good shell does."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.lane = MediaLane()
        self.said: list[LaneInstruction] = []

    def tell(self, *events: object) -> Sequence[LaneInstruction]:
        """Tell events and return what was said to all of them; offers and chunks are handed over at once."""
        said: list[LaneInstruction] = []
        for event in events:
            self.lane, fresh = step(self.lane, event, now_s=self.now_s)  # type: ignore[arg-type]  # any event
            waiting = list(fresh)
            while waiting:
                instruction = waiting.pop(0)
                said.append(instruction)
                match instruction:
                    case SendOffer():
                        told: object = Offered(item=instruction.item)
                    case SendChunk():
                        told = Sent(upto=min(instruction.item.size_bytes, instruction.offset + CHUNK))
                    case _:
                        continue
                self.lane, more = step(self.lane, told, now_s=self.now_s)  # type: ignore[arg-type]  # as above
                waiting.extend(more)
        self.said.extend(said)
        return said

    def hear(self, message: Message) -> Sequence[LaneInstruction]:
        return self.tell(Heard(message=message))

    def want(self, of: MediaItem, chunk: int, *, credit: int = 4) -> Sequence[LaneInstruction]:
        return self.hear(MediaWant(sha256=of.sha256, offset=chunk * CHUNK, credit=credit))

    def done(self, of: MediaItem, reason: str = "") -> Sequence[LaneInstruction]:
        return self.hear(MediaDone(sha256=of.sha256, stored=not reason, reason=reason))

    def look(self, *waiting: MediaItem, held: bool = False) -> Sequence[LaneInstruction]:
        return self.tell(Looked(upcoming=tuple(sorted(waiting, key=order_key)), held=held))


@pytest.fixture
def table() -> Table:
    made = Table()
    made.tell(RelaySeen(endpoint=GATE))
    return made


def offsets(said: Sequence[LaneInstruction]) -> list[int]:
    return [each.offset // CHUNK for each in said if isinstance(each, SendChunk)]


def test_without_a_media_gate_nothing_is_said_and_nothing_is_given_up() -> None:
    table = Table()
    assert table.tell(RelaySeen(endpoint="", reason="the relay takes no media")) == []
    assert table.look(PICTURE, CLIP) == []
    assert table.tell(Ticked(), Disconnected(), Writable()) == []
    assert (table.lane.state, table.lane.reason) == (LaneState.OFF, "the relay takes no media")


def test_a_gate_that_appears_is_connected_to_and_one_that_is_gone_is_left(table: Table) -> None:
    assert table.said == [OpenSocket(endpoint=GATE, reason="the relay takes media")]
    assert table.tell(RelaySeen(endpoint=GATE)) == []
    assert table.tell(RelaySeen(endpoint="tcp://other:7704"))[0] == OpenSocket(
        endpoint="tcp://other:7704", reason="the relay takes media"
    )
    assert table.tell(RelaySeen(endpoint="", reason="no")) == [CloseSocket()]


@pytest.mark.parametrize(
    ("waiting", "first"),
    [
        ((CLIP, PICTURE), PICTURE),  # a picture before a clip
        ((item(3, rank=2, at=9), item(4, rank=0, at=1)), item(4, rank=0, at=1)),  # the graver before the newer
        ((item(3, at=1), item(4, at=9)), item(4, at=9)),  # the newest first: somebody works on it now
        ((item(3, clip=True, rank=0), item(4, rank=3)), item(4, rank=3)),  # any picture before any clip
    ],
)
def test_what_goes_first(table: Table, waiting: tuple[MediaItem, ...], first: MediaItem) -> None:
    assert table.look(*waiting) == [SendOffer(item=first)]


def test_content_goes_from_where_the_relay_says_within_its_credit(table: Table) -> None:
    table.look(CLIP)
    assert offsets(table.want(CLIP, 3)) == [3], "one chunk, until it is known how quick the way is"
    assert offsets(table.want(CLIP, 4)) == [4, 5]
    assert offsets(table.want(CLIP, 5, credit=2)) == [6], "never beyond the credit"
    assert offsets(table.want(CLIP, 6, credit=0)) == [], "credit 0 pauses"


def test_a_slow_way_has_one_chunk_in_flight(table: Table) -> None:
    """What is in flight is in front of the next alert: a second of it is too much."""
    table.look(CLIP)
    table.want(CLIP, 0)
    for chunk in range(1, 8):
        table.now_s += 1.0
        assert offsets(table.want(CLIP, chunk)) == [chunk]


def test_a_quick_way_is_used_up_to_the_credit(table: Table) -> None:
    table.look(item(9, chunks=40, clip=True))
    table.want(item(9, chunks=40, clip=True), 0)
    for chunk in range(1, 8):
        table.want(item(9, chunks=40, clip=True), chunk)
    assert len(table.lane.flights) == 4


def test_an_alert_stops_it_between_two_chunks_and_its_acknowledgement_lets_it_go_on(table: Table) -> None:
    table.look(CLIP)
    table.want(CLIP, 0)
    assert table.look(CLIP, held=True) == []
    assert table.want(CLIP, 1) == [], "what was in flight is acknowledged, nothing follows"
    assert offsets(table.look(CLIP)) == [1, 2]


def test_an_alert_stops_an_offer_too(table: Table) -> None:
    assert table.look(PICTURE, held=True) == []
    assert table.tell(Ticked(), Writable()) == []
    assert table.look(PICTURE) == [SendOffer(item=PICTURE)]


def test_a_picture_breaks_off_a_clip_when_what_is_in_flight_has_landed(table: Table) -> None:
    table.look(CLIP)
    table.want(CLIP, 0)
    assert table.look(CLIP, PICTURE) == []
    assert table.want(CLIP, 1) == [SendOffer(item=PICTURE)]
    assert offsets(table.want(PICTURE, 0)) == [0]
    (settled,) = table.done(PICTURE)
    assert settled == Settle(item=PICTURE, state=MediaState.DELIVERED, reason="")
    assert table.look(CLIP) == [SendOffer(item=CLIP)]
    assert offsets(table.want(CLIP, 1))[0] == 1, "the clip goes on where it was"


def test_another_clip_does_not_break_off_a_clip(table: Table) -> None:
    table.look(CLIP)
    table.want(CLIP, 0)
    assert table.look(CLIP, item(5, clip=True, rank=0)) == []
    assert offsets(table.want(CLIP, 1)) == [1, 2]


def test_after_a_cut_it_is_offered_again_and_goes_on_at_the_relays_offset(table: Table) -> None:
    table.look(CLIP)
    table.want(CLIP, 0)
    table.want(CLIP, 1)
    assert table.tell(Disconnected()) == []
    assert table.look(CLIP) == [SendOffer(item=CLIP)]
    assert offsets(table.want(CLIP, 2))[0] == 2


def test_a_gate_that_was_restarted_asks_who_and_is_offered_it_again(table: Table) -> None:
    table.look(CLIP)
    table.want(CLIP, 0)
    assert table.hear(Who(reason="unknown_transfer")) == [SendOffer(item=CLIP)]
    assert table.hear(Who(reason="unknown_transfer")) == [], "the echo of a chunk that was in flight"


def test_answers_about_something_else_change_nothing(table: Table) -> None:
    table.look(CLIP)
    before = table.lane
    assert table.want(PICTURE, 0) == []
    assert table.done(PICTURE) == []
    assert table.lane == before


def test_a_silent_gate_is_left_with_ever_more_patience(table: Table) -> None:
    table.look(PICTURE)
    for patience_s in (SILENT_AFTER_S, 2 * SILENT_AFTER_S, 4 * SILENT_AFTER_S):
        assert due_at(table.lane) == pytest.approx(table.now_s + patience_s)
        table.now_s += patience_s - 0.1
        assert table.tell(Ticked()) == []
        table.now_s += 0.1
        assert table.tell(Ticked()) == [OpenSocket(endpoint=GATE, reason="the media gate is silent")]
        assert table.look(PICTURE) == [SendOffer(item=PICTURE)]


def test_a_socket_that_never_connects_is_made_anew(table: Table) -> None:
    table.lane, said = step(table.lane, Looked(upcoming=(PICTURE,), held=False), now_s=0.0)
    assert said == (SendOffer(item=PICTURE),)
    table.tell(Blocked())
    assert table.look(PICTURE) == []
    table.now_s = SILENT_AFTER_S
    assert table.tell(Ticked()) == [OpenSocket(endpoint=GATE, reason="the media gate cannot be reached")]


def test_an_alert_that_came_between_the_word_and_the_deed_still_goes_first(table: Table) -> None:
    """The shell looks once more before it sends; the machine waits, and does not think that it has sent."""
    lane, said = step(table.lane, Looked(upcoming=(PICTURE,), held=False), now_s=0.0)
    assert said == (SendOffer(item=PICTURE),)
    lane, said = step(lane, Looked(upcoming=(PICTURE,), held=True), now_s=0.0)
    assert (said, lane.state) == ((), LaneState.IDLE)
    _, said = step(lane, Looked(upcoming=(PICTURE,), held=False), now_s=0.0)
    assert said == (SendOffer(item=PICTURE),)


@pytest.mark.parametrize("reason", [MediaReason.NO_SPACE, MediaReason.UNWRITABLE, MediaReason.BUSY])
def test_a_relay_that_can_take_nothing_is_left_alone_for_ever_longer(table: Table, reason: MediaReason) -> None:
    for pause_s in (FIRST_REST_S, 2 * FIRST_REST_S):
        table.look(PICTURE)
        assert table.done(PICTURE, reason) == []
        assert table.lane.state is LaneState.RESTING
        assert table.look(PICTURE) == []
        table.now_s += pause_s
        assert table.tell(Ticked()) == [SendOffer(item=PICTURE)]


def test_content_that_is_refused_alone_lets_the_others_pass(table: Table) -> None:
    other = item(7, at=-1)
    table.look(PICTURE, other)
    assert table.done(PICTURE, MediaReason.NOT_ANNOUNCED) == [SendOffer(item=other)]
    table.done(other)
    assert table.look(PICTURE) == [], "not before its time"
    assert resting(table.lane, table.now_s) == {PICTURE.sha256}
    table.now_s = due_at(table.lane) or 0.0
    assert table.now_s == pytest.approx(FIRST_RETRY_S)
    assert table.tell(Ticked()) == [SendOffer(item=PICTURE)]


def test_wrong_bytes_make_the_room_look_at_its_own_file(table: Table) -> None:
    table.look(PICTURE)
    table.want(PICTURE, 0)
    assert table.done(PICTURE, MediaReason.WRONG_HASH) == [Verify(item=PICTURE)]
    assert table.tell(Broken(item=PICTURE, reason="rotten")) == [
        Settle(item=PICTURE, state=MediaState.LOST, reason="rotten")
    ]
    assert table.lane.retries == {}


def test_what_the_relay_will_never_take_is_settled(table: Table) -> None:
    table.look(CLIP)
    assert table.done(CLIP, MediaReason.TOO_LARGE) == [
        Settle(item=CLIP, state=MediaState.REFUSED, reason=MediaReason.TOO_LARGE)
    ]


def test_a_file_that_is_gone_does_not_stop_the_lane(table: Table) -> None:
    table.look(CLIP)
    table.want(CLIP, 0)
    assert table.tell(Broken(item=CLIP, reason="gone")) == [Settle(item=CLIP, state=MediaState.LOST, reason="gone")]
    assert table.look(PICTURE) == [SendOffer(item=PICTURE)]


def test_a_relay_that_refuses_the_room_is_asked_seldom(table: Table) -> None:
    table.look(PICTURE)
    table.hear(Error(code="revoked", text="this key is revoked"))
    assert table.lane.state is LaneState.RESTING
    assert table.lane.reason.startswith("revoked: ")


def test_what_happens_in_a_state_stands_in_the_table() -> None:
    assert {state for state, _ in LANE_TABLE} == set(LaneState)
    assert {change for _, change in LANE_TABLE} == set(LaneChange)
