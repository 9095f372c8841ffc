"""What a camera counts: every client, every byte, every cut with its reason."""

from dataclasses import asdict, dataclass


@dataclass(slots=True, kw_only=True)
class CameraCounts:
    """Totals since the simulator started; only the event loop's thread changes them."""

    sessions: int = 0
    pictures: int = 0
    packets: int = 0
    bytes_sent: int = 0
    packets_lost: int = 0
    units_damaged: int = 0
    clients_cut_slow: int = 0
    clients_cut_fault: int = 0
    clients_timed_out: int = 0
    requests_refused: int = 0
    requests_unauthorised: int = 0
    pictures_skipped_late: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


@dataclass(slots=True, kw_only=True)
class ServerCounts:
    """Totals of connections that belong to no camera (yet)."""

    connections: int = 0
    connections_refused_full: int = 0
    requests_bad: int = 0
    requests_unknown_camera: int = 0
