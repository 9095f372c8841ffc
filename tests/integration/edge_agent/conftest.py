"""What most tests of a whole room need: a film that plays as a camera, and a relay over CURVE."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.relay_peer import RelayPeer
from tests.support.small_video import make_film


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks through a yard."""
    return make_film(tmp_path_factory.mktemp("film") / "walk.mp4")


@pytest.fixture
def peer() -> Iterator[RelayPeer]:
    """A relay that keeps to the contract and says what a room did against it."""
    relay = RelayPeer()
    relay.start()
    yield relay
    relay.stop()
    assert relay.faults == []
