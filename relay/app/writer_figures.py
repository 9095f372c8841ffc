"""What the writer counts and knows of itself, as a value that any thread may read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterFigures:
    """The writer's own figures since it started; a value, replaced as a whole."""

    commits: int = 0
    last_commit_us: int = 0
    commit_ms: float = 0.0
    """Duration of the last burst with its commit."""
    records: int = 0
    dead_letters: int = 0
    refused_frames: int = 0
    timers_rung: int = 0
    times_doubted: int = 0
    """Alerts whose own time was not taken, or is too near the end of a month for its uncertainty."""
    messages_of_gone: int = 0
    """Messages passed over because their connection had ended before they were looked at; rooms send again."""
    clock_steps: int = 0
    """How often the machine's clock was found set forward or back."""
    store_failures: int = 0
    store_fault: str = ""
    """Why the store takes nothing at the moment, in its own words; empty: it does."""
    news_dropped: int = 0
    """Messages about alerts' progress that found no room in the queue; rooms hear them after their next hello."""
    dropped: int = 0
    """Messages given up because carrying them out failed for a reason that is a fault of this program."""
    sessions: int = 0
