"""A logger that costs nothing until it says something: structlog takes longer to import than a short command runs.

`start_later` keeps what `rag.runtime.observe.start_logging` is to be told; the first line that is written starts it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.settings.sections import Log

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "exception": 40, "critical": 50}
_waiting: list[Log] = []  # at most one: the settings of a logging that has not begun yet


def start_later(log: Log) -> None:
    """Logging as `log` says, begun by the first line; other libraries' lines too."""
    _waiting[:] = [log]
    logging.basicConfig(level=max(_LEVELS[log.level], logging.WARNING), handlers=[_First()])


def forget_waiting() -> None:
    """Logging has begun by other settings: what `start_later` kept is no longer wanted."""
    _waiting.clear()


def _begin() -> None:
    from rag.runtime.observe import start_logging

    if _waiting:
        log = _waiting.pop()
        for handler in [one for one in logging.root.handlers if isinstance(one, _First)]:
            logging.root.removeHandler(handler)
        start_logging(log)


class _First(logging.Handler):
    """Stands for the real handler until a line comes."""

    def emit(self, record: logging.LogRecord) -> None:
        _begin()
        logging.root.handle(record)


class Logger:
    """`debug`, `info`, `warning`, `error`, `exception`: an event and its fields, as structlog has them."""

    def __getattr__(self, name: str) -> Any:
        if _waiting and name in _LEVELS and _LEVELS[name] < _LEVELS[_waiting[0].level]:
            return _nothing
        _begin()
        import structlog

        return getattr(structlog.get_logger(), name)


def _nothing(_event: str, **_fields: Any) -> None:
    """Below the level."""


def get_logger() -> Logger:
    """For a module's `log`."""
    return Logger()
