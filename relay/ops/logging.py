"""One structured line per fact: a stable event name plus fields, as JSON or for a terminal."""

import logging
import sys
from typing import Literal

import structlog


def configure(*, form: Literal["auto", "json", "console"], level: str) -> None:
    """Send log lines to standard error; ``auto`` means readable on a terminal and JSON elsewhere."""
    readable = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
