"""One browser for all pages, and the scripts as their sources are now."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from patrol_web.bundling import bring_up_to_date
from tests.support.room_site import RoomSite, running_room


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Debian's Chromium: it plays H.264, which Playwright's own does not."""
    bring_up_to_date(tools_for_checks=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            # A microphone that hums, for whoever is allowed to use it.
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-device-for-media-stream",
            ],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoomSite]:
    """One room for all tests of its pages: nine cameras are dear. Each test leaves cameras and relay as they were."""
    with running_room(tmp_path_factory.mktemp("room")) as started:
        yield started
