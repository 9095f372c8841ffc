"""A room's side of stream A without a socket: numbers and chains records, builds the frames a gate hands over."""

from collections.abc import Sequence

from patrol_wire import codec
from patrol_wire.chain import CHAIN_START, chain_link
from patrol_wire.ids import NodeName, Role, Stream
from patrol_wire.limits import MAX_BATCH_RECORDS
from patrol_wire.messages import Batch, Hello, Message, Ping, Record, StreamMark
from patrol_wire.records import RecordBody
from relay.app.rooms_intake import Reply
from relay.core.field import FieldMessage


class RoomSender:
    """One outbox: everything put into it can be sent again from any number."""

    def __init__(self, node: str = "room-0", *, epoch: int = 7, session: bytes = b"s1") -> None:
        self.node = NodeName(node)
        self.epoch = epoch
        self.session = session
        self.records: dict[Stream, list[Record]] = {stream: [] for stream in Stream}

    def put(self, body: RecordBody | bytes, stream: Stream = Stream.ALERTS) -> int:
        """Store a record (or bytes that are none) and return its number."""
        packed = body if isinstance(body, bytes) else codec.encode_record(body)
        stored = self.records[stream]
        previous = stored[-1].chain if stored else CHAIN_START
        stored.append(Record(chain=chain_link(previous, packed), body=packed))
        return len(stored)

    def hello(self, *, retained: Sequence[StreamMark] = (), lowest: int = 1, highest: int = 1) -> FieldMessage:
        return self.frame(
            Hello(
                session=1,
                epoch=self.epoch,
                lowest_version=lowest,
                highest_version=highest,
                retained=tuple(retained),
                clock=1_790_000_000_000_000,
                agent_version="test",
            )
        )

    def batch(self, first_seq: int = 1, *, upto: int | None = None, stream: Stream = Stream.ALERTS) -> FieldMessage:
        """Return the frame with records ``first_seq`` to ``upto`` (or as many as fit)."""
        chosen = self.records[stream][first_seq - 1 : upto][:MAX_BATCH_RECORDS]
        return self.frame(Batch(first_seq=first_seq, records=tuple(chosen)), stream=stream)

    def ping(self) -> FieldMessage:
        return self.frame(Ping(sent_at=5, pending=0))

    def frame(self, message: Message, *, stream: Stream | None = None) -> FieldMessage:
        return FieldMessage(self.session, Role.ROOM, self.node, codec.encode(message, hop=1, stream=stream))


def said(replies: Sequence[Reply], session: bytes = b"s1") -> list[Message]:
    """Return what was answered to a session, in order."""
    return [codec.decode(reply.frame).message for reply in replies if reply.session == session]
