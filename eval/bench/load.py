"""A lean HTTP client for load: raw keep-alive connections on one event loop, so that it costs little beside the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson

_LIMIT_S = 60.0


@dataclass
class Load:
    """What a load met. `ok_ms`: times of the answered; `refused_ms`: of 429 and 503; `errors`: all else, first of each kind."""

    seconds: float = 0.0
    ok_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return len(self.ok_ms) / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, object]:
        return {
            "answered": len(self.ok_ms),
            "answered_per_s": round(self.rate, 1),
            **{f"p{share}_ms": percentile(self.ok_ms, share) for share in (50, 90, 99)},
            "refused": len(self.refused_ms),
            "refused_p99_ms": percentile(self.refused_ms, 99),
            "errors": self.errors,
        }


def percentile(times: Sequence[float], share: float) -> float:
    """Of times in ms; 0 when there are none."""
    return round(float(np.percentile(times, share)), 2) if times else 0.0


def request(path: str, body: dict[str, object] | None = None, method: str = "POST") -> bytes:
    """The bytes of a request with a JSON body."""
    data = b"" if body is None else orjson.dumps(body)
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


class Connection:
    """One keep-alive connection; opened again when the server closed it."""

    def __init__(self, port: int):
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, data: bytes) -> tuple[int, bytes]:
        """(status, body). Raises OSError, asyncio.IncompleteReadError, TimeoutError."""
        fresh = self._streams is None
        try:
            return await asyncio.wait_for(self._exchange(data), _LIMIT_S)
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.close()
            if fresh:  # a reused connection may have been closed by a process that ends: once more on a new one
                raise
            return await asyncio.wait_for(self._exchange(data), _LIMIT_S)

    async def _exchange(self, data: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(data)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        if b"connection: close" in head:
            await self.close()
        return int(head.split(b" ", 2)[1]), body

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _one(connection: Connection, data: bytes, load: Load) -> None:
    began = time.perf_counter()
    try:
        status, _ = await connection.send(data)
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as exc:
        load.errors[type(exc).__name__] = load.errors.get(type(exc).__name__, 0) + 1
        await connection.close()
        return
    took = (time.perf_counter() - began) * 1000
    if status < 300:
        load.ok_ms.append(took)
    elif status in (429, 503):
        load.refused_ms.append(took)
    else:
        load.errors[str(status)] = load.errors.get(str(status), 0) + 1


async def _closed(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    load, end = Load(seconds), time.perf_counter() + seconds

    async def client() -> None:
        connection = Connection(port)
        while time.perf_counter() < end:
            await _one(connection, next(requests), load)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return load


async def _opened(port: int, requests: Iterator[bytes], rate: float, seconds: float) -> Load:
    load, began = Load(seconds), time.perf_counter()
    idle: list[Connection] = []
    running: set[asyncio.Task[None]] = set()

    async def client(data: bytes) -> None:
        connection = idle.pop() if idle else Connection(port)
        await _one(connection, data, load)
        idle.append(connection)

    sent = 0
    while (now := time.perf_counter() - began) < seconds:
        while sent < now * rate:
            task = asyncio.create_task(client(next(requests)))
            running.add(task)
            task.add_done_callback(running.discard)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*running)
    for connection in idle:
        await connection.close()
    return load


def closed_loop(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    """Each client sends its next request when it has the answer to the last."""
    return asyncio.run(_closed(port, requests, clients, seconds))


def open_loop(port: int, requests: Iterator[bytes], rate: float, seconds: float) -> Load:
    """Requests at a fixed rate a second, whether they are answered or not."""
    return asyncio.run(_opened(port, requests, rate, seconds))
