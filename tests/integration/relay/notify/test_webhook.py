"""The webhook channel and the worker behind every channel, against a real web server on loopback."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from patrol_wire.ids import Severity
from relay.notify.webhook import KEY, SIGNATURE, is_authentic
from relay.ops.clock import MachineClock
from tests.support.channel_site import SECRET, ChannelSite
from tests.support.waiting import wait_until
from tests.support.web_receiver import Received, Reply, WebReceiver


@pytest.fixture
def receiver() -> Iterator[WebReceiver]:
    with WebReceiver() as running:
        yield running


@pytest.fixture
def other() -> Iterator[WebReceiver]:
    with WebReceiver() as running:
        yield running


FAST = "[channels]\nfirst_retry_s = 0.1\nlongest_retry_s = 0.2\n"


def hook(name: str, receiver: WebReceiver, extra: str = "") -> str:
    return f'[channels.webhook.{name}]\nurl = "{receiver.url}"\nsecret_file = "{{secret}}"\n{extra}\n'


def failing_first(*codes: int, headers: dict[str, str] | None = None) -> "list[Reply]":
    return [Reply(code, headers or {}) for code in codes]


def in_turn(replies: list[Reply]) -> "object":
    def answer(received: Received) -> Reply:
        return replies[received.number - 1] if received.number <= len(replies) else Reply()

    return answer


def test_a_page_arrives_signed_with_its_key_and_the_timeline_shows_it(
    store_url: str, tmp_path: Path, receiver: WebReceiver
) -> None:
    with ChannelSite(store_url, tmp_path, FAST + hook("duty", receiver)) as site:
        site.alert(1)
        (told,) = receiver.wait(1)
        signed, now_s = told.headers[SIGNATURE.lower()], MachineClock().now_us() / 1e6
        assert is_authentic(signed, SECRET.encode(), told.body, now_s=now_s)
        assert not is_authentic(signed, SECRET.encode(), told.body, now_s=now_s + 302)
        assert not is_authentic(signed, b"another", told.body, now_s=now_s)
        assert not is_authentic(signed, SECRET.encode(), told.body + b" ", now_s=now_s)
        said = json.loads(told.body)
        incident_id = site.only_incident()
        assert (said["occasion"], said["attempt"], said["test"]) == ("page", 1, False)
        assert said["reason"] == "raised by a rule"
        assert said["incident"]["incident_id"] == incident_id
        assert said["headline"]["zh-CN"] == "【紧急】入侵，Area 0，gate"
        assert said["headline"]["en"].startswith("[HIGH] ")
        assert told.headers[KEY.lower()] == said["key"]
        sent = site.wait_for("duty", "delivered")
        assert sent["text"] == "raised by a rule"
        (attempt,) = sent["detail"]["attempts"]
        assert (attempt["number"], attempt["verdict"], attempt["reason"]) == (1, "delivered", "HTTP 200")
        assert attempt["began_at"] <= attempt["ended_at"]


def test_after_an_import_of_the_city_its_new_names_are_told(tmp_path: Path, receiver: WebReceiver) -> None:
    with ChannelSite(tmp_path, tmp_path, FAST + hook("duty", receiver)) as site:
        city = site.writer.cities.city
        renamed = tuple(replace(area, name=f"新{area.name}") for area in city.areas)
        site.writer.cities.replace(replace(city, areas=renamed), 1)
        site.alert(1)
        (told,) = receiver.wait(1)
        assert json.loads(told.body)["headline"]["zh-CN"] == "【紧急】入侵，新Area 0，gate"


@pytest.mark.parametrize("code", [503, 429])
def test_what_passes_is_tried_again_with_the_same_key(tmp_path: Path, receiver: WebReceiver, code: int) -> None:
    receiver.answer = in_turn(failing_first(code))  # type: ignore[assignment]  # a function of the request
    with ChannelSite(tmp_path, tmp_path, FAST + hook("duty", receiver)) as site:
        site.alert(1)
        first, second = receiver.wait(2)
        assert first.headers[KEY.lower()] == second.headers[KEY.lower()]
        assert json.loads(second.body)["attempt"] == 2
        site.wait_for("duty", "delivered")
        assert site.verdicts("duty") == ["refused_for_now", "delivered"]


def test_a_receiver_that_asks_for_time_gets_it(tmp_path: Path, receiver: WebReceiver) -> None:
    times: list[float] = []

    def answer(received: Received) -> Reply:
        times.append(time.monotonic())
        return Reply(429, {"Retry-After": "1"}) if received.number == 1 else Reply()

    receiver.answer = answer
    with ChannelSite(tmp_path, tmp_path, FAST + hook("duty", receiver)) as site:
        site.alert(1)
        receiver.wait(2)
        assert times[1] - times[0] >= 1.0
        site.wait_for("duty", "delivered")


@pytest.mark.parametrize("code", [404, 410])
def test_what_only_a_person_mends_goes_to_the_next_receiver_at_once(
    tmp_path: Path, receiver: WebReceiver, other: WebReceiver, code: int
) -> None:
    receiver.answer = lambda _: Reply(code, body=b"no such hook")
    toml = hook("duty", receiver, 'instead = "deputy"\nwithin_s = 60.0') + hook("deputy", other, "tells = []")
    with ChannelSite(tmp_path, tmp_path, FAST + toml) as site:
        site.alert(1)
        (told,) = other.wait(1)  # a minute before its time
        assert "duty" in json.loads(told.body)["reason"]
        failed = site.wait_for("duty", "failed_permanent")
        assert failed["detail"]["came_to"] == f"HTTP {code}: no such hook"
        site.wait_for("deputy", "delivered")
        assert len(receiver.received) == 1


def test_silence_is_ended_goes_to_the_next_and_then_to_the_desk(
    tmp_path: Path, receiver: WebReceiver, other: WebReceiver
) -> None:
    receiver.answer = other.answer = lambda _: Reply(silent=True)
    slow = "timeout_s = 0.3\nwithin_s = 0.5\n"
    toml = hook("duty", receiver, slow + 'instead = "deputy"') + hook("deputy", other, slow + "tells = []")
    with ChannelSite(tmp_path, tmp_path, FAST + toml) as site:
        site.alert(1)
        other.wait(1)
        incident_id = site.only_incident()
        lines = wait_until(
            lambda: [entry for entry in site.timeline(incident_id) if entry["change"] == "not_reached"],
            within_s=5,
            what="the desk learns that nobody was reached",
        )
        assert "duty does not take it now (silent for 0.3 s" in lines[0]["text"]
        assert "deputy does not take it now (silent for 0.3 s" in lines[0]["text"]
        receiver.answer = lambda _: Reply()  # the desk knows, and it is tried on: somebody mended it
        site.wait_for("duty", "delivered", incident_id=incident_id)


def test_nothing_is_sent_after_somebody_has_it(tmp_path: Path, receiver: WebReceiver) -> None:
    receiver.answer = lambda _: Reply(503)
    toml = "[channels]\nfirst_retry_s = 3.0\nlongest_retry_s = 3.0\n" + hook("duty", receiver)
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.alert(1)
        receiver.wait(1)
        incident_id = site.only_incident()
        asked = {"act": "acknowledge", "actor": "wang"}
        assert site.client.post(f"/api/v1/incidents/{incident_id}/acts", json=asked).status_code == 200
        before = len(receiver.received)
        ended = site.wait_for("duty", "superseded", incident_id=incident_id)
        assert ended["detail"]["came_to"] == "wang has it"
        assert len(receiver.received) == before


def test_a_dead_receiver_delays_nobody_else(tmp_path: Path, receiver: WebReceiver, other: WebReceiver) -> None:
    """Twenty incidents for one that never answers, whose attempts last five seconds, and one that does."""
    receiver.answer = lambda _: Reply(silent=True)
    toml = hook("dead", receiver, "timeout_s = 5.0") + hook("alive", other, "per_s = 1000.0\nat_once = 2")
    with ChannelSite(tmp_path, tmp_path, FAST + toml) as site:
        for number in range(20):
            site.alert(number, area=number % 4, category=("intrusion", "brawl")[number // 4 % 2], camera=f"c{number}")
        incidents = len(site.client.get("/api/v1/incidents").json()["incidents"])
        assert incidents >= 8
        told = other.wait(incidents, within_s=4)  # less than one attempt of the dead one
        assert len({json.loads(each.body)["incident"]["incident_id"] for each in told}) == incidents


def test_a_receiver_is_told_what_is_its_business(tmp_path: Path, receiver: WebReceiver, other: WebReceiver) -> None:
    toml = hook("grave", receiver, 'severity = "critical"') + hook("town-1", other, 'towns = ["t1"]')
    with ChannelSite(tmp_path, tmp_path, FAST + toml) as site:
        site.alert(1, area=0)
        site.alert(2, area=2)
        site.flag(3, area=0, category="brawl", severity=Severity.CRITICAL)
        (grave,) = receiver.wait(1)
        (town,) = other.wait(1)
        assert json.loads(grave.body)["incident"]["severity"] == "critical"
        assert json.loads(town.body)["incident"]["area_id"] == "a2"


def test_news_tells_how_it_stands_and_older_news_is_dropped(tmp_path: Path, receiver: WebReceiver) -> None:
    receiver.answer = lambda _: Reply(503)
    with ChannelSite(tmp_path, tmp_path, FAST + hook("mirror", receiver, 'tells = ["news"]')) as site:
        site.alert(1)
        receiver.wait(1)
        incident_id = site.only_incident()
        asked = {"act": "cancel", "actor": "wang", "reason": "a cat"}
        assert site.client.post(f"/api/v1/incidents/{incident_id}/acts", json=asked).status_code == 200
        first = site.wait_for("mirror", "superseded", incident_id=incident_id)
        assert first["detail"]["came_to"] == "there is newer news of this incident"
        receiver.answer = lambda _: Reply()
        wait_until(
            lambda: [send["change"] for send in site.sends("mirror", incident_id)][-1] == "delivered",
            within_s=5,
            what="the newest news arrives",
        )
        assert json.loads(receiver.received[-1].body)["incident"]["state"] == "cancelled"
