"""Two versions at once: an older or a newer room with this relay, this relay's answers with an older peer.

The frozen samples are what the oldest sender in the field says (golden sender); what a later one will say is the same
with elements appended, kinds and record kinds that nobody knows yet.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from patrol_wire import codec
from patrol_wire import messages as m
from patrol_wire.frames import PREFIX_BYTES
from patrol_wire.ids import Role, Stream
from patrol_wire.samples import make
from patrol_wire.version import OLDEST_SPOKEN, PROTOCOL_VERSION
from relay.core.city import Category
from relay.core.field import FieldMessage
from relay.core.ids import CategoryId
from relay.store import figures
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
from tests.support.writer_site import WriterSite

LATER = [7, "of a later version", None]
RECORDS = sorted(make.FOLDER.glob("record-*.hex"))
ALERT = b"019aaf3c-5d00-7a11-8b22-0123456789ab"
"""The alert that the samples are about; here the machine's, the operator's and the synthetic one differ."""
FLAG_CHANGES = {"flag_change", "flag_change_note", "flag_change_place"}
ONE_ALERT_EACH = {"flag": b"c", "test_alert": b"d", **dict.fromkeys(FLAG_CHANGES, b"c")}
ON_ALERTS = {"alert", "flag", *FLAG_CHANGES, "judgement", "alert_end", "test_alert"}


def frozen(path: Path) -> bytes:
    return bytes.fromhex(path.read_text(encoding="ascii"))


def lengthened(frame: bytes, *, prefix: int) -> bytes:
    """Return what a later sender says: the same with elements that we do not know at the end."""
    fields = msgspec.msgpack.decode(frame[prefix:], type=list)
    return frame[:prefix] + msgspec.msgpack.encode([*fields, *LATER])


def counted(site: WriterSite) -> tuple[int, int]:
    """Return how many records and dead letters the relay holds."""
    with site.reader.connect() as connection:
        found = figures.read(connection)
    return found.records, found.dead_letters


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WriterSite]:
    city = small_city()
    more = [Category(category=CategoryId(name), family=name) for name in ("disorder", "theft")]
    with WriterSite(tmp_path, city=replace(city, categories=(*city.categories, *more))) as opened:
        yield opened


@pytest.mark.parametrize("later", [False, True], ids=["the oldest sender", "a later sender"])
def test_every_record_of_another_version_is_stored_and_acknowledged_once(site: WriterSite, later: bool) -> None:
    """Its own hello opens the session; sent again after a lost acknowledgement, nothing is doubled."""
    sample = make.MESSAGES["hello_next_key"]
    assert isinstance(sample, m.Hello)
    hello = codec.encode(sample, hop=1) if later else frozen(make.frozen_name("message", "hello"))
    fields = msgspec.msgpack.decode(hello[PREFIX_BYTES:], type=list)
    fields[5] = [[mark.stream.value, 0, bytes(8)] for mark in sample.retained]  # a new outbox
    hello = hello[:PREFIX_BYTES] + msgspec.msgpack.encode([*fields, *(LATER if later else [])])
    room = RoomSender("room-0", epoch=sample.epoch)
    for path in RECORDS:
        name = path.stem.removeprefix("record-")
        stream = Stream.ALERTS if name in ON_ALERTS else Stream.MEDIA if "media" in name else Stream.REPORTS
        body = lengthened(codec.encode_record(make.RECORDS[name]), prefix=0) if later else frozen(path)
        room.put(body.replace(ALERT, ALERT[:-1] + ONE_ALERT_EACH.get(name, b"b")), stream)
    batches = [room.batch(stream=stream) for stream in Stream]
    (welcome,) = said(site.writer.apply([FieldMessage(room.session, Role.ROOM, room.node, hello)]).replies)
    assert isinstance(welcome, m.Welcome)
    assert welcome.version == PROTOCOL_VERSION
    for _ in range(2):
        answers = [each for each in said(site.writer.apply(batches).replies) if isinstance(each, m.Ack)]
        held = [len(room.records[stream]) for stream in Stream]
        assert [(each.stored, each.refused) for each in answers] == [(count, ()) for count in held]
    assert counted(site) == (len(RECORDS), 0)


def test_a_kind_of_record_that_only_a_later_version_knows_is_kept_and_stops_nothing(site: WriterSite) -> None:
    room = RoomSender("room-0")
    site.connect(room)
    room.put(msgspec.msgpack.encode([99, "what is not invented yet"]))
    room.put(codec.encode_record(make.RECORDS["alert"]))
    (ack,) = said(site.writer.apply([room.batch()]).replies)
    assert isinstance(ack, m.Ack)
    assert (ack.stored, [seq for seq, _ in ack.refused]) == (2, [1])
    assert counted(site) == (2, 1)


@pytest.mark.parametrize(
    ("lowest", "highest", "spoken"),
    [
        (OLDEST_SPOKEN, PROTOCOL_VERSION, PROTOCOL_VERSION),
        (0, PROTOCOL_VERSION, PROTOCOL_VERSION),  # it also speaks what we forgot
        (PROTOCOL_VERSION, PROTOCOL_VERSION + 2, PROTOCOL_VERSION),  # upgraded before the relay
        (PROTOCOL_VERSION + 1, PROTOCOL_VERSION + 2, None),  # two steps ahead of it
        (0, OLDEST_SPOKEN - 1, None),  # too old
    ],
)
def test_the_highest_common_version_is_spoken_or_the_room_is_told(
    site: WriterSite, lowest: int, highest: int, spoken: int | None
) -> None:
    (answer,) = said(site.writer.apply([RoomSender("room-0").hello(lowest=lowest, highest=highest)]).replies)
    if spoken is None:
        assert isinstance(answer, m.Error)
        assert (answer.code, answer.retryable) == ("unknown_version", False)
    else:
        assert isinstance(answer, m.Welcome)
        assert answer.version == spoken


@pytest.mark.parametrize("name", sorted(make.APPENDED))
def test_an_older_peer_reads_what_this_version_says(name: str) -> None:
    """Its structs end before what was appended; it passes over the rest."""
    record = make.RECORDS.get(name)
    shape = type(make.MESSAGES[name] if record is None else record)
    known = shape.__struct_fields__[: len(shape.__struct_fields__) - make.APPENDED[name]]
    older: Any = msgspec.defstruct(
        "Older", [(each, Any) for each in known], array_like=True, tag=shape.__struct_config__.tag
    )
    said_today = (
        codec.encode(make.MESSAGES[name], hop=1)[PREFIX_BYTES:] if record is None else codec.encode_record(record)
    )
    read = msgspec.msgpack.decode(said_today, type=older)
    plain = msgspec.msgpack.decode(said_today, type=list)
    assert [getattr(read, each) for each in known] == plain[1 : 1 + len(known)]
