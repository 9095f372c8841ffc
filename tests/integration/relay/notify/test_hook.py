"""The hook for SMS and calls: by HTTP against a real server, and as a real program."""

import json
import stat
from pathlib import Path

import pytest

from tests.support.channel_site import SECRET, ChannelSite
from tests.support.waiting import wait_until
from tests.support.web_receiver import Reply, WebReceiver

FAST = "[channels]\nfirst_retry_s = 0.1\nlongest_retry_s = 0.2\n"


def program(folder: Path, script: str) -> str:
    file = folder / "sms"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


def test_a_gateway_is_asked_by_http_with_its_words_filled_in(tmp_path: Path) -> None:
    with WebReceiver() as gateway:
        toml = (
            f'{FAST}[channels.hook.sms]\nurl = "{gateway.url}?for={{recipient}}&n={{headline}}"\nheader = "X-Key"\n'
            'header_file = "{secret}"\nlanguage = "en"\n'
        )
        with ChannelSite(tmp_path, tmp_path, toml) as site:
            site.alert(1)
            (asked,) = gateway.wait(1)
            sent = site.wait_for("sms", "sent")
    assert asked.path.startswith("/told?for=sms&n=%5BHIGH%5D%20")
    assert asked.headers["x-key"] == SECRET
    said = json.loads(asked.body)
    assert said["to"] == "sms"
    assert said["text"].startswith("[HIGH] 入侵, Area 0, gate\n")
    assert asked.headers["idempotency-key"].endswith(f".{sent['detail']['notification_id']}")


def test_a_gateway_that_refuses_is_seen_with_its_words(tmp_path: Path) -> None:
    with WebReceiver(lambda _: Reply(402, body=b"no credit")) as gateway:
        toml = f'{FAST}[channels.hook.sms]\nurl = "{gateway.url}"\n'
        with ChannelSite(tmp_path, tmp_path, toml) as site:
            site.alert(1)
            assert site.wait_for("sms", "failed_permanent")["detail"]["came_to"] == "HTTP 402: no credit"


def test_a_program_gets_arguments_and_no_shell(tmp_path: Path) -> None:
    path = program(tmp_path, f'printf "%s\\n" "$1" "$PATROL_KEY" > {tmp_path}/said; echo queued-7')
    toml = (
        f'{FAST}[channels.hook.sms]\nprogram = ["{path}", "to {{recipient}}; $(touch {tmp_path}/ran) {{headline}}"]\n'
    )
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.alert(1)
        sent = site.wait_for("sms", "sent")
    given, key = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert given == f"to sms; $(touch {tmp_path}/ran) 【紧急】入侵，Area 0，gate"
    assert not (tmp_path / "ran").exists()
    (attempt,) = sent["detail"]["attempts"]
    assert attempt["receipt"] == "queued-7"
    assert key.endswith(f".{sent['detail']['notification_id']}")


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ("echo no such number; exit 1", "failed_permanent", "exit code 1 (no such number)"),
        ("exit 75", "failed_retryable", "exit code 75"),
        ("kill -9 $$", "failed_retryable", "exit code -9"),
    ],
)
def test_an_exit_code_says_whether_it_is_tried_again(tmp_path: Path, script: str, state: str, words: str) -> None:
    toml = f'{FAST}[channels.hook.sms]\nprogram = ["{program(tmp_path, script)}"]\n'
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.alert(1)
        assert words in site.wait_for("sms", state)["detail"]["came_to"]


def test_a_program_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    path = program(tmp_path, f"echo $$ > {tmp_path}/pid; cat /dev/zero > /dev/null & cat /dev/zero > /dev/null")
    toml = f'{FAST}[channels.hook.sms]\nprogram = ["{path}"]\ntimeout_s = 0.3\n'
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.alert(1)
        found = site.wait_for("sms", "failed_retryable")
        assert "silent for 0.3 s" in found["detail"]["came_to"]
        group = int((tmp_path / "pid").read_text(encoding="utf-8"))
        site.act(site.only_incident())
        wait_until(lambda: not alive(group), within_s=5, what="nothing of the program is left")


def alive(group: int) -> bool:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def test_a_program_that_is_not_there_is_for_good(tmp_path: Path) -> None:
    toml = f'{FAST}[channels.hook.sms]\nprogram = ["{tmp_path}/none"]\n'
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.alert(1)
        assert "cannot be run (No such file" in site.wait_for("sms", "failed_permanent")["detail"]["came_to"]
