"""``python -m patrol_cli.nemesis.room``: a room without cameras, with the real outbox and the real link.

Started, killed and started again by the nemesis. It puts generated records until the file ``hush`` lies in the site's
folder, says one last word, and serves what waits until SIGTERM.
Exit code 1 when the outbox cannot be used: that is a finding.
"""

import argparse
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event
from typing import Final

import structlog

from edge_agent.core.outbox import OutboxLimits
from edge_agent.evidence.store import MediaStore, StoreRefused
from edge_agent.link.curve import load_keys
from edge_agent.link.key_ring import FILE_NAME as KEY_FILE
from edge_agent.link.key_ring import KeyRing
from edge_agent.link.media_link import MediaLink
from edge_agent.link.relay_link import RelayLink
from edge_agent.ops.clock import Clock
from edge_agent.ops.logging import configure_logging
from edge_agent.outbox.errors import OutboxError, OutboxUnusableError
from edge_agent.outbox.store import FILE_NAME, Outbox
from patrol_cli.moved_clock import MovedClock
from patrol_cli.nemesis.history import HistoryWriter, Kept, KeptMedia, digest_of
from patrol_cli.nemesis.load import RoomLoad, raised_by
from patrol_cli.nemesis.site import clock_path
from patrol_wire.codec import encode_record
from patrol_wire.records import Alert, MediaManifest, RecordBody
from patrol_wire.uuid7 import RANDOM_BYTES

HUSH: Final = "hush"
"""File in the site's folder: once it is there, each room says one last word and then nothing new."""
_LIMIT_BYTES: Final = 256 * 1024 * 1024
_LARGEST_PICTURE: Final = 200_000
"""What is larger goes as a clip: behind the pictures."""
_LOG: Final = structlog.get_logger("nemesis.room")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOrders:
    """What the nemesis tells a room."""

    site: Path
    node: str
    endpoints: tuple[str, ...]
    relay_key: str
    places: tuple[tuple[float, float], ...]
    seed: str
    rate: float
    """Records per second at most; the disk may be slower."""


def outbox_path(site: Path, node: str) -> Path:
    """Return where a simulated room keeps its outbox."""
    return site / "rooms" / node / FILE_NAME


def media_path(site: Path, node: str) -> Path:
    """Return where a simulated room keeps its evidence."""
    return site / "rooms" / node / "media"


def history_path(site: Path, node: str) -> Path:
    """Return where a simulated room writes its history."""
    return site / "histories" / f"{node}.jsonl"


def live(orders: RoomOrders, *, clock: Clock, ending: Event) -> None:
    """Put records and serve them until ``ending``; raises OutboxUnusableError when the outbox refuses to open."""
    keys = load_keys(orders.site / "keys" / f"{orders.node}.key", room=orders.node, relay_public_key=orders.relay_key)
    outbox = Outbox(
        outbox_path(orders.site, orders.node),
        node=orders.node,
        clock=clock,
        limits=OutboxLimits(max_bytes=_LIMIT_BYTES, max_age_s=86_400.0),
    )
    history = HistoryWriter(history_path(orders.site, orders.node))
    ring = KeyRing(orders.relay_key, orders.site / "rooms" / orders.node / KEY_FILE)
    link = RelayLink(outbox, keys=keys, endpoints=orders.endpoints, clock=clock, agent_version="nemesis", ring=ring)
    media = MediaStore(media_path(orders.site, orders.node), limit_bytes=_LIMIT_BYTES, reserve_bytes=0)
    media.restore_pins(outbox.media_holders())
    lane = MediaLink(outbox, media, keys=keys, link_state=lambda: link.state, clock=clock, ring=ring)
    link.start()
    lane.start()
    try:
        _talk(orders, outbox, media, history, clock=clock, ending=ending)
    finally:
        lane.stop()
        link.stop()
        outbox.close()
        history.close()


def _talk(
    orders: RoomOrders, outbox: Outbox, media: MediaStore, history: HistoryWriter, *, clock: Clock, ending: Event
) -> None:
    load = RoomLoad(Random(orders.seed), orders.places)  # noqa: S311  # a load to repeat, not a secret
    hush = orders.site / HUSH
    silent = False
    while not clock.wait(ending, 1.0 / orders.rate):
        if silent:
            continue
        last = hush.exists()
        say = load.last_word if last else load.next
        body = say(clock.now_us(), secrets.token_bytes(RANDOM_BYTES))
        stored = _put(outbox, history, body)
        silent = stored and last
        size_bytes = load.media_bytes() if stored and isinstance(body, Alert) else 0
        if size_bytes:
            _announce(outbox, media, history, body, secrets.token_bytes(size_bytes))


def _put(outbox: Outbox, history: HistoryWriter, body: RecordBody) -> bool:
    """Put one record between its two lines of the history; False when nothing was promised."""
    digest = digest_of(encode_record(body))
    history.tried(digest)
    try:
        stored = outbox.put(body)
    except OutboxError as error:
        _LOG.warning("put_refused", reason=str(error))
        return False
    history.kept(
        Kept(digest=digest, alert_id=raised_by(body), epoch=outbox.epoch, stream=stored.stream, seq=stored.seq)
    )
    return True


def _announce(outbox: Outbox, media: MediaStore, history: HistoryWriter, alert: RecordBody, content: bytes) -> None:
    """Keep evidence of an alert, announce it, and note the promise once both are durable."""
    alert_id = raised_by(alert)
    clip = len(content) > _LARGEST_PICTURE
    kept = media.put(content, media_type="video/mp4" if clip else "image/jpeg", holder=alert_id)
    if isinstance(kept, StoreRefused):
        _LOG.warning("media_refused", reason=kept.reason)
        return
    manifest = MediaManifest(
        alert_id=alert_id,
        sha256=kept.sha256,
        media_type=kept.media_type,
        size_bytes=kept.size_bytes,
        started_at=0,
        duration_ms=1_000 if clip else 0,
        masked=False,
    )
    if _put(outbox, history, manifest):
        history.kept_media(KeptMedia(sha256=kept.sha256, size_bytes=kept.size_bytes, alert_id=alert_id))


def _orders(arguments: Sequence[str] | None) -> RoomOrders:
    parser = argparse.ArgumentParser(prog="python -m patrol_cli.nemesis.room", description=__doc__)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("--endpoint", action="append", required=True)
    parser.add_argument("--relay-key", required=True)
    parser.add_argument("--place", type=float, nargs=2, action="append", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--rate", type=float, required=True)
    given = parser.parse_args(arguments)
    return RoomOrders(
        site=given.site,
        node=given.node,
        endpoints=tuple(given.endpoint),
        relay_key=given.relay_key,
        places=tuple((lon, lat) for lon, lat in given.place),
        seed=given.seed,
        rate=given.rate,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one room until SIGTERM."""
    orders = _orders(arguments)
    configure_logging(form="json", level="info", room=orders.node)
    ending = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        live(orders, clock=MovedClock(clock_path(orders.site, orders.node)), ending=ending)
    except OutboxUnusableError as error:
        _LOG.critical("outbox_unusable", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
