"""Counting a month anew over HTTP: seen before it is done, done once, refused with a reason."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.app.city_work import Elsewhere
from tests.integration.relay.app.test_tabulation import moved_border
from tests.support.desk_site import DeskSite
from tests.support.small_city import small_city


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path) as running:
        yield running


def moved_site(site: DeskSite) -> str:
    """Raise one alert near the first area's east side, move the border to its west; return the month."""
    site.put(site.alert(1))
    site.writer.city_work.submit(Elsewhere(city=moved_border(small_city()), version=1)).result(timeout=10)
    (incident,) = site.client.get("/api/v1/incidents").json()["incidents"]
    assert (incident["area_id"], incident["basis"], incident["area_given"]) == ("a0", 1, False)
    return str(incident["month"])


def test_the_preview_shows_the_change_and_the_post_makes_it(site: DeskSite) -> None:
    month = moved_site(site)
    seen = site.client.get("/api/v1/counts/tabulation", params={"month": month}).json()
    assert (seen["basis"], seen["incidents"], seen["moved"], seen["published"]) == (2, 1, 1, 0)
    assert seen["placed_by"] == [{"basis": 1, "incidents": 1}]
    assert [(each["area"], each["count"]) for each in seen["changes"]] == [("a0", -1), ("a1", 1)]

    asked = {"month": month, "actor": "li", "reason": "the border moved", "basis": 2}
    done = site.client.post("/api/v1/counts/tabulation", json=asked)
    assert (done.status_code, done.json()["answer"]) == (200, "done")
    sums = site.client.get("/api/v1/counts/sums", params={"month": month}).json()["sums"]
    assert [(each["area"], each["count"]) for each in sums] == [("a1", 1)]
    assert site.client.get("/api/v1/counts/tabulation", params={"month": month}).json()["moved"] == 0
    assert site.client.get("/api/v1/reconcile").json()["reconciled"] is True


def test_what_does_not_fit_is_refused_with_its_reason(site: DeskSite) -> None:
    month = moved_site(site)
    asked = {"month": month, "actor": "li", "reason": "the border moved", "basis": 1}
    refused = site.client.post("/api/v1/counts/tabulation", json=asked)
    assert refused.status_code == 409
    assert "basis 2 is in force" in refused.text


@pytest.mark.parametrize("month", ["0000-01", "1969-12", "9999-12", "2026-13", "october"])
def test_a_month_no_calendar_has_is_malformed_everywhere(site: DeskSite, month: str) -> None:
    asked = {"month": month, "actor": "li", "reason": "because"}
    assert site.client.post("/api/v1/counts/tabulation", json=asked | {"basis": 1}).status_code == 422
    assert site.client.post("/api/v1/counts/releases", json=asked).status_code == 422
    assert site.client.get("/api/v1/counts/tabulation", params={"month": month}).status_code == 422
    assert site.client.get("/api/v1/counts/sums", params={"month": month}).status_code == 422
    assert site.writer.is_alive


def test_a_basis_is_handed_out_so_that_anybody_can_count_again(site: DeskSite) -> None:
    moved_site(site)
    listed = site.client.get("/api/v1/counts/bases").json()
    assert [each["basis"] for each in listed["bases"]] == [1, 2]
    assert listed["in_force"] == 2
    content = json.loads(site.client.get("/api/v1/counts/bases/1").content)
    assert content["categories"]["drill"] == {"family": "drill", "counted": False}
    assert content["rooms"]["room-0"] == "a0"
    assert site.client.get("/api/v1/counts/bases/3").status_code == 404
