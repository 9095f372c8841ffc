"""Documentation lags behind code unless something fails: this does."""

import re
from pathlib import Path
from typing import get_args

import pytest

from patrol_wire.errors import WIRE_REASONS
from patrol_wire.frames import Kind
from patrol_wire.messages import Message
from relay.gate.admission import SILENT, Refusal

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "wire-protocol.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "systemd/README.md"]
SILENT_REASONS = {str(each) for each in SILENT}
"""Only counted: there is nobody left to tell."""
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name.lower())
def test_every_kind_stands_in_the_protocol_with_its_number(kind: Kind) -> None:
    assert re.search(rf"^\| {kind.value} \| {kind.name.lower()} \|", PROTOCOL, re.MULTILINE)


@pytest.mark.parametrize("message", get_args(Message), ids=lambda message: message.__name__)
def test_the_protocol_names_the_fields_of_every_message_in_order(message: type) -> None:
    """``retained marks`` in the table stands for the field ``retained``: the first word of each item counts."""
    kind = int(message.__struct_config__.tag)  # type: ignore[attr-defined]  # msgspec declares it on instances only
    row = re.search(rf"^\| {kind} \| \w+ \| [^|]+ \| ([^|]+) \|", PROTOCOL, re.MULTILINE)
    assert row is not None
    items = re.sub(r"\([^)]*\)", "", row[1].split(";")[0])
    named = [item.split()[0] for item in items.split(",")]
    assert named == list(message.__struct_fields__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("reason", sorted(WIRE_REASONS | ({str(each) for each in Refusal} - SILENT_REASONS)))
def test_every_reason_of_refusal_is_documented(reason: str) -> None:
    assert f"`{reason}`" in PROTOCOL


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(prose):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_names_the_two_commands_and_they_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    dev = (ROOT / "dev").read_text(encoding="utf-8")
    for command in ("demo", "test"):
        assert f"./dev {command}" in readme
        assert re.search(rf"^  {command}\)", dev, re.MULTILINE)
