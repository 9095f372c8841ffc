"""config/relay.example.toml is the reference of the relay's settings: every key, with the default the code has."""

import re
import tomllib
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from relay.core.policy import DeskPolicy
from relay.settings.channels import CapTable, HookTable, MailTable, WebhookTable
from relay.settings.model import RelaySettings
from relay.settings.toml_file import load_settings

RECEIVERS: dict[str, type[BaseModel]] = {"webhook": WebhookTable, "mail": MailTable, "hook": HookTable, "cap": CapTable}
FREELY_CHOSEN = {"url"}
EXAMPLE = Path(__file__).parents[2] / "config" / "relay.example.toml"


def test_the_example_says_exactly_what_the_code_defaults_to() -> None:
    assert tomllib.loads(EXAMPLE.read_text(encoding="utf-8")) == RelaySettings().model_dump(mode="json")


def test_every_receiver_of_the_example_shows_every_key_with_its_default() -> None:
    """What stands behind # is text to nobody but a reader, so it is read here as if it did not."""
    text = re.sub(r"(?m)^# (?=\[channels|[a-z_]+ = )", "", EXAMPLE.read_text(encoding="utf-8"))
    table = tomllib.loads(text)
    for channel, known in RECEIVERS.items():
        (shown,) = table["channels"][channel].values()
        assert shown.keys() == known.model_fields.keys(), channel
        for name, field in known.model_fields.items():
            if not field.is_required() and name not in FREELY_CHOSEN:
                assert shown[name] == TypeAdapter[object](object).dump_python(field.default, mode="json"), name
    table["cap"] |= {"enabled": True, "sender": "patrol@city.example"}
    RelaySettings.model_validate(table)


def test_the_example_is_a_usable_configuration() -> None:
    assert load_settings(EXAMPLE).gates == RelaySettings().gates


def test_the_defaults_of_the_settings_are_those_of_the_decisions() -> None:
    assert RelaySettings().policy() == DeskPolicy()


def test_every_key_of_the_example_gives_its_unit_or_reason() -> None:
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if re.match(r"(# )?[a-z_]+ = ", line):
            assert re.search(r"  # \S", line), line
