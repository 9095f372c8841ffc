"""The relay's own disk, a real small one, full or broken while everybody works: nothing acknowledged is lost."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from patrol_cli.nemesis.run import Outcome
from tests.support.calm_site import CalmSite
from tests.support.small_disk import SmallDisk, small_disk

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]
DRAINED_WITHIN_S = 5.0


def fills(disk: SmallDisk) -> Callable[[], bool]:
    def fill() -> bool:
        disk.fill()
        return True

    return fill


def frees(disk: SmallDisk) -> Callable[[], bool]:
    def free() -> bool:
        disk.free()
        return True

    return free


def fails(disk: SmallDisk) -> Callable[[], bool]:
    def fail() -> bool:
        disk.fail()
        return True

    return fail


def stands_still(site: CalmSite, seconds: float) -> Callable[[], bool]:
    """Return a step that is true once nothing of any room arrived for so long."""
    seen: list[tuple[float, dict[str, int]]] = []

    def still() -> bool:
        now = dict(site.arrived)
        if not seen or seen[-1][1] != now:
            seen.append((time.monotonic(), now))
        return time.monotonic() - seen[-1][0] > seconds

    return still


def says_so(site: CalmSite, *words: str) -> Callable[[], bool]:
    """Return a step that is true once the relay says to whoever asks that it cannot store, in one of these words."""

    def said() -> bool:
        (ready,) = site.logged("relay", "relay_ready")
        answer = httpx.get(f"{ready['web']}readyz", timeout=2.0)
        reason = answer.json()["reasons"].get("store_takes", "")
        return answer.status_code == 503 and any(word in reason for word in words)

    return said


def ends(site: CalmSite) -> Callable[[], bool]:
    """Return a step that ends the relay and our own look into its store."""

    def end() -> bool:
        site.kill("relay")
        site.store.close()
        return True

    return end


def mends(site: CalmSite, disk: SmallDisk) -> Callable[[], bool]:
    """Return a step that is true once nobody uses the disk, and it was checked and mounted, and the relay started."""

    def mend() -> bool:
        site.store.close()
        if not disk.let_go():
            return False
        disk.check_and_mount()
        site.revive("relay")
        return True

    return mend


@pytest.fixture
def site(tmp_path: Path) -> CalmSite:
    found = CalmSite(tmp_path / "n")
    config = found.site.relays[0].config
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[media]\n", "[media]\nreserve_mib = 1\n"), encoding="utf-8")
    return found


@pytest.fixture
def disk(site: CalmSite, tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path, site.site.folder / "state", size_mib=64) as mounted:
        yield mounted


def kept_every_promise(outcome: Outcome) -> bool:
    assert outcome.good, (outcome.findings, outcome.waiting, outcome.falls)
    return outcome.drained_s is not None and outcome.drained_s <= DRAINED_WITHIN_S


def test_a_full_disk_stops_acknowledgements_and_nothing_else(site: CalmSite, disk: SmallDisk) -> None:
    outcome = site.run(
        site.arrives(),
        fills(disk),
        stands_still(site, 3.0),
        says_so(site, "full"),
        frees(disk),
        site.arrives(),
        within_s=90,
    )
    assert kept_every_promise(outcome)


def test_a_disk_that_turns_read_only_costs_nothing_that_was_acknowledged(site: CalmSite, disk: SmallDisk) -> None:
    outcome = site.run(
        site.arrives(),
        fails(disk),
        stands_still(site, 3.0),
        says_so(site, "readonly", "I/O error", "disk"),
        ends(site),
        mends(site, disk),
        site.arrives(),
        within_s=90,
    )
    assert kept_every_promise(outcome)
