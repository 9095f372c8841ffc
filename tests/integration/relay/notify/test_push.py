"""Web Push against a push service on loopback, and the ladder of a unit whose terminal is silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patrol_wire.ids import Step
from relay.notify.push_message import new_key
from tests.support.channel_site import ChannelSite
from tests.support.push_phone import PushPhone, vapid_claims
from tests.support.waiting import wait_until
from tests.support.web_receiver import Reply, WebReceiver

UNIT = "unit-0-near"


@pytest.fixture
def service() -> Iterator[WebReceiver]:
    with WebReceiver(lambda _: Reply(201, {"Location": "/message/1"})) as running:
        yield running


@pytest.fixture
def sms() -> Iterator[WebReceiver]:
    with WebReceiver() as running:
        yield running


def toml(folder: Path, sms: WebReceiver | None = None) -> str:
    (folder / "vapid.pem").write_bytes(new_key())
    text = (
        "[channels]\nfirst_retry_s = 0.1\nlongest_retry_s = 0.2\n"
        "push_after_s = 0.2\nhook_after_s = 0.6\nreport_after_s = 1.0\n"
        '[channels.push]\nkey_file = "{folder}/vapid.pem"\nsubject = "mailto:duty@city.example"\n'
        'hosts = ["127.0.0.1"]\n'
    )
    if sms is not None:
        text += f'[channels.hook.sms]\nurl = "{sms.url}"\nunits = true\ntells = []\n'
    return text


def subscribe(site: ChannelSite, phone: PushPhone) -> None:
    answer = site.client.post(f"/api/v1/units/{UNIT}/push-subscriptions", json=phone.subscription())
    assert (answer.status_code, answer.json()) == (200, {"answer": "done"}), answer.text


def of_unit(site: ChannelSite, receiver: str) -> list[dict[str, Any]]:
    return [send for send in site.sends(receiver) if send["actor"] == UNIT]


def test_a_silent_terminal_wakes_the_phone_then_sms_then_tells_the_desk(
    store_url: str, tmp_path: Path, service: WebReceiver, sms: WebReceiver
) -> None:
    phone = PushPhone(service.url)
    with ChannelSite(store_url, tmp_path, toml(tmp_path, sms)) as site:
        subscribe(site, phone)
        site.alert(1)
        (pushed,) = service.wait(1)
        said = phone.read(pushed.body)
        dispatch = next(each for each in site.dispatches() if each["unit_id"] == UNIT)
        assert (said["wake"], said["dispatch_id"], said["test"]) == ("sync", dispatch["dispatch_id"], False)
        assert said["text"]["zh-CN"] == "【紧急】入侵，Area 0，gate"
        assert pushed.headers["urgency"] == "high"
        assert 1 <= int(pushed.headers["ttl"]) <= 30  # no longer than the offer stands
        assert pushed.headers["topic"] == dispatch["dispatch_id"].replace("-", "")
        claims, key = vapid_claims(pushed.headers["authorization"])
        assert claims["aud"] == service.url.removesuffix("/told")
        assert site.client.get("/api/v1/push-key").json() == {"application_server_key": key}
        sms.wait(2)  # both units of the beat are silent; one has no phone
        lines = wait_until(
            lambda: [line for line in site.timeline() if line["change"] == "not_reached"], within_s=5, what="the desk"
        )
        assert f"{UNIT}: terminal was not tried yet; push took it and delivered nothing" in str(lines)
        assert "sms took it and delivered nothing (HTTP 200)" in str(lines)
        told = [line for line in site.timeline() if line["actor"] == "centre" and "not reached" in line["text"]]
        assert told, "the centre is told that its unit was not reached"
        (sent,) = of_unit(site, "push")
        assert (sent["change"], sent["detail"]["came_to"]) == ("sent", "HTTP 201")
        assert sent["detail"]["attempts"][0]["receipt"] == "/message/1"


def test_a_phone_that_confirms_needs_no_sms(tmp_path: Path, service: WebReceiver, sms: WebReceiver) -> None:
    phone = PushPhone(service.url)
    with ChannelSite(tmp_path, tmp_path, toml(tmp_path, sms)) as site:
        subscribe(site, phone)
        site.alert(1)
        (pushed,) = service.wait(1)
        key = phone.read(pushed.body)["key"]
        assert site.client.post(f"/api/v1/notifications/{key}/receipt", json={"seen": True}).status_code == 200
        wait_until(
            lambda: [send["detail"]["came_to"] for send in of_unit(site, "sms")] == ["the terminal has it"],
            within_s=5,
            what="the SMS is dropped",
        )
        assert of_unit(site, "push")[0]["change"] == "seen"
        wrong = key[:-1] + str((int(key[-1]) + 1) % 10)
        other = f"{wrong.partition('.')[0][::-1]}.{key.partition('.')[2]}"
        assert site.client.post(f"/api/v1/notifications/{other}/receipt", json={}).status_code == 404


def test_a_terminal_that_has_it_wakes_no_phone(tmp_path: Path, service: WebReceiver) -> None:
    with ChannelSite(tmp_path, tmp_path, toml(tmp_path)) as site:
        subscribe(site, PushPhone(service.url))
        site.alert(1)
        dispatch = next(each for each in site.dispatches() if each["unit_id"] == UNIT)
        site.step(UNIT, dispatch["dispatch_id"], Step.ACCEPT)
        wait_until(
            lambda: [send["detail"]["came_to"] for send in of_unit(site, "push")] == ["the offer is accepted"],
            within_s=5,
            what="the wake-up is dropped",
        )
        assert service.received == []


@pytest.mark.parametrize("code", [404, 410])
def test_a_subscription_that_is_gone_is_struck_out_and_the_next_is_tried_at_once(
    tmp_path: Path, service: WebReceiver, sms: WebReceiver, code: int
) -> None:
    service.answer = lambda _: Reply(code)
    text = toml(tmp_path, sms).replace("hook_after_s = 0.6", "hook_after_s = 60.0").replace("= 1.0", "= 90.0")
    with ChannelSite(tmp_path, tmp_path, text) as site:
        subscribe(site, PushPhone(service.url))
        site.alert(1)
        sms.wait(1)  # a minute before its time
        (sent,) = of_unit(site, "push")
        assert (sent["change"], sent["detail"]["attempts"][0]["verdict"]) == ("failed_permanent", "gone")
        site.alert(2, category="brawl")
        ended = {"endpoint": service.url}
        answer = site.client.request("DELETE", f"/api/v1/units/{UNIT}/push-subscriptions", json=ended)
        assert answer.status_code == 404, "it was struck out"


def test_a_push_service_that_asks_for_time_gets_it(tmp_path: Path, service: WebReceiver) -> None:
    service.answer = lambda asked: Reply(429, {"Retry-After": "1"}) if asked.number == 1 else Reply(201)
    with ChannelSite(
        tmp_path, tmp_path, toml(tmp_path).replace("report_after_s = 1.0", "report_after_s = 20.0")
    ) as site:
        subscribe(site, PushPhone(service.url))
        site.alert(1)
        service.wait(2)
        wait_until(lambda: of_unit(site, "push")[0]["change"] == "sent", within_s=5, what="it is taken")
        first, second = of_unit(site, "push")[0]["detail"]["attempts"]
        assert second["began_at"] > first["ended_at"]


def test_what_is_no_subscription_is_refused_with_its_reason(tmp_path: Path, service: WebReceiver) -> None:
    phone = PushPhone(service.url).subscription()
    path = f"/api/v1/units/{UNIT}/push-subscriptions"
    with ChannelSite(tmp_path, tmp_path, toml(tmp_path)) as site:
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"endpoint": "http://169.254.169.254/x"}, "channels.push.hosts"),
            ({"keys": {"p256dh": "x", "auth": "y"}}, "not the keys of a subscription"),
        ]
        for change, words in wrong:
            answer = site.client.post(path, json=phone | change)
            assert answer.status_code == 422
            assert words in answer.json()["error"]
        assert site.client.post(path.replace(UNIT, "nobody"), json=phone).status_code == 404
        assert site.client.post(path, json=phone).json() == {"answer": "done"}
        assert site.client.post(path, json=phone).json() == {"answer": "already_done"}
        ended = site.client.request("DELETE", path, json={"endpoint": service.url})
        assert ended.json() == {"answer": "done"}
