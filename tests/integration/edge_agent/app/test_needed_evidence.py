"""What retention may not touch: depends on whether the relay takes media, and on what it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.app.heartbeat import needed_evidence
from edge_agent.core.media_items import MediaState
from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.store import Outbox
from patrol_wire.ids import Stream
from patrol_wire.records import MediaManifest
from tests.support.records import BEGIN_US, some_id
from tests.support.waiting import wait_until

SENT, UNSENT = "1" * 64, "2" * 64


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """One manifest that the relay has, and one that it has not."""
    opened = Outbox(tmp_path / "outbox.sqlite3", node="room-a", clock=SystemClock())
    for number, sha256 in enumerate((SENT, UNSENT)):
        opened.put(
            MediaManifest(
                alert_id=some_id(number),
                sha256=sha256,
                media_type="image/jpeg",
                size_bytes=1,
                started_at=BEGIN_US,
                duration_ms=0,
                masked=False,
            )
        )
    opened.settle(Stream.MEDIA, stored=1, final=1)
    wait_until(
        lambda: [lane.stored for lane in opened.lanes() if lane.stream is Stream.MEDIA] == [1],
        within_s=5,
        what="the acknowledgement is written down",
    )
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("relay_takes_media", "needed"),
    [
        (True, {SENT, UNSENT}),  # it has the manifest of one and the content of neither
        (None, {SENT, UNSENT}),  # after a restart, before it has said so
        (False, {UNSENT}),  # it will never get more than the manifest
    ],
)
def test_what_is_kept_follows_from_what_the_relay_takes(
    outbox: Outbox, relay_takes_media: bool | None, needed: set[str]
) -> None:
    assert set(needed_evidence(outbox, relay_takes_media=relay_takes_media)) == needed


def test_what_was_delivered_may_go(outbox: Outbox) -> None:
    outbox.settle_media(SENT, MediaState.DELIVERED)
    assert set(needed_evidence(outbox, relay_takes_media=True)) == {UNSENT}
