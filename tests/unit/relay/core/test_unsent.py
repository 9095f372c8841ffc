"""No flag of an operator reaches nobody: who is sent to what has no kind, and what is said where nobody is sent."""

from dataclasses import replace

import pytest

from patrol_wire.ids import Severity
from relay.core.city import UNCLASSIFIED, Category
from relay.core.forces import Force, ForceRule
from relay.core.ids import CategoryId
from relay.core.unsent import unsent, unsent_in
from tests.support.small_city import small_city

THEFT = Category(category=CategoryId("theft"), family="theft")
FIRE = Category(category=CategoryId("fire"), family="fire")
SMOKE = Category(category=CategoryId("smoke"), family="fire")
KINDS = (THEFT, FIRE, SMOKE, UNCLASSIFIED)
POLICE = ForceRule(force=Force.POLICE_PATROL, families=frozenset({"theft", "fire"}))
GRID = ForceRule(force=Force.GRID_WORKER, families=frozenset({"theft"}), gravest=Severity.NORMAL)
VIDEO = ForceRule(force=Force.VIDEO_PATROL, families=frozenset())
TOLD = "(high), only the duty desk is told; write "


def test_a_force_with_families_is_sent_to_what_nobody_has_named() -> None:
    rules = (POLICE, replace(POLICE, force=Force.COMMUNITY_PATROL, families=frozenset({"fire"})), GRID, VIDEO)
    city = replace(small_city(), forces=rules, categories=KINDS)
    assert city.not_sent("unclassified", Severity.HIGH) == {
        Force.GRID_WORKER: "grid_worker is not sent to what is high",
        Force.VIDEO_PATROL: "video_patrol is not sent to unclassified",
    }
    assert unsent_in(city) == ()


def test_a_kind_that_a_city_files_among_another_family_is_still_what_nobody_has_named() -> None:
    own = replace(UNCLASSIFIED, family="other")
    city = replace(small_city(), forces=(POLICE,), categories=(THEFT, own))
    assert city.not_sent("unclassified", Severity.HIGH) == {}
    assert Force.POLICE_PATROL in city.not_sent("smoke", Severity.HIGH)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            (replace(POLICE, unclassified=False), GRID, VIDEO),
            f'unclassified {TOLD}[police_patrol] no unclassified = false; or [grid_worker] gravest = "high"',
        ),
        (
            (replace(POLICE, families=frozenset({"theft"})), VIDEO),
            f'fire, smoke {TOLD}[police_patrol] "fire" in families',
        ),
        (
            (replace(POLICE, gravest=Severity.NORMAL), VIDEO),
            f'theft, fire, smoke, unclassified {TOLD}[police_patrol] gravest = "high"',
        ),
        (
            (replace(GRID, unclassified=False, families=None), VIDEO),
            f'unclassified {TOLD}[grid_worker] no unclassified = false and gravest = "high"',
        ),
    ],
)
def test_flags_that_nobody_is_sent_to_are_said_with_what_to_write(rules: tuple[ForceRule, ...], said: str) -> None:
    assert f"no unit is sent to a flag of {said}" in unsent(rules, KINDS, frozenset(rule.force for rule in rules))


def test_a_force_without_a_rule_is_sent_to_everything_and_one_without_units_helps_nobody() -> None:
    rules = (replace(POLICE, unclassified=False),)
    assert unsent(rules, KINDS, frozenset({Force.POLICE_PATROL, Force.COMMUNITY_PATROL})) == ()
    assert len(unsent(rules, KINDS, frozenset({Force.POLICE_PATROL}))) == 1
    assert unsent((), KINDS, frozenset(Force)) == ()
    assert unsent(rules, KINDS, frozenset()) == ()


def test_where_all_forces_are_kept_out_of_the_street_each_is_named() -> None:
    (*_, said) = unsent((VIDEO,), (UNCLASSIFIED,), frozenset({Force.VIDEO_PATROL}))
    assert said.endswith('write [video_patrol] "unclassified" in families')
