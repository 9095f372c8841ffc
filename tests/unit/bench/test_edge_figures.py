"""The figures of the edge bench: quantiles read from the agent's histogram, and which runs are meant."""

import argparse

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bench import edge
from bench.edge_site import quantile_ms, summed
from edge_agent.ops.metrics import RoomMetrics

LAG = "patrol_room_lag_seconds"


def counts_of(metrics: RoomMetrics) -> dict[str, float]:
    return summed(text_string_to_metric_families(generate_latest(metrics.registry).decode()))


def test_quantiles_come_from_the_buckets_of_the_agents_own_histogram() -> None:
    metrics = RoomMetrics()
    for number in range(100):
        metrics.lag.labels("live").observe(0.0035 if number < 95 else 0.09)
    metrics.lag.labels("replayed").observe(1.5)
    counts = counts_of(metrics)
    assert quantile_ms(counts, f"{LAG},kind=live", 0.5) == pytest.approx(3.5, abs=0.5)
    assert quantile_ms(counts, f"{LAG},kind=live", 0.99) == pytest.approx(90, abs=10)
    assert quantile_ms(counts, f"{LAG},kind=replayed", 0.5) == pytest.approx(1_500, abs=500)


def test_a_histogram_without_a_value_has_no_quantile() -> None:
    assert quantile_ms(counts_of(RoomMetrics()), f"{LAG},kind=live", 0.5) is None


def test_what_lies_above_the_last_bucket_is_told_as_its_limit() -> None:
    metrics = RoomMetrics()
    metrics.lag.labels("live").observe(9.0)
    assert quantile_ms(counts_of(metrics), f"{LAG},kind=live", 0.99) == 2_000


def test_counters_of_cameras_are_summed_up() -> None:
    metrics = RoomMetrics()
    metrics.pictures.labels("gate").inc(2)
    metrics.pictures.labels("yard").inc(3)
    assert counts_of(metrics)["patrol_room_pictures_total"] == 5


@pytest.mark.parametrize(
    ("arguments", "runs"),
    [
        (["--cameras", "1,8", "--busy-share", "0,1"], [(1, 0.0), (8, 0.0), (1, 1.0), (8, 1.0)]),
        (["--runs", "96:0.25,56:1"], [(96, 0.25), (56, 1.0)]),
        ([], [(1, 0.25), (8, 0.25), (32, 0.25), (96, 0.25)]),
    ],
)
def test_runs_are_every_pair_or_those_named(arguments: list[str], runs: list[tuple[int, float]]) -> None:
    parser = argparse.ArgumentParser()
    edge.add_options(parser)
    assert edge.wanted_runs(parser.parse_args(arguments)) == runs
