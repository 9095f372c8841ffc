"""A page whose every fault fails the test: errors of its console, and requests to another host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page


@contextmanager
def watched_page(
    browser: Browser,
    base_url: str,
    path: str = "/",
    *,
    width: int = 1366,
    height: int = 768,
    theme: Literal["light", "dark"] = "light",
    allowed: tuple[str, ...] = (),
    before: Callable[[Page], None] | None = None,
) -> Iterator[Page]:
    """Open a page; what its console says (but ``allowed``) and what it asks of others fails the test."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    if before is not None:
        before(page)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    page.on(
        "console", lambda said: faults.append(f"console: {said.text}") if said.type in ("error", "warning") else None
    )
    page.on(
        "request",
        lambda asked: (
            faults.append(f"foreign: {asked.url}") if not asked.url.removeprefix("blob:").startswith(base_url) else None
        ),
    )
    page.goto(base_url + path)
    try:
        yield page
    finally:
        page.close()
    left = [fault for fault in faults if not any(word in fault for word in allowed)]
    if left:
        raise AssertionError("\n".join(left))
