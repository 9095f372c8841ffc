"""A process that takes alerts without end and prints each acknowledgement: to be killed in the middle of its work."""

import sys

import structlog
from msgspec.structs import replace

from patrol_wire.ids import Forward
from patrol_wire.messages import Ack
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender, said
from tests.support.writer_site import WriterSite

ROOMS = 4
BATCH = 16


def main(url: str, begin: int) -> None:
    """Send alerts numbered from ``begin`` on; a line ``room seq`` says that the room was told they are safe."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is for the promises
    site = WriterSite(url)
    senders = [RoomSender(f"room-{number}", epoch=begin + 1, session=f"s{number}".encode()) for number in range(ROOMS)]
    for sender in senders:
        site.connect(sender)
    number = begin
    while True:
        first = len(next(iter(senders[0].records.values()))) + 1
        for sender in senders:
            for _ in range(BATCH):
                number += 1
                sender.put(replace(some_alert(number, category="brawl"), forward=Forward.DIRECT, camera=f"c{number}"))
        answers = site.writer.apply([sender.batch(first) for sender in senders]).replies
        for sender in senders:
            for answer in said(answers, sender.session):
                if isinstance(answer, Ack):
                    sys.stdout.write(f"{sender.node} {answer.stored}\n")
        sys.stdout.flush()
        site.clock.advance(31)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
