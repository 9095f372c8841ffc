"""config/edge.example.toml is the reference of a room's settings: every key, with the default the code has."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge_agent.settings.health import HealthSettings
from edge_agent.settings.model import (
    AgentSettings,
    CameraSetSettings,
    CameraSettings,
    LineSettings,
    MaskSettings,
    RelaySettings,
    ZoneSettings,
)
from edge_agent.settings.rules import (
    AbandonedObjectSettings,
    CrowdSettings,
    IntrusionSettings,
    LineCrossingSettings,
    LoiteringSettings,
    StageSettings,
    StoppedVehicleSettings,
    WrongWaySettings,
    ZoneRuleSettings,
)
from edge_agent.settings.toml_file import load_settings

EXAMPLE = Path(__file__).parents[2] / "config" / "edge.example.toml"

TABLES: list[tuple[str, type[BaseModel]]] = [
    *(
        (name, type(field.default))
        for name, field in AgentSettings.model_fields.items()
        if name not in ("relay", "cameras", "camera_sets")
    ),
    *((f"health.{name}", type(field.default)) for name, field in HealthSettings.model_fields.items()),
    ("relay", RelaySettings),
    ("camera_set.0", CameraSetSettings),
    ("camera.0", CameraSettings),
    ("camera.0.zone.0", ZoneSettings),
    ("camera.0.line.0", LineSettings),
    ("camera.0.mask.0", MaskSettings),
    ("camera.0.rule.0", IntrusionSettings),
    ("camera.0.rule.1", LineCrossingSettings),
    ("camera.0.rule.2", LoiteringSettings),
    ("camera.0.rule.3", CrowdSettings),
    ("camera.0.rule.4", WrongWaySettings),
    ("camera.0.rule.5", StoppedVehicleSettings),
    ("camera.0.rule.6", AbandonedObjectSettings),
    ("camera.0.rule.2.stages.0", StageSettings),
]

SHARED = {key: field.default for key, field in ZoneRuleSettings.model_fields.items()}
"""What all rules share is shown once, in the first one."""


def _table(path: str) -> dict[str, object]:
    found: object = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]  # type: ignore[index]  # parsed TOML
    assert isinstance(found, dict)
    return found


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _plain(value: object) -> object:
    """Bring a default of the code and a value of TOML to one form."""
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def test_the_example_is_a_usable_configuration() -> None:
    assert load_settings(EXAMPLE).cameras[0].name == "gate"


@pytest.mark.parametrize(("path", "model"), TABLES)
def test_every_key_with_a_default_stands_in_the_example_with_that_default(path: str, model: type[BaseModel]) -> None:
    table = _table(path)
    for key, field in _fields(model):
        if isinstance(field.default, BaseModel):
            continue  # a table of its own
        if field.is_required() or field.default is None or key in ("zone", "line", "mask", "rule"):
            continue
        later = path.startswith("camera.0.rule.") and path != "camera.0.rule.0"
        if later and key in SHARED and field.default == SHARED[key]:
            continue
        assert table[key] == _plain(field.default), f"[{path}] {key}"


@pytest.mark.parametrize(("path", "model"), TABLES)
def test_every_key_without_a_default_stands_in_the_example_too(path: str, model: type[BaseModel]) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for key, field in _fields(model):
        if field.is_required():
            assert key in _table(path), f"[{path}] {key}"
        elif field.default is None and key not in _table(path):
            assert re.search(rf"^ *# {key} = ", text, re.MULTILINE), f"[{path}] {key}"


def test_every_line_that_sets_a_default_key_for_the_first_time_explains_it() -> None:
    seen: set[str] = set()
    table = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        header = re.match(r"\s*\[+([a-z_.]+)\]+", line)
        if header:
            table = header[1]
            continue
        key = re.match(r"\s*([a-z_]+) = (.*)$", line)
        if key and f"{table}.{key[1]}" not in seen:
            seen.add(f"{table}.{key[1]}")
            assert re.search(r"  # \S", key[2]), f"[{table}] {key[1]} lacks its unit or reason"


def test_a_file_with_one_camera_and_a_detector_is_enough(tmp_path: Path) -> None:
    room = tmp_path / "ROOM.toml"
    room.write_text('[[camera]]\nname = "gate"\nurl = "gate.mp4"\n[detector]\nkind = "motion"\n', encoding="utf-8")
    settings = load_settings(room)
    assert settings.relay is None
    assert settings.cameras[0].analyse_fps == 5.0
