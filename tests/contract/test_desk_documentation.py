"""The pages about the duty desk, the room's console and the city's files name what the code knows."""

import re
from pathlib import Path

import pytest

from relay.store.city_tables import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
CITY_PAGE = (ROOT / "docs" / "reference" / "city.md").read_text(encoding="utf-8")
DESK_PAGE = (ROOT / "docs" / "guide" / "duty-desk.md").read_text(encoding="utf-8")
KEY_NAMES = {"ArrowDown": "↓", "ArrowUp": "↑", "Enter": "Enter"}


@pytest.mark.parametrize("table", COLUMNS)
def test_every_table_of_the_city_is_documented_with_its_columns(table: str) -> None:
    assert f"| `{table}` | `{','.join(COLUMNS[table])}`" in CITY_PAGE


def test_every_key_of_a_category_is_documented() -> None:
    from relay.store.city_files import _CATEGORY_KEYS

    section = CITY_PAGE.split("## categories.toml")[1].split("## ")[0]
    assert set(re.findall(r"`(\w+)`", re.sub(r"(?m)\|[^|]*\|$", "|", section))) >= set(_CATEGORY_KEYS)


def test_every_shortcut_is_in_the_guide_and_under_the_question_mark() -> None:
    script = (ROOT / "patrol_web" / "ts" / "desk.ts").read_text(encoding="utf-8")
    keys = re.findall(r"(?m)^  (Key[A-Z]|Arrow\w+|Digit\d|Enter): \(", script)
    assert len(keys) > 15, "the pattern no longer finds the keys"
    page = (ROOT / "patrol_web" / "templates" / "live.html").read_text(encoding="utf-8")
    digits = sorted(key.removeprefix("Digit") for key in keys if key.startswith("Digit"))
    assert f"`{digits[0]}`–`{digits[-1]}`" in DESK_PAGE
    assert f"<kbd>{digits[0]}</kbd>–<kbd>{digits[-1]}</kbd>" in page
    for key in keys:
        if not key.startswith("Digit"):
            name = KEY_NAMES.get(key, key.removeprefix("Key"))
            assert f"`{name}`" in DESK_PAGE
            assert f"<kbd>{name}</kbd>" in page


ROOM_KEY_NAMES = {
    "ArrowUp": "↑", "ArrowDown": "↓", "ArrowLeft": "←", "ArrowRight": "→", "BracketLeft": "[", "BracketRight": "]",
    "Escape": "Esc", "NumpadEnter": "Enter", "Space": "Space", "Shift+Slash": "?",
}  # fmt: skip


def test_every_key_of_the_room_stands_in_the_operator_s_manual() -> None:
    module = (ROOT / "patrol_web" / "ts" / "room" / "keys.ts").read_text(encoding="utf-8")
    table = re.search(r"const USUAL[^{]*\{(.*?)\n\};", module, re.DOTALL)
    assert table is not None
    codes = re.findall(r'"([A-Z][\w+]+)"', table[1])
    assert len(codes) > 40, "the pattern no longer finds the keys"
    manual = (ROOT / "docs" / "guide" / "room-console.md").read_text(encoding="utf-8").split("## English")[1]
    kept = " ".join(re.findall(r"`([^`]+)`", manual)).split()
    for code in codes:
        name = ROOM_KEY_NAMES.get(code, re.sub(r"^(Shift\+)?(Key|Digit|Numpad)", "", code))
        span = re.fullmatch(r"(Shift\+)?Digit\d", code) is not None  # written as `1`–`8`, `Shift`+`1`–`5`
        shifted = code.startswith("Shift+Key")
        assert span or (f"`Shift`+`{name}`" in manual if shifted else name in kept), code


@pytest.mark.parametrize(
    "picture", sorted((ROOT / "docs" / "guide" / "room-console").glob("*.png")), ids=lambda p: p.name
)
def test_a_picture_of_the_manual_is_small(picture: Path) -> None:
    assert picture.stat().st_size <= 150_000
