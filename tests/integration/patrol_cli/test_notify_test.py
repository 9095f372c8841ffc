"""A technician checks a site's channels: one sentence each, and nothing that looks like an incident."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from patrol_cli.__main__ import app
from patrol_cli.relay import lay_out_site
from relay.notify.push_message import read_key
from relay.store import engine as store_engine
from relay.store import schema
from tests.support.web_receiver import Reply, WebReceiver


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lay_out_site(tmp_path / "site")


def run(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["relay", *words])
    return ran.exit_code, ran.output.strip()


def add(config: Path, toml: str) -> None:
    (config.parent / "secret").write_text("a-secret-of-both-sides", encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8") + toml, encoding="utf-8")


def test_a_webhook_gets_a_marked_test_and_the_technician_one_sentence(config: Path) -> None:
    with WebReceiver() as receiver:
        add(config, f'\n[channels.webhook.duty]\nurl = "{receiver.url}"\nsecret_file = "secret"\n')
        code, said = run("notify-test", "duty", "--config", str(config))
        assert (code, said) == (0, "duty: the test arrived (HTTP 200).")
        sent = json.loads(receiver.received[0].body)
        assert sent["test"] is True
        assert sent["headline"]["zh-CN"].startswith("【测试，请勿处置】")
        assert sent["headline"]["en"].startswith("[TEST, do not act] ")
        receiver.answer = lambda _: Reply(403, body=b"wrong secret")
        code, said = run("notify-test", "duty", "--config", str(config))
        assert code == 1
        assert (
            said
            == "duty: the test was refused; the relay would not try again, mend the cause (HTTP 403: wrong secret)."
        )
        code, said = run("notify-test", "dutty", "--config", str(config))
        assert code == 2
        assert "known are: duty" in said


def test_a_secret_that_is_not_there_is_named_with_its_key(config: Path) -> None:
    add(config, '\n[channels.webhook.duty]\nurl = "http://127.0.0.1:9/"\nsecret_file = "gone"\n')
    code, said = run("notify-test", "duty", "--config", str(config))
    assert code == 2
    assert "channels.webhook.duty.secret_file" in said
    assert "cannot be read (No such file or directory)" in said


def test_a_push_key_is_made_once_and_for_its_owner_alone(config: Path) -> None:
    file = config.parent / "vapid.pem"
    code, public = run("push-key", str(file))
    assert code == 0
    assert len(public) == 87
    assert file.stat().st_mode & 0o777 == 0o600
    read_key(file.read_bytes())
    code, said = run("push-key", str(file))
    assert code == 2
    assert "exists already" in said


def test_push_without_phones_says_so(config: Path) -> None:
    run("push-key", str(config.parent / "vapid.pem"))
    add(config, '\n[channels.push]\nkey_file = "vapid.pem"\nsubject = "mailto:duty@city.example"\n')
    engine = store_engine.writer_engine(store_engine.sqlite_url(config.parent / "state" / "relay.sqlite3"))
    schema.prepare(engine)
    engine.dispose()
    assert run("notify-test", "push", "--config", str(config)) == (2, "push: name whose phones with --unit UNIT")
    code, said = run("notify-test", "push", "--unit", "unit-1", "--config", str(config))
    assert (code, said) == (2, "push: unit-1 has no phone that subscribed")
