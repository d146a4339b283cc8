"""The logger that begins with its first line."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from rag.runtime.logger import get_logger, start_later
from rag.runtime.observe import start_logging
from rag.settings.sections import Log


def test_logging_that_is_begun_outright_is_not_begun_again_by_what_waited(capsys: pytest.CaptureFixture[str]) -> None:
    before, handlers = structlog.get_config(), logging.root.handlers[:]
    logging.root.handlers.clear()
    try:
        start_later(Log(level="error"))
        logging.root.handlers.clear()
        start_logging(Log(json_lines=True))
        get_logger().warning("a line", n=1)
        assert json.loads(capsys.readouterr().err)["event"] == "a line"
    finally:
        logging.root.handlers[:] = handlers
        structlog.configure(**before)
