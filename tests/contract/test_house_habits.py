"""What no linter setting can say about the shape of this code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("edge_agent", "relay", "patrol_wire", "patrol_web", "patrol_sim", "patrol_cli", "bench", "tests")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED_NAMES = {"utils", "helpers", "common", "misc", "manager", "handler", "base", "data", "info", "process"}
LONGEST_FILE = 450
LONGEST_FUNCTION = 60


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea_and_a_function_fits_a_screen(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.stem not in BANNED_NAMES
    assert text.count("\n") <= LONGEST_FILE
    too_long = [
        f"{function.name} ({function.end_lineno - function.lineno + 1} lines)"
        for function in _functions(ast.parse(text))
        if function.end_lineno is not None and function.end_lineno - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert too_long == []
    assert not re.search(r"#\s*(TODO|FIXME|XXX)\b(?!.*#\d)", text), "an unfinished mark needs an issue number"


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.is_relative_to(ROOT / "tests")], ids=lambda path: path.name
)
def test_tests_wait_for_conditions_and_never_sleep(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    names = [call.func.attr for call in calls if isinstance(call.func, ast.Attribute)]
    assert "sleep" not in names
