"""The agent's figures for Prometheus: one registry per agent, names stable from now on.

Counters are counted where things happen; gauges are read from the parts when somebody asks.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class RoomMetrics:
    """All figures of one room."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.alerts = Counter(
            "patrol_room_alerts",
            "Machine alerts raised, by camera and rule",
            ["camera", "rule"],
            registry=self.registry,
        )
        self.flags = Counter("patrol_room_flags", "Operators' flags stored", registry=self.registry)
        self.pictures = Counter(
            "patrol_room_pictures", "Pictures analysed, by camera", ["camera"], registry=self.registry
        )
        self.skipped = Counter(
            "patrol_room_pictures_skipped", "Pictures replaced by a newer one before their turn", ["camera"],
            registry=self.registry,
        )  # fmt: skip
        self.analysis = Histogram(
            "patrol_room_analysis_seconds", "Time to analyse one picture", registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
        )  # fmt: skip
        self.lag = Histogram(
            "patrol_room_lag_seconds", "From the arrival of a picture's packet to the decision about it; replayed"
            " pictures count from the packet that woke the camera", ["kind"], registry=self.registry,
            buckets=(0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04,
                     0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0),
        )  # fmt: skip
        self.looks = Counter(
            "patrol_room_looks", "Regions and whole pictures that the model was shown, by what for", ["kind"],
            registry=self.registry,
        )  # fmt: skip
        self.looks_shed = Counter(
            "patrol_room_looks_shed", "Looks that were wished for and did not take place, by kind and reason",
            ["kind", "reason"], registry=self.registry,
        )  # fmt: skip
        self.health_alerts = Counter(
            "patrol_room_health_alerts", "Health alerts raised, by condition", ["condition"], registry=self.registry
        )
        self.forgotten = Counter(
            "patrol_room_evidence_forgotten", "Evidence deleted because of its age", registry=self.registry
        )
        self.faults = Counter("patrol_room_faults", "Exceptions contained, by part", ["part"], registry=self.registry)
        self.lost = Counter(
            "patrol_room_lost", "What could not be stored, by kind and reason", ["kind", "reason"],
            registry=self.registry,
        )  # fmt: skip

        self.live_lost = Counter(
            "patrol_room_live_lost", "Pictures that viewers of the live view did not get, by reason", ["reason"],
            registry=self.registry,
        )  # fmt: skip
        self.live_bytes = Counter(
            "patrol_room_live_bytes", "Bytes sent to viewers of the live view", registry=self.registry
        )

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody asks."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def watch_labelled(self, name: str, text: str, label: str, reads: dict[str, Callable[[], float]]) -> None:
        """Add one gauge with a label, each value of it read when somebody asks."""
        gauge = Gauge(name, text, [label], registry=self.registry)
        for value, read in reads.items():
            gauge.labels(value).set_function(read)
