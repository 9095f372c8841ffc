"""Who may use the desk: only this machine without a token, only with the token elsewhere, no page of another site."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.desk_site import DeskSite

TOKEN = "a-token-of-sixteen-or-more"
GUARDED = ["/api/v1/incidents", "/api/v1/openapi.json", "/api/v1/counts", "/metrics"]
OPEN = ["/", "/healthz", "/static/bundle/desk.js", "/static/styles/tokens.css", "/static/texts/en.json"]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[DeskSite]:
    with DeskSite(tmp_path, token=TOKEN) as made:
        yield made


@pytest.mark.parametrize("path", GUARDED)
def test_without_the_right_token_nothing_is_told(guarded: DeskSite, path: str) -> None:
    for header in ("", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"):
        answer = httpx.get(guarded.base_url + path, headers=[(b"Authorization", header.encode())])
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "token_needed"
    assert guarded.client.get(path).status_code == 200


@pytest.mark.parametrize("path", OPEN)
def test_the_page_itself_can_be_opened_to_ask_for_the_token(guarded: DeskSite, path: str) -> None:
    assert httpx.get(guarded.base_url + path).status_code == 200


def test_a_name_that_points_here_is_no_way_in(tmp_path: Path) -> None:
    """A web site whose name resolves to 127.0.0.1 reads through its visitor's browser: the Host header tells."""
    with DeskSite(tmp_path) as site:
        answer = site.client.get("/api/v1/incidents", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        for host in ("localhost:7790", "127.0.0.1", "[::1]:7790"):
            assert site.client.get("/api/v1/incidents", headers={"Host": host}).status_code == 200


def test_a_page_of_another_site_may_not_act(tmp_path: Path) -> None:
    with DeskSite(tmp_path) as site:
        answer = site.client.get("/api/v1/incidents", headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
        assert site.client.get("/api/v1/incidents", headers={"Origin": site.base_url}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/incidents", "/static/bundle/desk.js", "/nowhere"])
def test_every_answer_forbids_what_the_page_does_not_need(tmp_path: Path, path: str) -> None:
    with DeskSite(tmp_path) as site:
        headers = site.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/static/../page.py", "/static/%2e%2e/page.py", "/static/..%2fpage.py", "/page.py"])
def test_nothing_beside_the_page_s_files_is_served(tmp_path: Path, path: str) -> None:
    with DeskSite(tmp_path) as site:
        assert site.client.get(path).status_code == 404
