"""Kinds of flags that no unit would be sent to, because of what the forces may do: said before one is pressed."""

from collections.abc import Collection, Iterable
from typing import Final

from patrol_wire.ids import Severity
from relay.core.city import UNCLASSIFIED, Category, City
from relay.core.forces import Force, ForceRule

FLAGGED_AS: Final = Severity.HIGH
"""How urgent what an operator flags is, whatever its kind: a room's page asks for nothing but the kind."""


def unsent_in(city: City) -> tuple[str, ...]:
    """Return a sentence for all flags of this city that reach the duty desk alone; forces without units help nobody."""
    return unsent(city.forces, city.categories, frozenset(unit.force for unit in city.units))


def unsent(rules: Iterable[ForceRule], categories: Iterable[Category], present: Collection[Force]) -> tuple[str, ...]:
    """Return what is wrong and what to write, a sentence for all kinds that the same lines would mend.

    ``present`` are the forces of the city; one without a rule is sent to everything.
    """
    ruled = [rule for rule in rules if rule.force in present]
    if not ruled or len(ruled) < len(present):
        return ()
    by_cure: dict[str, list[str]] = {}
    for category in categories:
        family, unnamed = category.family, category.category == UNCLASSIFIED.category
        if any(rule.refusal(family, FLAGGED_AS, unnamed=unnamed) is None for rule in ruled):
            continue
        # A force that is kept out of the street is asked for last.
        fit = [rule for rule in ruled if rule.families != frozenset()] or ruled
        cure = "; or ".join(f"[{rule.force.value}] {_cure(rule, family, unnamed=unnamed)}" for rule in fit)
        by_cure.setdefault(cure, []).append(category.category)
    return tuple(
        f"no unit is sent to a flag of {', '.join(names)} ({FLAGGED_AS}), only the duty desk is told; write {cure}"
        for cure, names in by_cure.items()
    )


def _cure(rule: ForceRule, family: str, *, unnamed: bool) -> str:
    found = []
    if unnamed and not rule.unclassified:
        found.append("no unclassified = false")
    if rule.families == frozenset() or not (unnamed or rule.is_for(family, unnamed=False)):
        found.append(f'"{family}" in families')
    if rule.is_too_grave(FLAGGED_AS):
        found.append(f'gravest = "{FLAGGED_AS.value}"')
    return " and ".join(found)
