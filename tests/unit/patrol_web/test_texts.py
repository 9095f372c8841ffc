"""Texts: both languages complete, every key used, every word of the API has a text, no text outside the files."""

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import pytest

from edge_agent.core.link_failures import FailureKind
from edge_agent.core.watch import ShiftAct, ShiftState
from patrol_web.page import LANGUAGES, texts
from patrol_wire.ids import Measure, Outcome, Severity
from relay.core.alerts import AlertSource
from relay.core.attesting import Doubt
from relay.core.dispatches import Answer, DispatchState
from relay.core.incidents import IncidentState
from relay.core.levels import Standing
from relay.core.media import ContentState
from relay.core.notifications import NotificationState
from relay.core.presence import Presence

ROOT = Path(__file__).resolve().parents[3]
KIT = ROOT / "patrol_web"
MODULES = sorted(path for path in (KIT / "ts").rglob("*.ts") if path.parent.name != "api")
TEMPLATES = sorted((KIT / "templates").glob("*.html"))
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
NAMED = re.compile(r"""\bt\(\s*["']([\w.]+)["']""")
CHOSEN = re.compile(r"""\bt\([^()]*\?\s*"([\w.]+)"\s*:\s*"([\w.]+)\"""")
BUILT = re.compile(r"""\bt\(`([\w.]+)\.\$\{""")
GROUPED = re.compile(r"""\bword\(\s*["'](\w+)["']""")
# Names of physical keys, and words of browsers, of HTTP and of CSS that look like English text.
KEY = re.compile(
    r"^(Shift\+|⇧ )?(|Key[A-Z]?|Digit\d|Num(pad)?(\d| |Enter)?|Arrow(Up|Down|Left|Right)|Bracket(Left|Right)|Slash"
    r"|Space|Backspace|Escape|Esc|Enter|Insert|Delete|Del|Num ⏎|Shift|Control|Alt|Meta|Tab)$"
)
NOT_TEXT = {"requestVideoFrameCallback"}
SAMPLES = KIT / "ts" / "gallery" / "samples.ts"  # what the programs could say, not what the pages say


def _code(path: Path) -> str:
    """The module without comments."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def _without_markup(literal: str) -> str:
    """A template's words alone: neither what stands in ${…}, which may nest, nor its tags."""
    kept, depth, at = "", 0, 0
    while at < len(literal):
        if literal.startswith("${", at) or (depth > 0 and literal[at] == "{"):
            depth, at = depth + 1, at + (2 if literal.startswith("${", at) else 1)
        elif depth > 0:
            depth, at = depth - (literal[at] == "}"), at + 1
        else:
            kept, at = kept + literal[at], at + 1
    return re.sub(r"<[^>]*>", " ", kept)


def _literals(code: str) -> Iterator[str]:
    """Texts in quotes, and the templates around and within each other."""
    opened: list[int] = []
    at, quoted = 0, -1
    while at < len(code):
        sign = code[at]
        in_template = bool(opened) and opened[-1] >= 0
        if sign == "\\":
            at += 1
        elif quoted >= 0:
            if sign == '"':
                yield code[quoted:at]
                quoted = -1
        elif in_template and sign == "`":
            yield _without_markup(code[opened.pop() : at])
        elif in_template and code.startswith("${", at):
            opened.append(-1)
            at += 1
        elif in_template:
            pass
        elif sign == "`":
            opened.append(at + 1)
        elif sign == '"':
            quoted = at + 1
        elif sign == "{" and opened:
            opened.append(-1)
        elif sign == "}" and opened:
            opened.pop()
        at += 1


def _used_keys() -> tuple[set[str], set[str]]:
    """Keys that are named, and groups whose keys are put together from a word of the API."""
    keys: set[str] = set()
    groups: set[str] = set()
    for path in (*MODULES, *TEMPLATES):
        text = _code(path) if path.suffix == ".ts" else path.read_text(encoding="utf-8")
        keys.update(NAMED.findall(text))
        for pair in CHOSEN.findall(text):
            keys.update(pair)
        groups.update(BUILT.findall(text))
        groups.update(GROUPED.findall(text))
    # The groups that timeline.js chooses from a table.
    table = re.search(r"const WORDS: Record<string, string> = \{([^}]*)\}", _code(KIT / "ts/desk/timeline.ts"))
    assert table is not None
    groups.update(re.findall(r'"(\w+)"', table[1]))
    return keys, groups


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    for one, other in pairwise(LANGUAGES):
        assert list(texts(one)) == list(texts(other))


def test_both_languages_fill_the_same_places() -> None:
    for key in texts("en"):
        places = [sorted(re.findall(r"\{(\w+)\}", texts(language)[key])) for language in LANGUAGES]
        assert places[0] == places[1], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_and_each_is_in_its_language(language: str) -> None:
    for key, text in texts(language).items():
        assert text.strip() == text != "", key
        if language == "en":
            assert not CJK.search(text), key
        # Numerals, a dash and the units of a computer's memory are the same everywhere.
        elif not key.startswith(("numeral.", "size.")) and key != "filter.none":
            assert CJK.search(text), key


NUMBERS = "count|frames|alerts|lines|areas|days|severe|unowned|incomplete|number"
PLURAL = re.compile(rf"\{{({NUMBERS})\}} (?:[a-z]+ ){{0,2}}(?:[a-z]+[^s]s|are|were)\b")


def test_no_english_text_says_one_things() -> None:
    """Texts know no plural, so a number stands behind what it counts; how long a silence may last was "1 days"."""
    assert [key for key, text in texts("en").items() if PLURAL.search(text)] == []


def test_every_key_that_the_page_names_exists() -> None:
    keys, groups = _used_keys()
    known = texts("en")
    assert keys - set(known) == set()
    assert {group for group in groups if not any(key.startswith(f"{group}.") for key in known)} == set()


def test_every_text_is_used() -> None:
    keys, groups = _used_keys()
    assert {key for key in texts("en") if key not in keys and key.split(".")[0] not in groups} == set()


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("state", IncidentState),
        ("severity", Severity),
        ("numeral", Severity),
        ("dispatch", DispatchState),
        ("presence", Presence),
        ("outcome", Outcome),
        ("alert", AlertSource),
        ("measure", Measure),
        ("notification", NotificationState),
        ("answer", Answer),
        ("media_state", ContentState),
        ("standing", Standing),
        ("doubt", Doubt),
        ("failure", FailureKind),
        ("shift_state", ShiftState),
        ("shift_entry", ShiftAct),
    ],
)
def test_every_word_of_the_api_has_a_text(group: str, words: type[StrEnum]) -> None:
    assert {f"{group}.{word}" for word in words} - set(texts("en")) == set()


def test_every_change_that_the_relay_writes_into_a_history_has_a_text() -> None:
    written: set[str] = set()
    for place in ("core", "app"):
        for path in (ROOT / "relay" / place).glob("*.py"):
            code = path.read_text(encoding="utf-8")
            written.update(re.findall(r'\.note(?:_aside)?\(\s*(?:self\._)?now_us,\s*"([a-z_]+)"', code))
            written.update(re.findall(r'doubts\["([a-z_]+)"\]', code))
    assert len(written) > 15, "the pattern no longer finds how history lines are written"
    assert {"not_reached", "category_unknown"} <= written
    assert {f"change.{word}" for word in written} - set(texts("en")) == set()


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path != SAMPLES], ids=lambda path: str(path.relative_to(KIT))
)
def test_no_module_carries_text_of_its_own(path: Path) -> None:
    code = _code(path)
    assert not CJK.search(code)
    for literal in _literals(re.sub(r'\["\w+"\]', "", code)):  # names of members are no text
        if literal not in NOT_TEXT and not KEY.match(literal) and not literal.startswith("Bearer "):
            assert not re.search(r"\b[A-Z][a-z]|[a-z]{2,} [a-z]{2,} [a-z]{2,}", literal), literal


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_carries_text_of_its_own(path: Path) -> None:
    html = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not CJK.search(html)
    for attribute, value in re.findall(r'\b(title|aria-label|placeholder|alt)="([^"]*)"', html):
        assert value == "", attribute
    without_keys = re.sub(r"<kbd>.*?</kbd>", "", html)
    assert re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", "", without_keys)) == []


@pytest.mark.parametrize("path", [*MODULES, *TEMPLATES], ids=lambda path: str(path.relative_to(KIT)))
def test_nothing_is_fetched_from_outside_or_written_inline(path: Path) -> None:
    """The page must work without internet and under ``default-src 'self'``."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org)|\bstyle=|\bon[a-z]+=\"|innerHTML|<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize(
    ("strange", "meant"),
    [
        ("巡检", "auditor"), ("警情(?!提示)", "incident"), ("警报|机器告警", "alert"), ("抓图|快照", "snapshot"),
        ("发件箱", "outbox"), ("操作员标记", "flag"), ("对账", "attestation"), ("派工", "dispatch"),
    ],
)  # fmt: skip
def test_people_read_the_word_of_the_glossary(strange: str, meant: str) -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert re.search(rf"(?m)^\| {meant} \|", glossary), "the glossary has another word for it"
    pages = [KIT / "texts" / "zh-CN.json", KIT / "texts" / "reasons.json", *(ROOT / "docs" / "guide").glob("*.md")]
    found = [
        f"{path.name}: {line.strip()}"
        for path in pages
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(strange, line)
    ]
    assert found == []
