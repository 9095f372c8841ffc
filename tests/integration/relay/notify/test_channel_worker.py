"""What the worker promises whatever it sends: nothing lost by a kill, nothing sent twice by two relays."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from structlog.testing import capture_logs

from relay.notify.webhook import KEY
from tests.support.channel_site import ChannelSite
from tests.support.waiting import wait_until
from tests.support.web_receiver import Received, Reply, WebReceiver

FAST = "[channels]\nfirst_retry_s = 0.1\nlongest_retry_s = 0.2\n"


def hook(receiver: WebReceiver, extra: str = "") -> str:
    return f'{FAST}[channels.webhook.duty]\nurl = "{receiver.url}"\nsecret_file = "{{secret}}"\n{extra}\n'


def test_what_was_under_way_when_the_relay_was_killed_is_sent_again_with_the_same_key(tmp_path: Path) -> None:
    with WebReceiver(lambda asked: Reply(silent=asked.number == 1)) as receiver:
        toml = tmp_path / "channels.toml"
        toml.write_text(hook(receiver), encoding="utf-8")
        killed = subprocess.Popen([sys.executable, "-m", "tests.support.channel_process", str(tmp_path), str(toml)])
        try:
            (first,) = receiver.wait(1, within_s=30)
        finally:
            killed.send_signal(signal.SIGKILL)
            killed.wait(10)
        with ChannelSite(tmp_path, tmp_path, hook(receiver)) as site:
            second = receiver.wait(2)[1]
            assert second.headers[KEY.lower()] == first.headers[KEY.lower()]
            site.wait_for("duty", "delivered")
            assert site.verdicts("duty") == ["under_way", "delivered"], "the page says that one was cut short"


def test_two_relays_on_one_database_send_side_by_side_and_each_thing_once(postgres_url: str, tmp_path: Path) -> None:
    both_at_once = threading.Barrier(2)

    def answer(asked: Received) -> Reply:
        if asked.number <= 2:
            both_at_once.wait(10)  # each relay may have one under way, so the second is the other's
        return Reply()

    with WebReceiver(answer) as receiver:
        toml = hook(receiver, "at_once = 1\nper_s = 1000.0")
        with ChannelSite(postgres_url, tmp_path, toml) as one, ChannelSite(postgres_url, tmp_path, toml) as other:
            for number in range(8):
                one.alert(number, area=number % 4, category=("intrusion", "brawl")[number // 4])
            wait_until(
                lambda: sum(site.worker.attempts["duty", "delivered"] for site in (one, other)) == 8,
                within_s=20,
                what="all are delivered",
            )
            assert len({told.headers[KEY.lower()] for told in receiver.received}) == len(receiver.received) == 8
            assert min(site.worker.attempts["duty", "delivered"] for site in (one, other)) >= 1


def test_a_relay_that_lacks_a_receiver_says_so_and_whose_send_it_dropped(tmp_path: Path) -> None:
    """Another relay on the database planned it: the page is lost, so the log and the incident name the difference."""
    with WebReceiver(lambda _: Reply(503)) as receiver:
        with ChannelSite(tmp_path, tmp_path, hook(receiver)) as knows:
            knows.alert(1)
            wait_until(lambda: knows.verdicts("duty"), within_s=10, what="it was tried")
        with capture_logs() as logs, ChannelSite(tmp_path, tmp_path, FAST) as lacks:
            wait_until(lambda: not lacks.worker.waiting.get("duty"), within_s=10, what="it is dropped")
            wait_until(lambda: lacks.sends("duty")[0]["change"] == "superseded", within_s=10, what="the page says so")
            assert "is not in this relay's [channels]" in str(lacks.sends("duty"))
    (said,) = [line for line in logs if line["event"] == "receivers_unknown"]
    assert said["receivers"] == ["duty"]
    assert "make [channels] the same in all" in said["reason"]


def test_the_figures_say_what_each_receiver_made_of_it(tmp_path: Path) -> None:
    with (
        WebReceiver(lambda asked: Reply(503 if asked.number == 1 else 200)) as receiver,
        ChannelSite(tmp_path, tmp_path, hook(receiver)) as site,
    ):
        site.alert(1)
        site.wait_for("duty", "delivered")
        wait_until(lambda: site.worker.attempts["duty", "delivered"], within_s=5, what="it is counted")
        assert site.worker.attempts["duty", "refused_for_now"] == 1
        wait_until(lambda: not site.worker.waiting.get("duty"), within_s=5, what="nothing waits for it")
