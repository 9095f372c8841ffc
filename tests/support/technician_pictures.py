"""Makes the pictures of docs/guide/technician.md from a running room, in both languages.

python -m tests.support.technician_pictures
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

from patrol_sim.cameras import SimCamera
from patrol_sim.server import SimServer
from patrol_web.bundling import bring_up_to_date
from tests.support.drawing_site import PIN, SCENE, TECHNICIAN, DrawingSite, running_site, write_room
from tests.support.room_pictures import CHROMIUM, fit

PLACE: Final = Path(__file__).resolve().parents[2] / "docs" / "guide" / "technician"
_SOON_MS: Final = 60_000
_YARD: Final = [[0.05, 0.5], [0.6, 0.5], [0.75, 0.95], [0.05, 0.95]]
_WINDOW: Final = [[0.72, 0.05], [0.95, 0.05], [0.95, 0.28], [0.72, 0.28]]


def main() -> None:
    """Write every picture anew."""
    bring_up_to_date(tools_for_checks=True)
    PLACE.mkdir(exist_ok=True)
    scene = replace(SCENE, width=640, height=360, noise=0.0)
    cameras = [SimCamera(name=name, source=scene, offset_s=float(at)) for at, name in enumerate(("gate", "yard"))]
    with (
        tempfile.TemporaryDirectory() as folder,
        SimServer(cameras) as sim,
        running_site(Path(folder), write_room(Path(folder), sim)) as site,
        sync_playwright() as playwright,
    ):
        site.sign_on()
        _prepare(site)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for language in ("zh-CN", "en"):
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            page.goto(f"{site.base_url}/rules?lang={language}#gate")
            _draw(page)
            _shoot(page, f"rules.{language}")
            page.locator("[data-act=what-if]").click()
            expect(page.locator(".what-if-result")).to_be_visible(timeout=_SOON_MS)
            page.locator(".what-if").scroll_into_view_if_needed()
            _shoot(page, f"what-if.{language}")
            page.goto(f"{site.base_url}/?lang={language}")
            expect(page.locator('.spot .tile[data-word="live"]')).to_have_count(1, timeout=_SOON_MS)
            page.keyboard.press("g")
            expect(page.locator(".place-map path.place-area").first).to_be_visible(timeout=_SOON_MS)
            page.locator("[data-act=middle]").click()
            _shoot(page, f"place.{language}", live='.tile[data-word="live"]')
            page.close()
        browser.close()


def _prepare(site: DrawingSite) -> None:
    """What is in force: a yard that is watched, and a window that nobody may see."""
    rule = {"name": "yard", "kind": "intrusion", "zone": "yard", "cool_down_s": 3.0, "severity": "high"}
    drawing = {"zone": [{"name": "yard", "polygon": _YARD}], "rule": [rule], "mask": [{"polygon": _WINDOW}]}
    site.save("gate", drawing, on_version=0, reason="the yard alone, and no windows")


def _draw(page: Page) -> None:
    """A draft that differs: the technician is on, a corner is chosen, the preview sees somebody."""
    expect(page.locator('.editor .tile[data-word="live"]')).to_be_visible(timeout=_SOON_MS)
    page.locator("input[name=name]").fill(TECHNICIAN)
    page.locator("input[name=pin]").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("[data-draw=zone]")).to_be_visible(timeout=_SOON_MS)
    page.locator(".rule-pick").first.click()
    page.locator("#rule-0-min_height").fill("0.2")
    page.locator("#rule-0-linger_s").click()
    page.locator(".shapes li[data-part=zone] .shape-pick").click()
    expect(page.locator(".canvas .drawing .thing").first).to_be_attached(timeout=_SOON_MS)


def _shoot(page: Page, name: str, *, live: str = '.editor .tile[data-word="live"]') -> None:
    expect(page.locator(live).first).to_be_visible(timeout=_SOON_MS)
    target = PLACE / f"{name}.png"
    page.screenshot(path=target)
    fit(target)


if __name__ == "__main__":
    main()
