"""``--set RULE.KEY=VALUE``: one key of a rule, other than the room's file says it. Owns how it is read and applied."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge_agent.settings.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOverride:
    """One of them."""

    rule: str
    key: str
    value: object


def override_of(text: str) -> RuleOverride:
    """Read ``RULE.KEY=VALUE``, the value as TOML writes it or as a bare word; raises SettingsError."""
    name, equals, value = text.partition("=")
    rule, dot, key = name.strip().rpartition(".")
    if not (equals and dot and rule and key and value.strip()):
        raise SettingsError(f'--set {text}: is not RULE.KEY=VALUE; write it like "yard-loitering.dwell_s=60"')
    try:
        read: object = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        read = value.strip()
    return RuleOverride(rule=rule, key=key, value=read)


def apply_overrides(table: dict[str, Any], overrides: Sequence[RuleOverride]) -> None:
    """Write the overrides into the tables of a room's file, wherever a camera has the rule; raises SettingsError."""
    rules = [rule for camera in _tables(table, "camera") for rule in _tables(camera, "rule")]
    for override in overrides:
        meant = [rule for rule in rules if rule.get("name") == override.rule]
        if not meant:
            known = ", ".join(sorted({str(rule.get("name")) for rule in rules})) or "none"
            raise SettingsError(
                f'--set {override.rule}.{override.key}: there is no rule "{override.rule}"; it has {known}'
            )
        for rule in meant:
            rule[override.key] = override.value


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return an array of tables; what is none is left to the checks of the settings."""
    found = table.get(key)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
