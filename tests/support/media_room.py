"""A room's side of the media lane over a real socket, step by step in the test's hands."""

import hashlib
from collections.abc import Callable

import zmq

from patrol_wire import codec
from patrol_wire.limits import MEDIA_CHUNK_BYTES
from patrol_wire.media import SNAPSHOT_TYPE
from patrol_wire.messages import MediaChunk, MediaDone, MediaOffer, MediaWant, Message
from relay.core.field import FieldMessage
from relay.store.media_folder import MediaFolder
from tests.support.gate_site import FieldClient, GateSite
from tests.support.waiting import wait_until


def sha_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def some_content(size_bytes: int, *, seed: int = 1) -> bytes:
    """Return bytes that differ from chunk to chunk, so that a chunk in the wrong place shows."""
    block = hashlib.shake_256(seed.to_bytes(4, "big")).digest(4096)
    whole = bytearray(block * (size_bytes // len(block) + 1))[:size_bytes]
    for at in range(0, size_bytes, MEDIA_CHUNK_BYTES):
        mark = at.to_bytes(8, "big")[: size_bytes - at]
        whole[at : at + len(mark)] = mark
    return bytes(whole)


def offer(content: bytes, *, media_type: str = SNAPSHOT_TYPE) -> MediaOffer:
    return MediaOffer(sha256=sha_of(content), size_bytes=len(content), media_type=media_type)


def chunk(content: bytes, offset: int, *, sha256: str = "") -> MediaChunk:
    return MediaChunk(
        sha256=sha256 or sha_of(content), offset=offset, chunk=content[offset : offset + MEDIA_CHUNK_BYTES]
    )


class CoreHand:
    """What the relay's core says to the media gate, said by the test's own thread."""

    def __init__(self, site: GateSite) -> None:
        assert site.settings.media_dir is not None
        self.site = site
        self.folder = MediaFolder(site.settings.media_dir)
        self.offers: list[tuple[str, MediaOffer]] = []
        """Everything the gate passed on."""

    def serve(self) -> None:
        """Answer what the gate passed on: wanted, or stored when it lies in the folder."""
        for arrived in self.site.receive(within_s=0.002):
            if not isinstance(arrived, FieldMessage):
                continue
            message = codec.decode(arrived.frame).message
            assert isinstance(message, MediaOffer), message
            self.offers.append((arrived.node, message))
            answer: Message = MediaWant(sha256=message.sha256, offset=0, credit=0)
            if self.folder.size_of(message.sha256) is not None:
                answer = MediaDone(sha256=message.sha256, stored=True)
            self.site.port.send(arrived.session, codec.encode(answer, hop=1))

    def answer_to(self, client: FieldClient, *, within_s: float = 10.0) -> Message:
        """Return the next thing a room hears, while the core serves."""

        def heard() -> bool:
            if client.socket.poll(2, zmq.POLLIN):
                return True
            self.serve()
            return False

        wait_until(heard, within_s=within_s, what="the room hears something")
        return client.receive()

    def bring(
        self, client: FieldClient, content: bytes, *, pause: Callable[[int], bool] = lambda _sent: False
    ) -> MediaDone | None:
        """Offer and send content as a good room does; None when ``pause`` said so before a chunk (bytes sent)."""
        opening = offer(content)
        client.send(opening)
        sent, window = None, 0
        while True:
            message = self.answer_to(client)
            if isinstance(message, MediaDone):
                return message
            assert isinstance(message, MediaWant), message
            if sent is None:
                sent = message.offset
            window = min(len(content), message.offset + message.credit * MEDIA_CHUNK_BYTES)
            while sent < window:
                if pause(sent):
                    return None
                client.send(chunk(content, sent, sha256=opening.sha256))
                sent = min(len(content), sent + MEDIA_CHUNK_BYTES)
