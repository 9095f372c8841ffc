"""Every sentence of the room's program that a page shows has a code, and a text in both languages (reasons.json)."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = json.loads((ROOT / "patrol_web" / "texts" / "reasons.json").read_text(encoding="utf-8"))
REASONS: dict[str, dict[str, str]] = CATALOGUE["reasons"]
WORDS: dict[str, dict[str, str]] = CATALOGUE["words"]
CJK = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"\{(\w+)\}")
SOURCES = (
    "edge_agent/core/camera_link.py",
    "edge_agent/core/health_signs.py",
    "edge_agent/core/live_choice.py",
    "edge_agent/core/live_tile.py",
    "edge_agent/core/session.py",
    "edge_agent/core/media_lane.py",
    "edge_agent/core/load.py",
    "edge_agent/core/watch.py",
    "edge_agent/core/watch_round.py",
    "edge_agent/core/flags.py",
    "edge_agent/capture/source.py",
    "edge_agent/capture/camera_thread.py",
    "edge_agent/capture/stream_reader.py",
    "edge_agent/link/relay_link.py",
    "edge_agent/link/media_link.py",
    "edge_agent/link/dealer.py",
    "edge_agent/app/agent.py",
    "edge_agent/app/room_view.py",
    "edge_agent/app/analysis.py",
    "edge_agent/console/desk.py",
    "edge_agent/console/watch_desk.py",
    "edge_agent/detect/detector_crew.py",
    "edge_agent/evidence/voice.py",
)
"""Where the sentences are made that reach a page as a reason."""
NOT_SHOWN = re.compile(
    r"^(camera link in state|a child in state|agent_|Live pictures|Streams encoded|FileReader"
    r"|\{quote|is not on watch|the model was not open|the detector process ended|is not a video stream)"
)
"""Broken promises (exceptions that reach no page), names of threads, logins."""
PARTS = {
    "no hand-over is offered": "li: no hand-over is offered",
    "it offers no hand-over; the operator who leaves offers it first": (
        "li: it offers no hand-over; the operator who leaves offers it first"
    ),
    "the shift has ended; sign on first": "li: the shift has ended; sign on first",
    "the shift is {state.value}": "li: the shift is on_watch",
    "ahead of": "this room's clock is 3 s ahead of the relay's",
}
"""Parts of sentences, and the sentence that a page gets."""


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else _text(part) or ""
            for part in node.values
        )
    return None


def _sentences(path: Path) -> Iterator[str]:
    """Every text with a space in it that is neither documentation nor a part of another."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    apart |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    apart |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) for part in ast.walk(node)}
    for node in ast.walk(tree):
        said = _text(node)
        if said is not None and id(node) not in apart and re.search(r"[a-z] [a-z(]", said):
            yield said


def _pattern(program: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub(".+?", re.escape(program).replace(r"\{", "{").replace(r"\}", "}")), re.DOTALL)


PATTERNS = {code: _pattern(texts["program"]) for code, texts in REASONS.items()}
SAID = sorted({(source, said) for source in SOURCES for said in _sentences(ROOT / source) if not NOT_SHOWN.match(said)})


@pytest.mark.parametrize(("source", "said"), SAID, ids=[said[:60] for _, said in SAID])
def test_a_sentence_of_the_program_has_a_code(source: str, said: str) -> None:
    """A new or changed sentence belongs into texts/reasons.json, else it stands in English on the Chinese page."""
    sample = PARTS.get(said, re.sub(r"\{[^{}]*\}", "7", said))
    # "address: sentence" fits everything with a colon; only what is behind it may be told by it.
    fitting = [code for code, pattern in PATTERNS.items() if code != "at" and pattern.fullmatch(sample)]
    assert fitting or sample == "7: 7", f"{source} says {said!r}; give it a code in patrol_web/texts/reasons.json"


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_reason_has_both_languages_and_keeps_its_places(code: str) -> None:
    texts = REASONS[code]
    assert set(texts) == {"program", "en", "zh-CN"}
    assert CJK.search(texts["zh-CN"]) or not re.search(r"[a-z]", PLACE.sub("", texts["program"])), code
    assert not CJK.search(texts["en"] + texts["program"]), code
    places = sorted(PLACE.findall(texts["program"]))
    assert len(places) == len(set(places)), "a place that comes twice cannot be told apart"
    assert sorted(PLACE.findall(texts["zh-CN"])) == places == sorted(PLACE.findall(texts["en"]))


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_word_of_a_reason_has_both_languages(word: str) -> None:
    assert CJK.search(WORDS[word]["zh-CN"])
    assert WORDS[word]["en"].strip()


def test_no_two_codes_say_the_same() -> None:
    said = [texts["program"] for texts in REASONS.values()]
    assert sorted(said) == sorted(set(said))
