"""A configuration that cannot be used is refused in one sentence: file, line, key, what is wrong, what to do."""

from pathlib import Path

import pytest

from relay.settings.errors import SettingsError
from relay.settings.toml_file import load_settings, parse_settings


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        # a slip of the finger gets the right word
        ("[relay]\nnmae = 'x'", 'relay.toml, line 2: relay.nmae is an unknown key; did you mean "name"?'),
        # a table nobody knows
        ("[movies]\nx = 1", "relay.toml, line 1: movies is an unknown key; known here are cap, channels, city,"),
        # syntax
        ("[relay\n", "relay.toml: is not valid TOML: "),
        # out of range
        ("\n[web]\nport = 70000", "relay.toml, line 3: web.port is 70000; the most allowed is 65535"),
        # a wrong type
        ("[web]\nport = '80'", "relay.toml, line 2: web.port is not a whole number; write one without quotes"),
        # an address nobody can bind
        ("[gates.rooms]\nbind = '0.0.0.0:1'", "relay.toml, line 2: gates.rooms.bind is not an address to bind;"),
        # a gate without its address
        ("[gates.rooms]\nmemory_mb = 1", "relay.toml, line 1: gates.rooms.bind is missing; add it"),
        # a path no socket can live below
        (f"[paths]\nrun_dir = '/{'x' * 90}'", "relay.toml, line 2: paths.run_dir is longer than 80 characters"),
        # a zone that does not exist
        ("[relay]\ntime_zone = 'Mars/One'", '"Mars/One" is no known time zone; write one like "Asia/Shanghai"'),
        # one level forgotten
        ("[escalation]\noffers_at_level = [1, 2]", "line 2: escalation.offers_at_level"),
        # two values that contradict each other
        (
            "[presence]\nlost_after_s = 5.0",
            "line 2: presence.lost_after_s is 5.0; it must be above late_after_s (30.0)",
        ),
        # two doors in one place
        (
            "[gates.counts]\nbind = 'tcp://0.0.0.0:7701'",
            "line 2: gates.counts.bind has the port of gates.rooms; choose another",
        ),
        # an open door
        ("[web]\nhost = '0.0.0.0'", 'line 2: web.host is "0.0.0.0", which others can reach; set token_file'),
        # a language nobody translated
        ("[relay]\nlanguage = 'de'", "relay.language is 'de'; write one of 'zh-CN' or 'en'"),
        # a key of a receiver with a name
        (
            "[channels.webhook.duty]\nurll = 'http://x'\nsecret_file = 's'",
            'line 2: channels.webhook.duty.urll is an unknown key; did you mean "url"?',
        ),
        # two receivers that each leave it to the other
        (
            "[channels.mail.a]\nhost='x'\nsender='s'\nto=['t']\ninstead='b'\n[channels.hook.b]\nurl='http://x'\ninstead='a'",
            "line 5: channels.mail.a.instead leads back to a receiver before it",
        ),
        # a receiver that is not there
        (
            "[channels.webhook.a]\nurl='http://x'\nsecret_file='s'\ninstead='c'",
            "channels.webhook.a.instead is \"c\", which is no receiver; known are ['a']",
        ),
        # a hook that is neither
        ("[channels.hook.sms]\nunits = true", "channels.hook.sms has neither url nor program, or both"),
        # a database that is none
        ("[database]\nurl = 'mysql://x'", "database.url is no database URL; write"),
    ],
)
def test_a_refusal_names_line_key_and_remedy(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, source="relay.toml")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file; give the relay's TOML file with --config"):
        load_settings(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        load_settings(tmp_path / "relay.toml")


def test_an_empty_file_is_a_complete_configuration() -> None:
    assert parse_settings("", source="relay.toml").web.port == 7790


def test_relative_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text('[paths]\nstate_dir = "state"\n[city]\ndir = "/srv/city"\n', encoding="utf-8")
    settings = load_settings(tmp_path / "relay.toml")
    assert settings.paths.state_dir == tmp_path / "state"
    assert settings.city.dir == Path("/srv/city")
    assert settings.web.token_file == ""


def test_a_database_given_beside_the_file_takes_its_place(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("[database]\nurl = 'sqlite:////var/lib/other'", encoding="utf-8")
    assert load_settings(file).database.url == "sqlite:////var/lib/other"
    assert load_settings(file, database="postgresql://db/relay").database.url == "postgresql://db/relay"
    with pytest.raises(SettingsError, match="--database mysql://x: is no database URL; write"):
        load_settings(file, database="mysql://x")
