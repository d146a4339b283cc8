"""Logging: structlog to stderr, readable or as JSON lines, other libraries' lines included. No secrets, no question text."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from rag.runtime.logger import forget_waiting
from rag.settings.sections import Log

HIDDEN = "***"
_SECRET_KEYS = re.compile(r"(?i)(^|_)((authorization|api_?key|password|passwd|secret|cookie)s?|token)$")
_SECRETS = re.compile(
    r"(?P<scheme>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}"  # an Authorization header
    r"|\bxs_[A-Za-z0-9_-]{8,}"  # our keys
    r"|\bsk-[A-Za-z0-9_-]{8,}"  # those of LLM services
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # JWT
    r"|(?P<user>://[^\s:/@]*:)[^\s@/]+(?=@)"  # a password in an address
)


def start_logging(log: Log) -> None:
    """Configures structlog and the standard library's logging once a process."""
    forget_waiting()
    level = getattr(logging, log.level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # without locals: they hold questions and keys
        hide_secrets,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if log.json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_named, *shared], processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])


def hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: keys, tokens and passwords become `***`, by the name of the field or by their look."""
    return {name: HIDDEN if _SECRET_KEYS.search(name) and value else _hidden(value) for name, value in event.items()}


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRETS.sub(lambda match: (match["scheme"] or match["user"] or "") + HIDDEN, value)
    if isinstance(value, dict):
        return {
            name: HIDDEN if isinstance(name, str) and _SECRET_KEYS.search(name) and inner else _hidden(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(inner) for inner in value]
    return value if isinstance(value, int | float | bool | type(None)) else _hidden(str(value))


def _named(logger: Any, _method: str, event: EventDict) -> EventDict:
    """Which library said it."""
    record = event.get("_record")
    name = record.name if isinstance(record, logging.LogRecord) else getattr(logger, "name", None)
    return {**event, "logger": name} if name else event
