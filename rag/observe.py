"""Logging: structlog to stderr, readable or as JSON lines. No question text and no secrets at `info`."""

from __future__ import annotations

import logging
import sys

import structlog

from rag.settings.sections import Log


def start_logging(log: Log) -> None:
    """Configures structlog once a process."""
    level = getattr(logging, log.level.upper())
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if log.json_lines else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
