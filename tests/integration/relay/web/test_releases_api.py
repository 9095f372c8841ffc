"""Releases of months over HTTP: published by the duty officer, listed, and asked for as they were."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.core.clocking import month_of
from relay.core.policy import MICROS, DeskPolicy
from relay.core.releases import month_bounds
from tests.support.desk_site import DeskSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    """The machine's clock runs here: alerts of the month before, whose end may be further back than is believed."""
    with DeskSite(tmp_path, policy=DeskPolicy(past_tolerance_s=100 * 86_400.0)) as made:
        yield made


def get(site: DeskSite, path: str, **params: Any) -> Any:
    answer = site.client.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def publish(site: DeskSite, month: str, **more: str) -> Any:
    return site.client.post("/api/v1/counts/releases", json={"month": month, "actor": "wang", **more})


def last_month(site: DeskSite) -> tuple[str, int]:
    """The month before this one, and a moment near its end."""
    zone = site.city.zone
    begin_us, _ = month_bounds(month_of(site.clock.now_us(), zone), zone)
    ended_us = begin_us - int(timedelta(hours=1).total_seconds()) * MICROS
    return month_of(ended_us, zone), ended_us


def test_the_duty_officer_publishes_a_month_and_old_figures_stay(site: DeskSite) -> None:
    month, ended_us = last_month(site)
    site.alert(1, started_at=ended_us)
    published = publish(site, month, reason="the report is due").json()
    assert (published["number"], published["release"], published["cutoff"], published["entries"]) == (1, 1, 1, 1)
    assert (published["actor"], published["reason"], published["time_zone"]) == (
        "wang",
        "the report is due",
        "Asia/Shanghai",
    )
    assert [(each["area"], each["count"]) for each in published["difference"]] == [("a0", 1)]

    site.alert(2, area=1, started_at=ended_us)
    site.alert(3, area=2)  # of this month
    listed = get(site, "/counts/releases", month=month)["releases"]
    assert [each["release"] for each in listed] == [1, 2]
    assert [(each["area"], each["count"]) for each in listed[1]["difference"]] == [("a1", 1)]
    assert [each["number"] for each in get(site, "/counts/releases", after=1)["releases"]] == [2]

    def areas(**params: Any) -> list[str]:
        return [each["area"] for each in get(site, "/counts/sums", month=month, **params)["sums"]]

    assert areas(release=1) == ["a0"]
    assert areas(release=2) == ["a0", "a1"] == areas()
    assert areas(release=2, area="a1") == ["a1"]
    assert get(site, "/counts/sums", month=month, release=1)["head"] == 1
    assert [line["release"] for line in get(site, "/counts")["entries"]] == [1, 2, 1]
    assert get(site, "/reconcile") == {"reconciled": True, "differences": []}


def test_what_cannot_be_published_or_does_not_exist_is_refused_with_the_reason(site: DeskSite) -> None:
    month, ended_us = last_month(site)
    running = month_of(site.clock.now_us(), site.city.zone)
    site.alert(1, started_at=ended_us)
    answer = publish(site, running)
    assert answer.status_code == 409
    assert "has not ended" in answer.json()["error"]
    assert publish(site, month).status_code == 200
    answer = publish(site, month)
    assert answer.status_code == 409
    assert "was published" in answer.json()["error"]
    assert publish(site, "2026-13").status_code == 422
    for path, code, says in (
        (f"/counts/sums?month={month}&release=2", 404, "has no release 2"),
        ("/counts/sums?release=1", 422, "name the month"),
        (f"/counts/sums?month={month}&release=0", 422, "release"),
    ):
        answer = site.client.get(f"/api/v1{path}")
        assert (answer.status_code, says in answer.json()["error"]) == (code, True), answer.text


def test_the_same_command_publishes_once(site: DeskSite) -> None:
    month, _ = last_month(site)
    command_id = site.new_id()
    first = publish(site, month, command_id=command_id)
    assert first.status_code == 200
    assert publish(site, month, command_id=command_id).json() == first.json()
    assert len(get(site, "/counts/releases")["releases"]) == 1
