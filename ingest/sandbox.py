"""Parsing in child processes: without network, with limits on memory, time and output.

A poison document (one that hangs its parser, crashes it, or fills memory or disk) takes down the child that reads it and
nothing else. Children stay warm and are replaced after a number of documents, so that what a parser leaks goes with them.
The child's side is `ingest/sandboxed.py`; requests and replies are JSON, never pickles: a child is not trusted.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from ingest.blocks import read as read_block
from ingest.child import Child, Limits, crashed
from rag.domain import Parsed
from rag.errors import ParseError
from rag.settings import Settings

PARSER = "ingest.sandboxed:read"
"""What a child runs on each document, as `module:function`."""


def parse_safely(
    content: bytes, *, filename: str | None, mime_type: str | None, settings: Settings, options: Mapping[str, Any] | None = None
) -> tuple[Parsed, dict[str, int]]:
    """What `ingest.parse.parse` and `ingest.clean.clean` give, read in a child of this process.

    Args:
        options: passed to the child's function, JSON values.

    Returns:
        The document and what each cleaning rule removed.

    Raises:
        ParseError: what the parsers raise, and `timeout`, `out_of_memory`, `crashed`, `too_large`.
        UpstreamError: no child process can be started.
    """
    request = {"filename": filename, "mime_type": mime_type, "options": dict(options or {})}
    return _read(shared(Limits.of(settings)).ask(content, request))


def shared(limits: Limits) -> Sandbox:
    """This process's sandbox; a fork makes one of its own."""
    return _shared(limits, os.getpid())


@cache
def _shared(limits: Limits, _pid: int) -> Sandbox:
    sandbox = Sandbox(limits)
    atexit.register(sandbox.close)
    return sandbox


class Sandbox:
    """Children that parse, one a thread that asks, kept for the next one. Safe for any mix of threads."""

    def __init__(self, limits: Limits, parser: str = PARSER):
        self._limits, self._parser = limits, parser
        self._idle: list[Child] = []
        self._lock = threading.Lock()

    def ask(self, content: bytes, request: Mapping[str, Any]) -> Any:
        """The reply to one document. Raises ParseError, UpstreamError."""
        head = orjson.dumps({**request, "seconds": self._limits.seconds})
        used = self._take()
        if used is not None:
            try:
                return self._answer(used, head, content)
            except ParseError as exc:
                if exc.code not in ("crashed", "out_of_memory"):
                    raise
                # An earlier document may be to blame: the verdict is a fresh child's.
        return self._answer(Child(self._limits, self._parser), head, content)

    def network(self) -> str:
        """How a child is kept from the network: `namespace` or `hook`. Raises UpstreamError."""
        child = self._take() or Child(self._limits, self._parser)
        self._give(child)
        return child.network

    def close(self) -> None:
        """Ends the idle children."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _answer(self, child: Child, head: bytes, content: bytes) -> Any:
        try:
            reply = orjson.loads(child.ask(head, content))
        except orjson.JSONDecodeError as exc:
            child.end()
            raise crashed("its reply is damaged") from exc
        except BaseException:
            child.end()
            raise
        self._give(child)
        if (error := reply.get("error")) is not None:
            raise ParseError(str(error["detail"]), code=str(error["code"]), fix=error.get("fix"))
        return reply

    def _take(self) -> Child | None:
        """An idle child that lives."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                child = self._idle.pop()
            if child.alive:
                return child
            child.end()

    def _give(self, child: Child) -> None:
        if child.spent:
            child.end()
            return
        with self._lock:
            self._idle.append(child)


def _read(reply: Mapping[str, Any]) -> tuple[Parsed, dict[str, int]]:
    """The reply as records; every span is checked, for a child that is not trusted must not break citations."""
    try:
        text = str(reply["text"])
        blocks = tuple(read_block(row, len(text)) for row in reply["blocks"])
        counts = {str(name): int(count) for name, count in reply["counts"].items()}
        return Parsed(text, blocks, str(reply["title"]), dict(reply["metadata"]), bool(reply["markdown"])), counts
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise crashed("its reply is damaged") from exc
