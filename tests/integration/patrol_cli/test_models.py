"""``patrol models``: fetching from a real server, with everything that goes wrong on the way."""

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from patrol_cli.__main__ import app
from tests.support.file_server import file_server

CONTENT = bytes(range(256)) * 1200
ENTRY = f"""
[[model]]
name = "m"
file = "m.onnx"
url = "https://example.org/m.onnx"
sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"
size_bytes = {len(CONTENT)}
head = "yolox"
input = [416, 416]
layout = "nchw"
colour = "bgr"
fit = "letterbox"
labels = "l.txt"
licence = "none"
source = "here"
"""


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    (tmp_path / "manifest.toml").write_text(ENTRY, encoding="utf-8")
    (tmp_path / "l.txt").write_text("person\n", encoding="utf-8")
    return tmp_path


def get(models_dir: Path, url: str, name: str = "m") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["models", "get", name, "--models-dir", str(models_dir), "--base-url", url])
    return result.exit_code, result.output


def test_a_model_is_fetched_checked_and_placed(models_dir: Path) -> None:
    with file_server(CONTENT) as server:
        code, _ = get(models_dir, server.url)
    assert code == 0
    assert (models_dir / "m.onnx").read_bytes() == CONTENT
    assert not (models_dir / "m.onnx.part").exists()


def test_a_model_that_is_there_is_not_fetched_again(models_dir: Path) -> None:
    (models_dir / "m.onnx").write_bytes(CONTENT)
    with file_server(CONTENT) as server:
        assert get(models_dir, server.url)[0] == 0
        assert server.seen_ranges == []


def test_a_cut_connection_is_continued_where_it_broke(models_dir: Path) -> None:
    with file_server(CONTENT) as server:
        server.cut_after = 100_000
        code, _ = get(models_dir, server.url)
        asked = server.seen_ranges
    assert code == 0
    assert len(asked) == 2
    assert asked[1] is not None
    assert asked[1].startswith("bytes=")
    assert (models_dir / "m.onnx").read_bytes() == CONTENT


def test_the_next_call_continues_a_part(models_dir: Path) -> None:
    (models_dir / "m.onnx.part").write_bytes(CONTENT[:70_000])
    with file_server(CONTENT) as server:
        assert get(models_dir, server.url)[0] == 0
        assert server.seen_ranges == ["bytes=70000-"]
    assert (models_dir / "m.onnx").read_bytes() == CONTENT


def test_a_server_without_ranges_is_read_from_the_start(models_dir: Path) -> None:
    (models_dir / "m.onnx.part").write_bytes(CONTENT[:70_000])
    with file_server(CONTENT) as server:
        server.ranges = False
        assert get(models_dir, server.url)[0] == 0
    assert (models_dir / "m.onnx").read_bytes() == CONTENT


def test_a_file_with_another_hash_is_never_placed(models_dir: Path) -> None:
    with file_server(CONTENT[::-1]) as server:
        code, said = get(models_dir, server.url)
    assert code == 2
    assert "not the one catalogued" in said
    assert sorted(path.name for path in models_dir.iterdir()) == ["l.txt", "manifest.toml"]


def test_a_longer_file_is_stopped(models_dir: Path) -> None:
    with file_server(CONTENT * 3) as server:
        code, said = get(models_dir, server.url)
    assert code == 2
    assert "more than" in said
    assert not (models_dir / "m.onnx").exists()


def test_a_shorter_file_is_kept_as_a_part_and_said(models_dir: Path) -> None:
    with file_server(CONTENT[:50_000]) as server:
        code, said = get(models_dir, server.url)
    assert code == 2
    assert "50000" in said
    assert not (models_dir / "m.onnx").exists()


def test_not_found_is_one_sentence(models_dir: Path) -> None:
    with file_server(CONTENT) as server:
        server.answer_code = 404
        code, said = get(models_dir, server.url)
    assert code == 2
    assert "404" in said
    assert "Traceback" not in said


def test_nobody_listening_is_one_sentence(models_dir: Path) -> None:
    with file_server(CONTENT) as server:
        url = server.url
    code, said = get(models_dir, url)
    assert code == 2
    assert "connection failed" in said


def test_an_unknown_name_says_which_there_are(models_dir: Path) -> None:
    code, said = get(models_dir, "http://127.0.0.1:9", name="n")
    assert code == 2
    assert "it has yolox-nano, " in said
    assert said.endswith(", m\n")


def test_a_folder_that_cannot_be_made_is_one_sentence(models_dir: Path) -> None:
    (models_dir / "file").write_text("", encoding="utf-8")
    result = CliRunner().invoke(app, ["models", "get", "yolox-nano", "--models-dir", str(models_dir / "file" / "sub")])
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_list_tells_what_is_there_and_what_is_damaged(models_dir: Path) -> None:
    arguments = ["models", "list", "--json", "--models-dir", str(models_dir)]
    assert '"presence": "no"' in CliRunner().invoke(app, arguments).output
    (models_dir / "m.onnx").write_bytes(b"x")
    assert '"presence": "damaged"' in CliRunner().invoke(app, arguments).output


def test_check_refuses_a_file_that_is_no_model(models_dir: Path) -> None:
    (models_dir / "m.onnx").write_bytes(CONTENT)
    result = CliRunner().invoke(app, ["models", "check", "--models-dir", str(models_dir)])
    assert result.exit_code == 2
    assert "onnxruntime cannot open the model m" in result.output
