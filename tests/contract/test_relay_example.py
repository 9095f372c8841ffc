"""config/relay.example.toml is the reference of the relay's settings: every key, with the default the code has."""

import re
import tomllib
from pathlib import Path

from relay.core.policy import DeskPolicy
from relay.settings.model import RelaySettings
from relay.settings.toml_file import load_settings

EXAMPLE = Path(__file__).parents[2] / "config" / "relay.example.toml"


def test_the_example_says_exactly_what_the_code_defaults_to() -> None:
    assert tomllib.loads(EXAMPLE.read_text(encoding="utf-8")) == RelaySettings().model_dump(mode="json")


def test_the_example_is_a_usable_configuration() -> None:
    assert load_settings(EXAMPLE).gates == RelaySettings().gates


def test_the_defaults_of_the_settings_are_those_of_the_decisions() -> None:
    assert RelaySettings().policy() == DeskPolicy()


def test_every_key_of_the_example_gives_its_unit_or_reason() -> None:
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z_]+ = ", line):
            assert re.search(r"  # \S", line), line
