"""``patrol nemesis`` as a person runs it: fixed seeds on both databases, and a check that finds what is broken."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
NEMESIS = [sys.executable, "-m", "patrol_cli", "nemesis"]
SECONDS = "60"
"""Three runs: three minutes of faults."""
FAULTS_AT_LEAST = 80
ALERTS_AT_LEAST = 500
MEDIA_AT_LEAST = 60


def _run(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Return exit code, the last JSON line, and what was said to people."""
    ran = subprocess.run([*NEMESIS, *arguments, "--json"], capture_output=True, text=True, timeout=210, check=False)
    lines = ran.stdout.splitlines()
    return ran.returncode, json.loads(lines[-1]) if lines else {}, ran.stderr


@pytest.mark.parametrize(("seed", "options"), [(1, ()), (2, ("--clocks",))])
def test_a_minute_of_faults_loses_doubles_and_invents_nothing(
    seed: int, options: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "n"
    code, said, text = _run("--seed", str(seed), "--seconds", SECONDS, "--folder", str(folder), *options)
    assert code == 0, text
    _assert_every_promise_was_kept(said)
    assert {"kill", "stop", "corrupt", "half_open", "stall"} <= said["by_kind"].keys()
    assert ("clock" in said["by_kind"]) == ("--clocks" in options)
    _assert_nothing_is_left_running(folder)

    again, figures, _ = _run("check", str(folder))
    assert again == 0
    assert figures["alerts"] == said["alerts"]
    _assert_damage_is_found(folder)


def test_the_same_holds_for_two_relays_on_one_postgresql_that_is_hurt_too(tmp_path: Path, postgres_url: str) -> None:
    """Its sessions are cut and its tables held; rooms, terminals and the consumer go from one relay to the other."""
    folder = tmp_path / "n"
    site = ("--folder", str(folder), "--database", postgres_url, "--nodes", "2")
    code, said, text = _run("--seed", "1", "--seconds", SECONDS, *site)
    assert code == 0, text
    _assert_every_promise_was_kept(said)
    assert {"kill", "stop", "sever", "hold", "freeze"} <= said["by_kind"].keys()
    assert not (folder / "state" / "relay.sqlite3").exists(), "a relay used a file"
    served = {line["endpoint"] for path in folder.glob("logs/room-*.log") for line in _lines(path) if _is_open(line)}
    assert len(served) > len(list((folder / "rooms").iterdir())), "no room ever went to the other relay"
    _assert_nothing_is_left_running(folder)

    again, figures, _ = _run("check", str(folder))
    assert again == 0, "the folder is checked without the database"
    assert figures["alerts"] == said["alerts"]

    code, _, text = _run("--database", postgres_url)
    assert code == 2
    assert "holds tables already; give an empty database" in text


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


def _is_open(line: dict[str, Any]) -> bool:
    return line.get("event") == "relay_link" and line.get("phase") == "open"


def _assert_every_promise_was_kept(said: dict[str, Any]) -> None:
    assert (said["lost"], said["doubled"], said["phantom"]) == (0, 0, 0)
    assert (said["reordered"], said["media_lost"], said["disagreements"]) == (0, 0, 0)
    assert said["media"] >= MEDIA_AT_LEAST
    assert said["drained_s"] <= 10
    assert said["alerts"] >= ALERTS_AT_LEAST
    assert said["faults"] >= FAULTS_AT_LEAST
    assert said["chunks_corrupted"] > 0


def _assert_nothing_is_left_running(folder: Path) -> None:
    left = [each for each in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(each.info["cmdline"] or ())]
    assert left == []


def _assert_damage_is_found(folder: Path) -> None:
    """Take one promised record out of the copy of the store: the check must say which."""
    store = folder / "cut" / "relay.sqlite3"
    promised = next(
        fact
        for path in sorted((folder / "histories").glob("*.jsonl"))
        for fact in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if fact.get("alert_id")
    )
    with closing(sqlite3.connect(store)) as connection, connection:
        (log_id,) = connection.execute(
            "SELECT log_id FROM alert WHERE alert_id = ?", (promised["alert_id"],)
        ).fetchone()
        connection.execute("DELETE FROM record_log WHERE log_id = ?", (log_id,))
    code, figures, text = _run("check", str(folder))
    assert code == 1
    assert figures["lost"] == 1
    assert promised["alert_id"] in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--rooms", "0"), "--rooms"),
        (("--seconds", "0"), "--seconds"),
        (("--nodes", "2"), "several relays need a --database"),
        (("--database", "sqlite:////tmp/x"), "without it the store is a file"),
        (("--database", "postgresql://nobody@/nothing?host=/nowhere"), "does not answer"),
        (("check", "/no/such/folder"), "holds no finished run of the nemesis"),
    ],
)
def test_a_bad_argument_ends_with_two_and_one_sentence(arguments: tuple[str, ...], says: str) -> None:
    code, _, text = _run(*arguments)
    assert code == 2
    assert says in text


def test_a_folder_that_holds_a_site_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text("# mine", encoding="utf-8")
    code, _, text = _run("--folder", str(tmp_path))
    assert code == 2
    assert "holds a site already" in text
    assert [path.name for path in tmp_path.iterdir()] == ["relay.toml"]
