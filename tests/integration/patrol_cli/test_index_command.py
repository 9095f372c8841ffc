"""``patrol index`` against the relay's real web: releases, levels in words, completeness; and one sentence else."""

import json
from pathlib import Path

from typer.testing import CliRunner

from patrol_cli.__main__ import app
from patrol_wire.ids import Measure
from relay.core.levels import LevelRule
from relay.store.city_files import IndexRule
from tests.support.desk_site import DeskSite

RULE = IndexRule(measure=Measure.REPORTED, weight={}, rule=LevelRule(blue_from=1.0, orange_from=2.0, red_from=3.0))


def run(*words: str) -> tuple[int, str, str]:
    ran = CliRunner().invoke(app, ["index", *words])
    return ran.exit_code, ran.stdout, " ".join(ran.stderr.split())


def test_it_prints_levels_in_both_languages_and_what_is_not_complete(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret-of-the-desk\n", encoding="utf-8")
    with DeskSite(tmp_path, index=RULE, token="secret-of-the-desk") as site:
        site.flag(1, area=0)
        code, text, _ = run("--web", site.base_url, "--token-file", str(token))
        assert code == 0
        assert "蓝 blue" in text
        assert "无法判定 incomplete" in text
        code, text, _ = run("--web", site.base_url, "--token-file", str(token), "--json")
        found = json.loads(text)
        assert (code, found["releases"], found["areas"][0]["standing"]) == (0, [], "blue")
        code, _, said = run("--web", site.base_url)
        assert (code, "token" in said) == (2, True)
        code, _, said = run("--web", site.base_url, "--token-file", str(token), "--release", "7")
        assert (code, "has no release 7" in said) == (2, True)
    code, _, said = run("--web", site.base_url)
    assert (code, "is the relay's page there?" in said) == (2, True)
    assert run("--web", "relay:7790")[0] == 2
