"""What people copy from the guide works."""

import re
from pathlib import Path

import pytest

from edge_agent.core.left_things import LeftState
from edge_agent.settings.rules import RULE_KINDS
from edge_agent.settings.toml_file import parse_settings

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guide" / "rules.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
CAMERA, *RULES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(re.search(r'name = "(.*)"', rule)))
def test_every_table_can_be_copied_under_the_camera_of_the_guide(rule: str) -> None:
    (camera,) = parse_settings(CAMERA + rule, source="docs/guide/rules.md").cameras
    assert len(camera.rules) == 1


def test_every_kind_has_a_table_in_the_guide_and_a_word_in_the_glossary() -> None:
    shown = {re.search(r'kind = "(.*)"', rule)[1] for rule in RULES}  # type: ignore[index]  # the test above parsed it
    assert shown == RULE_KINDS
    for kind in RULE_KINDS:
        assert f"| {kind.replace('_', ' ')} |" in GLOSSARY


@pytest.mark.parametrize("state", list(LeftState))
def test_every_state_of_a_left_thing_is_explained_and_translated(state: LeftState) -> None:
    assert re.search(rf"^\| `{state.value}` \S+ \|", GUIDE, re.MULTILINE)
    assert f"| {state.value.replace('_', ' ')} |" in GLOSSARY
