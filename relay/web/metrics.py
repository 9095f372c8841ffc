"""The relay's figures in Prometheus' text form, made from values at the moment of asking: no registry keeps state."""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from relay.core.field import CommitProgress
from relay.store.figures import Figures
from relay.web.parts import RelayHealth

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class _Once(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """Give the metrics."""
        return self._metrics


def exposition(found: Figures, progress: CommitProgress, health: RelayHealth, *, live_pages: int) -> bytes:
    """Return all figures as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(list(_metrics(found, progress, health, live_pages))))
    return generate_latest(registry)


def _metrics(found: Figures, progress: CommitProgress, health: RelayHealth, live_pages: int) -> Iterator[Metric]:
    yield _gauge("relay_alerts_stored", "Alerts in the store, without the synthetic ones", found.alerts)
    yield _gauge("relay_test_alerts_stored", "Synthetic alerts in the store", found.test_alerts)
    yield _gauge("relay_records_stored", "Records in the log", found.records)
    yield _gauge("relay_dead_letters_stored", "Records that could not be used", found.dead_letters)
    yield _gauge("relay_ledger_lines", "Lines of the counts ledger", found.ledger_lines)
    yield _gauge("relay_timers_set", "Timers that will ring", found.timers)
    yield _gauge("relay_live_pages", "Pages connected to the live feed", live_pages)
    yield _gauge("relay_last_commit_timestamp_seconds", "When the writer last committed", progress.last_commit_us / 1e6)
    yield _gauge(
        "relay_store_takes", "1: what arrives is stored; 0: the store takes nothing", int(not health.store_fault)
    )
    yield _by("relay_incidents", "Incidents by state", "state", found.incidents_by_state)
    yield _by("relay_dispatches", "Dispatches by state", "state", found.dispatches_by_state)
    yield _by("relay_part_alive", "Threads the relay cannot do without", "part", health.parts)
    yield _by("relay_gate_running", "Gate processes", "gate", health.gates_running)
    yield _by("relay_gate_sessions", "Peers connected to a gate", "gate", health.gate_sessions)
    yield _counter("relay_commits", "Transactions since the start", progress.commits)
    restarts = CounterMetricFamily("relay_gate_restarts", "How often a gate was started again", labels=["gate"])
    for name, value in health.gate_restarts.items():
        restarts.add_metric([name], value)
    yield restarts
    refused = CounterMetricFamily("relay_refused", "What was not taken from peers", labels=["gate", "code"])
    for (gate, code), count in health.refusals.totals.items():
        refused.add_metric([gate, code], count)
    yield refused
    figures = GaugeMetricFamily("relay_gate_figure", "What a gate counts since it started", labels=["gate", "figure"])
    for gate, told in health.gate_figures.items():
        for figure, value in told.items():
            figures.add_metric([gate, figure], value)
    yield figures
    attempts = CounterMetricFamily(
        "relay_channel_attempts", "Attempts to tell over a channel", labels=["receiver", "verdict"]
    )
    for (receiver, verdict), count in health.channel_attempts.items():
        attempts.add_metric([receiver, verdict], count)
    yield attempts
    yield _by("relay_channel_waiting", "What a receiver has still to be told", "receiver", health.channel_waiting)
    for name, number in health.counters.items():
        if name.endswith("_total"):
            yield _counter(f"relay_{name.removesuffix('_total')}", "See docs/reference/api.md", number)
        else:
            yield _gauge(f"relay_{name}", "See docs/reference/api.md", number)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value=value)


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
