"""``patrol check``: every kind of file is recognised, and what cannot be used is said in one sentence with exit 2."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from patrol_cli.__main__ import app
from patrol_cli.city_cut import cut_city
from relay.core.forces import Force

CONFIG = Path(__file__).parents[3] / "config"
ROOM = '[[camera]]\nname = "gate"\nurl = "gate.mp4"\n'


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as ``patrol relay init`` makes it, with few rooms and units: the checks read it again and again."""
    made = CliRunner().invoke(app, ["relay", "init", str(tmp_path / "site")])
    assert made.exit_code == 0, made.output
    cut_city(tmp_path / "site" / "city", rooms={"room-t01-c01"}, units={"unit-t01-c01"})
    return tmp_path / "site"


def test_what_relay_init_makes_is_usable_file_by_file(site: Path) -> None:
    files = [
        site / "relay.toml",
        site / "peers.toml",
        site / "keys" / "centre.key",
        site / "keys" / "centre.pub",
        site / "city",
        site / "city" / "units.csv",
        site / "city" / "categories.toml",
        site / "city" / "levels.toml",
    ]
    checked = run("--json", *files)
    assert checked.exit_code == 0, checked.output
    lines = [json.loads(line) for line in checked.stdout.splitlines()]
    assert [line["kind"] for line in lines] == [
        "relay", "peers", "key", "key", "city", "city", "categories", "levels",
    ]  # fmt: skip
    assert all(line["ok"] for line in lines)
    assert "235 areas" in lines[0]["says"]


def test_a_room_is_told_from_a_relay_by_its_tables(tmp_path: Path) -> None:
    room = tmp_path / "first.toml"
    room.write_text(ROOM, encoding="utf-8")
    (line,) = run("--json", room).stdout.splitlines()
    assert json.loads(line)["kind"] == "room"
    assert "1 cameras, 0 rules, detector motion, works alone" in json.loads(line)["says"]


def test_the_shipped_models_catalogue_is_whole() -> None:
    checked = run(CONFIG.parent / "models" / "manifest.toml")
    assert checked.exit_code == 0
    assert "models catalogued" in checked.stdout


BAD: list[tuple[str, str, str]] = [
    ("room.toml", ROOM + "[detector]\nkind = 'dowsing'\n", "detector.kind is 'dowsing'; write one of"),
    ("room.toml", ROOM + "[consol]\nport = 1\n", 'consol is an unknown key; did you mean "console"?'),
    ("relay.toml", "[web]\nport = 70000\n", "web.port is 70000; the most allowed is 65535"),
    ("relay.toml", "[web]\nhost = '0.0.0.0'\n", "set token_file"),
    ("both.toml", ROOM + "[gates.rooms]\n", "has tables of a room (camera) and of a relay (gates)"),
    ("broken.toml", "[web\n", "is not valid TOML"),
    ("what.toml", "answer = 42\n", "is no file this program knows"),
    ("notes.txt", "hello", "is no file this program knows"),
    ("categories.toml", "[intrusion]\nzh = '闯入'\n", "[intrusion]: en is missing"),
    ("peers.toml", "[[peer]]\nnode = 'room-1'\n", "[[peer]] number 1"),
    ("a.key", "node = 'a'\npublic_key = 'short'\n", "public_key is missing or not 40 characters of Z85"),
]


@pytest.mark.parametrize(("name", "text", "sentence"), BAD)
def test_what_cannot_be_used_is_said_in_one_sentence(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    refused = run(path)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert sentence in refused.stderr
    assert str(path) in refused.stderr
    assert refused.stderr.count("\n") == 1
    (line,) = run("--json", path).stdout.splitlines()
    assert json.loads(line)["ok"] is False


def test_flags_that_no_unit_is_sent_to_are_a_doubt_of_the_city_and_of_its_file(site: Path) -> None:
    rules = [f'[{force.value}]\nfamilies = ["theft"]\nunclassified = false\n' for force in Force]
    (site / "city" / "forces.toml").write_text("\n".join(rules), encoding="utf-8")
    checked = run("--json", site / "city", site / "city" / "forces.toml")
    assert checked.exit_code == 0, checked.output
    city, forces = (json.loads(line)["says"] for line in checked.stdout.splitlines())
    assert "forces.toml: no unit is sent to a flag of unclassified (high)" in city
    assert "write [community_patrol] no unclassified = false" in city
    assert "forces.toml: no unit is sent to a flag of crowd, disorder (high)" in forces


def test_one_bad_file_does_not_hide_the_good_ones(tmp_path: Path) -> None:
    checked = run(CONFIG / "levels.toml", tmp_path / "none.toml", CONFIG / "categories.toml")
    assert checked.exit_code == 2
    assert checked.stdout.count(": usable") == 2
    assert "there is no such file or folder" in checked.stderr


def test_a_secret_key_everybody_may_read_is_refused_with_the_command_that_helps(site: Path) -> None:
    key = site / "keys" / "centre.key"
    key.chmod(0o644)
    refused = run(key)
    assert refused.exit_code == 2
    assert f"chmod o= {key}" in refused.stderr


def test_a_relay_names_who_has_a_key_and_is_not_in_its_city(site: Path) -> None:
    """Else a room that the city forgot is noticed when its first alert is shown in the middle of the city."""
    for node, role in (("room-t01-c01", "room"), ("room-nobody", "room"), ("unit-nobody", "terminal")):
        peers = ["--area", "t01-c01", "--out", str(site / "keys"), "--peers", str(site / "peers.toml")]
        made = CliRunner().invoke(app, ["keys", "new", node, "--role", role, *peers])
        assert made.exit_code == 0, made.output
    checked = run("--json", site / "relay.toml")
    assert checked.exit_code == 0, checked.output
    says = json.loads(checked.stdout)["says"]
    assert "look at: room-nobody of peers.toml: no room of rooms.csv" in says
    assert "look at: unit-nobody of peers.toml: no unit of units.csv" in says
    assert "room-t01-c01" not in says


SHARED = '[database]\nurl = "postgresql://{user}@db.city/patrol"\n'
DUTY = '[channels.webhook.duty]\nurl = "https://duty.city/in"\nsecret_file = "{secret}"\nwithin_s = {within}\n'


def two_relays(site: Path, first: str, second: str) -> list[Path]:
    plain = (site / "relay.toml").read_text(encoding="utf-8")
    files = [site / "relay-1.toml", site / "relay-2.toml"]
    for file, more in zip(files, (first, second), strict=True):
        file.write_text(f"{plain}\n{more}", encoding="utf-8")
    return files


@pytest.mark.parametrize(
    ("second", "keys"),
    [
        (SHARED.format(user="two"), "channels.webhook.duty;"),  # a receiver too few
        (SHARED.format(user="two") + DUTY.format(secret="duty", within=90.0), "channels.webhook.duty.within_s"),
        (
            SHARED.format(user="two") + "[channels]\npush_after_s = 6.0\n" + DUTY.format(secret="duty", within=60.0),
            "channels.push_after_s;",
        ),
        (SHARED.format(user="two") + "[cap]\nsender = 'x@y.z'\n" + DUTY.format(secret="d", within=60.0), "cap.sender"),
    ],
)
def test_relays_on_one_database_must_tell_the_same_receivers(site: Path, second: str, keys: str) -> None:
    """Any of them sends what any of them planned: one that does not know a receiver drops it."""
    first = SHARED.format(user="one") + DUTY.format(secret="duty", within=60.0)
    checked = run(*two_relays(site, first, second))
    assert checked.exit_code == 2
    assert f"{site / 'relay-2.toml'}: differs from {site / 'relay-1.toml'}" in checked.stderr
    assert keys in checked.stderr
    assert "make [channels] and [cap] the same in both" in checked.stderr


@pytest.mark.parametrize(
    "second",
    [
        SHARED.format(user="two") + DUTY.format(secret="elsewhere", within=60.0),  # its secrets lie where it likes
        "",  # a store of its own
        '[database]\nurl = "postgresql://one@db.city/other"\n',
    ],
)
def test_relays_that_agree_or_share_no_database_are_usable(site: Path, second: str) -> None:
    first = SHARED.format(user="one") + DUTY.format(secret="duty", within=60.0)
    checked = run(*two_relays(site, first, second))
    assert checked.exit_code == 0, checked.output


def test_a_relay_without_its_key_or_with_a_damaged_city_is_refused(site: Path) -> None:
    shutil.move(site / "keys", site / "keys-elsewhere")
    assert "key file" in run(site / "relay.toml").stderr
    shutil.move(site / "keys-elsewhere", site / "keys")
    (site / "city" / "units.csv").write_text("unit_id\n", encoding="utf-8")
    refused = run(site / "relay.toml")
    assert refused.exit_code == 2
    assert "units.csv" in refused.stderr


def test_a_room_that_needs_a_model_it_does_not_have_is_told_how_to_get_it(tmp_path: Path) -> None:
    room = tmp_path / "room.toml"
    room.write_text(ROOM + f'[detector]\nkind = "onnx"\nmodels_dir = "{tmp_path}"\n', encoding="utf-8")
    refused = run(room)
    assert refused.exit_code == 2
    assert "patrol models get yolox-nano" in refused.stderr
