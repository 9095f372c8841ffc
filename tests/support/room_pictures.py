"""Makes the pictures of docs/guide/room-console.md from a running room, in both languages.

python -m tests.support.room_pictures
"""

import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect, sync_playwright

from patrol_web.bundling import bring_up_to_date
from tests.support.room_site import RoomSite, running_room

PLACE: Final = Path(__file__).resolve().parents[2] / "docs" / "guide" / "room-console"
MOST_BYTES: Final = 150_000
_SOON_MS: Final = 60_000
_WORDS: Final = {"zh-CN": "红衣男子，往地铁口跑了", "en": "Red coat, ran to the metro"}
CHROMIUM: Final = "/usr/bin/chromium"


def main() -> None:
    """Write every picture anew."""
    bring_up_to_date(tools_for_checks=True)
    PLACE.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_room(Path(folder), width=320, height=180, noise=0.0) as room,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for language in ("zh-CN", "en"):
            _wall(browser, room, language)
            _watch(browser, room, language)
            _trouble(browser, room, language)
            _page(browser, room, language, "health", ".health table")
        browser.close()


def _wall(browser: Browser, room: RoomSite, language: str) -> None:
    """All is well: a flag is pressed and has got its kind, a suggestion waits."""

    def prepare(page: Page) -> None:
        expect(page.locator('.tile[data-word="live"]')).to_have_count(10, timeout=_SOON_MS)
        expect(page.locator(".suggestion[data-chosen] .alert-picture")).to_be_visible(timeout=_SOON_MS)
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Space")
        page.keyboard.press("Digit1")
        expect(page.locator(".choices [aria-pressed=true]")).to_be_visible(timeout=_SOON_MS)
        page.keyboard.press("m")
        expect(page.locator(".flag-note")).to_be_focused(timeout=_SOON_MS)
        page.locator(".flag-note").fill(_WORDS[language])
        page.keyboard.press("Enter")
        expect(page.locator(".flag-words").first).to_be_visible(timeout=_SOON_MS)
        expect(page.locator('.tile[data-word="live"]')).to_have_count(10, timeout=_SOON_MS)

    _page(browser, room, language, "wall", ".grid .tile", prepare=prepare)


def _watch(browser: Browser, room: RoomSite, language: str) -> None:
    """Somebody has signed on and is on a round."""

    def prepare(page: Page) -> None:
        page.keyboard.press("o")
        page.locator("input.operator").fill("li.wei")
        page.keyboard.press("Enter")
        expect(page.locator('watch-bar [data-act="round"]')).to_be_visible(timeout=_SOON_MS)
        page.keyboard.press("r")
        expect(page.locator('.tile[data-word="live"]')).to_have_count(10, timeout=_SOON_MS)
        page.keyboard.press("n")
        expect(page.locator(".round[data-seen='1']")).to_be_visible(timeout=_SOON_MS)
        expect(page.locator('.tile[data-word="live"]')).to_have_count(10, timeout=_SOON_MS)

    _page(browser, room, language, "watch", ".grid .tile", prepare=prepare)


def _trouble(browser: Browser, room: RoomSite, language: str) -> None:
    """Two cameras are not well and the relay is away; by night, so in the dark theme."""

    def prepare(page: Page) -> None:
        expect(page.locator('.tile[data-word="live"]')).to_have_count(10, timeout=_SOON_MS)
        room.relay.stop()
        room.sim.begin_fault("park", "stall")
        room.sim.begin_fault("station", "refuse", "503")
        expect(page.locator('.tile[data-word="stalled"]')).to_have_count(1, timeout=_SOON_MS)
        expect(page.locator('.tile[data-word="reconnecting"]')).to_have_count(1, timeout=_SOON_MS)
        page.keyboard.press("Numpad6")
        expect(page.locator('.spot .tile[data-word="stalled"]')).to_have_count(1, timeout=_SOON_MS)
        page.keyboard.press("Space")
        expect(page.locator(".queued")).to_be_visible(timeout=_SOON_MS)

    try:
        _page(browser, room, language, "trouble", ".grid .tile", prepare=prepare, theme="dark")
    finally:
        room.sim.end_fault("park")
        room.sim.end_fault("station")
        room.relay.start()


def _page(
    browser: Browser,
    room: RoomSite,
    language: str,
    name: str,
    ready: str,
    *,
    prepare: Callable[[Page], None] | None = None,
    theme: Literal["light", "dark"] = "light",
) -> None:
    path = "/health" if name == "health" else "/"
    page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme=theme)
    page.goto(f"{room.base_url}{path}?lang={language}")
    expect(page.locator(ready).first).to_be_visible(timeout=_SOON_MS)
    if prepare is not None:
        prepare(page)
    target = PLACE / f"{name}.{language}.png"
    page.evaluate("scrollTo(0, 0)")  # a field that had the focus may have moved the page
    page.screenshot(path=target)
    page.close()
    fit(target)


def fit(picture: Path) -> None:
    """Bring a picture under the limit: a page has few colours, so a palette loses little."""
    found = np.asarray(cv2.imread(str(picture)), dtype=np.uint8)
    for colours in (128, 96, 64, 48):
        picture.write_bytes(palette_png(found, colours))
        if picture.stat().st_size <= MOST_BYTES:
            return
    size = picture.stat().st_size
    raise AssertionError(f"{picture.name} has {size} bytes, more than {MOST_BYTES}; take a smaller part of the page")


def palette_png(found: NDArray[np.uint8], colours: int) -> bytes:
    """Return a BGR picture as PNG with a palette (ISO/IEC 15948, colour type 3)."""
    sample = found.reshape(-1, 3)[::37].astype(np.float32)
    cv2.setRNGSeed(1)
    ends = (cv2.TERM_CRITERIA_MAX_ITER, 20, 0.0)
    _, _, centres = cv2.kmeans(sample, colours, np.zeros(len(sample), np.int32), ends, 1, cv2.KMEANS_PP_CENTERS)
    # The nearest colour is looked up once for each of 32 steps of blue, green and red.
    steps = np.stack(np.meshgrid(*[np.arange(32) * 8 + 4] * 3, indexing="ij"), -1).reshape(-1, 3)
    nearest = ((steps[:, None, :] - centres[None]) ** 2).sum(-1).argmin(1).astype(np.uint8)
    coarse = found.astype(np.int64) >> 3
    indices = nearest[coarse[..., 0] * 1024 + coarse[..., 1] * 32 + coarse[..., 2]]
    palette = centres.round().clip(0, 255).astype(np.uint8)[:, ::-1]
    height, width = indices.shape
    rows = b"".join(b"\0" + row.tobytes() for row in indices)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held)) for name, held in chunks
    )


if __name__ == "__main__":
    main()
