"""Before and after a change of rules: what is paired, what is left over, and what a day is worth."""

import pytest

from edge_agent.core.what_if import Exposure, ToldAlert, compared, still_told
from edge_agent.settings.errors import SettingsError
from patrol_cli.rule_overrides import apply_overrides, override_of


def alert(
    start_s: float, *, end_s: float | None = None, thing: int = 1, rule: str = "yard", **more: object
) -> ToldAlert:
    fixed: dict[str, object] = {"video": "a.mp4", "label": "person", "zone": "z", "severity": "normal", "stage": 0}
    return ToldAlert(
        rule=rule,
        start_s=start_s,
        end_s=start_s + 3.0 if end_s is None else end_s,
        thing=thing,
        **(fixed | more),  # type: ignore[arg-type]  # keywords of the test
    )


HOUR = Exposure(armed_s=3_600.0, share=1.0)


def gone_and_new(
    before: list[ToldAlert], after: list[ToldAlert], *, same_tracks: bool = True
) -> tuple[list[float], list[float]]:
    (found,) = compared(
        before, after, exposures_before={"yard": HOUR}, exposures_after={"yard": HOUR}, same_tracks=same_tracks
    )
    return [entry.start_s for entry in found.gone], [entry.start_s for entry in found.new]


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [
        ([alert(10.0)], [alert(10.0)], [], []),
        ([alert(10.0)], [alert(11.5)], [], []),  # begins later, the same thing
        ([alert(10.0)], [alert(30.0)], [10.0], [30.0]),  # the same thing again much later is another alert
        ([alert(10.0), alert(20.0, thing=2)], [alert(20.0, thing=2)], [10.0], []),
        # two things at once: each goes with itself, however near the other began
        ([alert(10.0, thing=1), alert(11.0, thing=2)], [alert(11.0, thing=1)], [11.0], []),
        ([], [alert(5.0)], [], [5.0]),
        ([alert(10.0)], [alert(10.0, video="b.mp4")], [10.0], [10.0]),  # another film
        ([alert(10.0), alert(10.0, stage=1)], [alert(10.0)], [10.0], []),  # the later stage is gone
    ],
)
def test_alerts_are_paired_by_thing_and_time(
    before: list[ToldAlert], after: list[ToldAlert], gone: list[float], new: list[float]
) -> None:
    assert gone_and_new(before, after) == (gone, new)


def test_without_common_tracks_time_alone_pairs() -> None:
    before, after = [alert(10.0, thing=1)], [alert(10.4, thing=7), alert(60.0, thing=1)]
    assert gone_and_new(before, after, same_tracks=False) == ([], [60.0])


def test_alerts_a_day_are_those_of_the_armed_time() -> None:
    assert HOUR.per_day(2) == pytest.approx(48.0)
    assert Exposure(armed_s=3_600.0, share=0.25).per_day(2) == pytest.approx(12.0)
    assert Exposure(armed_s=0.0, share=0.25).per_day(0) is None


def test_a_rule_on_one_side_only_is_all_gone_or_all_new() -> None:
    found = compared(
        [alert(1.0, rule="old")],
        [alert(1.0, rule="fresh")],
        exposures_before={"old": HOUR},
        exposures_after={"fresh": HOUR},
        same_tracks=True,
    )
    old, fresh = found
    assert (old.rule, old.after, len(old.gone)) == ("old", None, 1)
    assert (fresh.rule, fresh.before, len(fresh.new)) == ("fresh", None, 1)


def test_what_is_gone_names_the_rules_that_still_tell_the_thing() -> None:
    after = [
        alert(11.0, rule="gate"),
        alert(200.0, rule="late"),  # the same thing, but much later
        alert(11.0, rule="other", thing=2),
        alert(11.0, rule="yard"),
    ]
    assert still_told(alert(10.0), after) == ("gate",)
    assert still_told(alert(10.0, thing=0), [alert(10.0, rule="gate", thing=0)]) == ()  # groups are not one thing


@pytest.mark.parametrize(
    ("text", "rule", "key", "value"),
    [
        ("yard.dwell_s=60", "yard", "dwell_s", 60),
        ("yard.dwell_s = 60.5", "yard", "dwell_s", 60.5),
        ("yard.a.b.labels=['car']", "yard.a.b", "labels", ["car"]),
        ("yard.severity=high", "yard", "severity", "high"),
        ('yard.schedule=["daily 22:00-06:00"]', "yard", "schedule", ["daily 22:00-06:00"]),
    ],
)
def test_an_override_is_read_as_toml_or_as_a_bare_word(text: str, rule: str, key: str, value: object) -> None:
    override = override_of(text)
    assert (override.rule, override.key, override.value) == (rule, key, value)


@pytest.mark.parametrize("text", ["yard", "yard=5", "yard.=5", ".dwell_s=5", "yard.dwell_s=", "=5"])
def test_what_is_no_override_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"RULE\.KEY=VALUE"):
        override_of(text)


def test_an_override_is_written_wherever_the_rule_stands_and_nowhere_else() -> None:
    table = {"camera": [{"rule": [{"name": "a"}, {"name": "b"}]}, {"rule": [{"name": "a"}]}, {"name": "bare"}]}
    apply_overrides(table, [override_of("a.dwell_s=5")])
    assert table == {
        "camera": [
            {"rule": [{"name": "a", "dwell_s": 5}, {"name": "b"}]},
            {"rule": [{"name": "a", "dwell_s": 5}]},
            {"name": "bare"},
        ]
    }
    with pytest.raises(SettingsError, match='no rule "c"; it has a, b'):
        apply_overrides(table, [override_of("c.dwell_s=5")])
    apply_overrides({"camera": "nonsense"}, [])
