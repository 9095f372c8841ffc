"""Where the simulator's log lines go when it is a program of its own: JSON on stderr, one fact per line."""

import sys

import structlog


def log_to_stderr() -> None:
    """Send every log line to stderr as JSON; stdout belongs to the ready line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
