"""An LLM for measurements: an OpenAI-compatible server that stays silent, or quotes the first passage."""

from __future__ import annotations

import asyncio
import re
from multiprocessing.synchronize import Event

import orjson

SILENT, PROMPT = "silent", "prompt"  # names of its models
_PASSAGE = re.compile(r'<passage id="1">\n\[1\][^\n]*\n(.*?)\n</passage>', re.S)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def serve(port: int, up: Event) -> None:
    """Until the process is ended. For a process of its own."""
    asyncio.run(_serve(port, up))


async def _serve(port: int, up: Event) -> None:
    async with await asyncio.start_server(_answer, "127.0.0.1", port, backlog=2048) as server:
        up.set()
        await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = orjson.loads(await reader.readexactly(length))
        writer.write(_HEAD)
        if body["model"] == SILENT:
            await reader.read()  # until who asked goes away
        else:
            writer.write(_event({"content": f"{_quote(str(body['messages'][-1]['content']))} [1]"}))
            writer.write(_event({}, "stop") + b"data: [DONE]\n\n")
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def _quote(prompt: str) -> str:
    """The first sentence of the first passage, below its heading."""
    match = _PASSAGE.search(prompt)
    lines = [line for line in (match[1] if match else "").splitlines() if line.endswith((".", "。"))]
    return re.split(r"(?<=[.。])\s*", lines[0])[0] if lines else "NO_ANSWER"


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
