"""One structured line per fact on standard error: a stable event name plus fields, as JSON or for a terminal."""

import logging
import sys
from typing import Literal

import structlog


def configure_logging(*, form: Literal["auto", "json", "console"], level: str, room: str) -> None:
    """Set up structlog for the process; ``auto`` is readable on a terminal and JSON elsewhere."""
    readable = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.contextvars.clear_contextvars()

    def add_room(_logger: object, _method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
        fields.setdefault("room", room)
        return fields

    structlog.configure(
        processors=[
            add_room,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries speak through the standard module; what they warn of belongs into the same place.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
