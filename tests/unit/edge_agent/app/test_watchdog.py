"""A part that stands still is named; one that moves again is forgiven."""

from edge_agent.app.watchdog import STALLED_AFTER_S, ProgressWatch


def test_only_the_part_that_stands_still_is_named() -> None:
    counts = {"outbox": 0, "link": 0}
    watch = ProgressWatch({name: lambda name=name: counts[name] for name in counts}, now_s=0.0)  # type: ignore[misc]  # default binds the loop's value
    counts["outbox"] += 1
    assert watch.stalled(STALLED_AFTER_S) == ()
    counts["outbox"] += 1
    assert watch.stalled(STALLED_AFTER_S + 1) == ("link",)


def test_a_part_that_moves_again_is_forgiven() -> None:
    counts = {"link": 0}
    watch = ProgressWatch({"link": lambda: counts["link"]}, now_s=0.0)
    assert watch.stalled(100.0) == ("link",)
    counts["link"] += 1
    assert watch.stalled(101.0) == ()
