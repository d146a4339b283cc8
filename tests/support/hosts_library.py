"""A library served by several hosts: writes and questions through any of them, and the judgement of what was seen.

Times are CLOCK_MONOTONIC.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.hosts_processes import Api


@dataclass(frozen=True, slots=True)
class Write:
    """`number` 0: deleted. `acked` is infinity for one that was not acknowledged."""

    key: str
    number: int
    host: str
    sent: float
    acked: float
    index_version: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A question and what it saw; `status` is HTTP's."""

    key: str
    host: str
    began: float
    ended: float
    status: int
    index_version: int
    numbers: tuple[int, ...]
    least: int
    code: str = ""


@dataclass
class Traffic:
    """Writers and readers in threads, and what they were told."""

    apis: Sequence[Api]
    key: str
    writes: list[Write] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    tries: list[tuple[str, int, str]] = field(default_factory=list)  # host, status and code of each that was not acknowledged
    faults: list[BaseException] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    _acked: int = 0

    def write(self, number: int, count: int, keys: int = 3) -> None:
        """`count` writes of documents of this writer's own, each tried on one host after another until it is acknowledged."""
        rng, numbers, turn = random.Random(number), Counter[str](), number
        clients = [api.client(self.key) for api in self.apis]
        for _ in range(count):
            key = f"d{number}x{rng.randrange(keys)}"
            gone = numbers[key] > 0 and rng.random() < 0.15
            numbers[key] += 0 if gone else 1
            while not self.stop.is_set():
                api, client = self.apis[turn % len(clients)], clients[turn % len(clients)]
                turn += 1
                sent = time.monotonic()
                version = self._tried(client, api.host.name, key, 0 if gone else numbers[key])
                if version is not None:
                    acked = time.monotonic()
                    self.writes.append(Write(key, 0 if gone else numbers[key], api.host.name, sent, acked, version))
                    self._acked = max(self._acked, version)
                    break
                self.writes.append(Write(key, 0 if gone else numbers[key], api.host.name, sent, float("inf"), 0))
                time.sleep(0.2)
        for client in clients:
            client.close()

    def _tried(self, client: httpx.Client, host: str, key: str, number: int) -> int | None:
        """The index version of an acknowledged write; None: try again."""
        try:
            if number == 0:
                reply = client.delete(f"/v1/documents/{key}")
                if reply.status_code == 404:  # an earlier try did it, whose reply was lost
                    return 0
            else:
                reply = client.put(f"/v1/documents/{key}", json={"text": f"{word(key)} says number {number}."})
        except httpx.TransportError as exc:  # the API process was killed
            self.tries.append((host, 0, type(exc).__name__))
            return None
        told = reply.json()
        if reply.status_code in (200, 201):
            return int(told["index_version"])
        self.tries.append((host, reply.status_code, str(told.get("code", told.get("state")))))
        return None

    def read(self, number: int, keys: Sequence[str]) -> None:
        """Asks about one document after another, on one host after another; every second time for what is acknowledged."""
        turn, clients = number, [api.client(self.key) for api in self.apis]
        while not self.stop.is_set():
            api, client, key = self.apis[turn % len(clients)], clients[turn % len(clients)], keys[turn % len(keys)]
            turn += 1 if turn % 7 else 2
            least = self._acked if turn % 2 else 0
            told: dict[str, Any] = {"question": f"{word(key)} says", "top_k": 50}
            began = time.monotonic()
            try:
                reply = client.post("/v1/retrieve", json=told | ({"min_index_version": least} if least else {}))
            except httpx.TransportError as exc:
                self.seen.append(Seen(key, api.host.name, began, time.monotonic(), 0, 0, (), least, type(exc).__name__))
                time.sleep(0.2)
                continue
            ended, body = time.monotonic(), reply.json()
            if reply.status_code != 200:
                code = str(body["code"])
                self.seen.append(Seen(key, api.host.name, began, ended, reply.status_code, 0, (), least, code))
                time.sleep(0.1)
                continue
            numbers = tuple(int(m[1]) for hit in body["hits"] if (m := _SAYS.match(hit["text"])) and m[0].startswith(word(key)))
            version = int(reply.headers["X-Index-Version"])
            self.seen.append(Seen(key, api.host.name, began, ended, 200, version, numbers, least))
        for client in clients:
            client.close()

    def thread(self, work: Any, *arguments: Any) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as exc:
                self.faults.append(exc)

        made = threading.Thread(target=guarded)
        made.start()
        return made

    # -- judging -------------------------------------------------------------------------------------------------------

    def wrong(self) -> list[str]:
        """Every answer that does not fit what was acknowledged before it, or sent before its end."""
        told = []
        for seen in self.seen:
            if seen.status == 200:
                told += self._judged(seen)
            elif seen.status not in (0, 503) and not (seen.status == 409 and seen.code == "index_behind"):
                told.append(f"{seen.host} said {seen.status} {seen.code}")
        allowed = (0, 202, 503)
        return told + [f"{host} said {status} {code} to a write" for host, status, code in self.tries if status not in allowed]

    def _judged(self, seen: Seen) -> list[str]:
        mine = [write for write in self.writes if write.key == seen.key]
        before = [at for at, write in enumerate(mine) if write.acked < seen.began]
        may = {mine[before[-1]].number if before else 0}
        may |= {write.number for write in mine[(before[-1] if before else 0) :] if write.sent < seen.ended}
        numbers = seen.numbers or (0,)
        wrong = []
        if len(numbers) > 1 or numbers[0] not in may:
            wrong.append(f"{seen.key} at {seen.host}, version {seen.index_version}: saw {numbers}, stood at one of {may}")
        known = max((write.index_version for write in self.writes if write.acked < seen.began), default=0)
        if seen.index_version < max(known, seen.least):
            wrong.append(f"{seen.host}: version {seen.index_version} after {max(known, seen.least)} was acknowledged")
        return wrong

    def standing(self) -> dict[str, int]:
        """What each document must be in the end."""
        return {write.key: write.number for write in self.writes if write.acked != float("inf")}

    def found(self, api: Api) -> dict[str, int]:
        """What each document is, asked of one host."""
        with api.client(self.key) as client:
            told = {}
            for key in self.standing():
                reply = client.post("/v1/retrieve", json={"question": f"{word(key)} says", "top_k": 50}).json()
                texts = [hit["text"] for hit in reply["hits"] if hit["document_id"] == key]
                told[key] = int(_SAYS.match(texts[0])[1]) if texts else 0  # type: ignore[index]
            return told

    def recovered(self, healed: float, host: str | None = None) -> tuple[float, float]:
        """Seconds from `healed` to the first question, and to the first write, that went well (on that host)."""
        asked = [s.ended for s in self.seen if s.status == 200 and s.ended > healed and host in (None, s.host)]
        wrote = [w.acked for w in self.writes if healed < w.acked < float("inf") and host in (None, w.host)]
        return min(asked, default=float("inf")) - healed, min(wrote, default=float("inf")) - healed


_SAYS = re.compile(r"\w+ says number (\d+)\.")
_LETTERS = str.maketrans("0123456789", "abcdefghij")


def word(key: str) -> str:
    """A word that stands in this document and nowhere else."""
    return f"zq{key.translate(_LETTERS)}q"
