"""The child's side of `ingest/sandbox.py`: `python -m ingest.sandboxed MODULE:FUNCTION MEMORY OUTPUT`, a socket as stdin.

First it gives up the network and sets its own limits, then it reads one document after the other until the socket ends.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from rag.errors import ParseError

Reader = Callable[[bytes, Mapping[str, Any]], Mapping[str, Any]]

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # <linux/sched.h>
_MARGIN = 48 * 2**20  # of memory: libraries that are mapped, not allocated
_GRACE_S = 5.0  # the parent ends a child that is late; the alarm does when the parent is gone
_RECURSION = 2000
_OCR_SHARE = 0.7  # of the time for a document: the rest of it must be parsed as well
_FRAME = struct.Struct("!Q")
_HALF = re.compile("[\ud800-\udfff]")


def main(parser: str, memory: int, output: int) -> None:
    network = deny_network()
    _limit(memory, output)
    module, _, function = parser.partition(":")
    reader: Reader = getattr(importlib.import_module(module), function)
    wire = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # what a parser starts shall not read our requests
    _send(wire, network.encode())
    while (head := _receive(wire)) is not None and (content := _receive(wire)) is not None:
        request = orjson.loads(head)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + _GRACE_S)
        reply, whole = _reply(reader, content, request, output)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(wire, reply)
        if not whole:
            return
        del content, reply  # not kept while it waits


def deny_network() -> str:
    """`namespace`: the process has a network of its own with nothing in it; `hook`: Python's sockets are refused."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
            if libc.unshare(flags) == 0:
                return "namespace"
    sys.addaudithook(_refuse)
    return "hook"


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        raise PermissionError("a parser has no network")


def _limit(memory: int, output: int) -> None:
    """Memory that is allocated, files that are written, no core dumps. What a platform does not know is left out."""
    wanted = [("RLIMIT_CORE", 0), ("RLIMIT_DATA", memory - _MARGIN), ("RLIMIT_FSIZE", max(output, 64 * 2**20))]
    for name, value in wanted:
        with suppress(ValueError, OSError, AttributeError):
            _, hard = resource.getrlimit(getattr(resource, name))
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(getattr(resource, name), (value, value))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when the machine runs out of memory the kernel ends this process, not the service
    sys.setrecursionlimit(_RECURSION)


def _reply(reader: Reader, content: bytes, header: Mapping[str, Any], output: int) -> tuple[bytes, bool]:
    """The reply, and whether this process may go on."""
    try:
        reply = _dumped(reader(content, header))
    except ParseError as exc:
        return _error(exc.code, exc.detail, exc.fix), True
    except MemoryError:
        limit = "Parsing needs more memory than `parsing.max_memory_mb` allows."
        return _error("out_of_memory", limit, "Split the document, or save it in another format."), False
    except Exception as exc:
        return _error("broken", f"The document cannot be read ({type(exc).__name__}: {exc}).", "Save it again."), True
    if len(reply) > output:
        detail = f"The document gives over {output // 2**20} MiB of text."
        return _error("too_large", detail, "Split it, or raise `parsing.max_output_mb`."), False
    return reply, True


def _error(code: str, detail: str, fix: str | None) -> bytes:
    return _dumped({"error": {"code": code, "detail": detail[:2000], "fix": fix}})


def read(content: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
    """Parses and cleans one document: the fields of a `Parsed` and what each cleaning rule removed."""
    from ingest.blocks import dump
    from ingest.clean import clean
    from ingest.columns import mapped
    from ingest.parse import ocr, parse
    from ingest.parse.removed import recording

    options = request["options"]
    ocr.allow(request["seconds"] * _OCR_SHARE if options.get("ocr", True) else 0.0)
    off = options.get("clean_off", ())
    with mapped(options.get("columns"), options.get("folder_columns", ())), recording(off) as dropped:
        parsed = parse(content, filename=request["filename"], mime_type=request["mime_type"])
    parsed, counts = clean(parsed, off)
    return {
        "text": parsed.text,
        "title": parsed.title,
        "metadata": dict(parsed.metadata),
        "markdown": parsed.markdown,
        "counts": {name: count for name, count in {**counts, **dropped}.items() if count},
        "blocks": [dump(block) for block in parsed.blocks],
    }


def _whole(value: Any) -> Any:
    """Halves of surrogate pairs, which no encoding has, as the replacement character: offsets stay."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_whole(str(key)): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def _dumped(reply: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(reply)
    except TypeError:
        return orjson.dumps(_whole(reply))


def _send(wire: int, data: bytes) -> None:
    data = _FRAME.pack(len(data)) + data
    view = memoryview(data)
    while view:
        view = view[os.write(wire, view[: 2**20]) :]


def _receive(wire: int) -> bytes | None:
    """One frame; None when the other end is gone."""
    size = _exactly(wire, _FRAME.size)
    return None if size is None else _exactly(wire, _FRAME.unpack(size)[0])


def _exactly(wire: int, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        part = os.read(wire, min(size - len(received), 2**20))
        if not part:
            return None
        received += part
    return bytes(received)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
