"""`serve` with real child processes: what is left behind when it ends, is killed, or loses a child (nothing, each time)."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

import api.child
import api.supervisor
from api.child import Child
from api.supervisor import serve
from ingest.jobs import Jobs
from rag.domain import DocumentInput
from rag.errors import ConfigError, UpstreamError
from rag.record.ledger import Ledger
from rag.runtime.remote import Doorbell
from rag.runtime.stores import EmbeddedValkey, open_redis
from rag.settings import Settings, load
from tests.support.processes import COMMAND

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(env={}, overrides={"data_dir": str(tmp_path / "data"), "server.port": free_port()})


class Service:
    """A supervisor in a process of its own, its port, and all processes that it ever had."""

    def __init__(self, settings: Settings, **variables: str):
        told = {"DATA_DIR": str(settings.data_dir), "SERVER__PORT": str(settings.server.port)} | variables
        environment = os.environ | {key if "TEST" in key else f"XIANSOU__{key}": value for key, value in told.items()}
        self.port = settings.server.port
        self.process = subprocess.Popen(
            [*COMMAND, "serve"], env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._seen: dict[int, psutil.Process] = {}

    def await_ready(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == b"ready\n", f"{line!r} {self.end(signal.SIGKILL)}"
        self.all()

    def all(self) -> list[psutil.Process]:
        """Children that are there now."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        self._seen |= {child.pid: child for child in found}
        return found

    def the(self, word: str) -> list[psutil.Process]:
        """Children by command, the oldest first."""
        found = []
        for child in self.all():
            with suppress(psutil.NoSuchProcess):  # a zombie, too
                if word in child.cmdline() or word == child.name():
                    found.append(child)
        return sorted(found, key=psutil.Process.create_time)

    def get(self, path: str, timeout: float = 30) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            reply = connection.getresponse()
            assert reply.status == 200
            return json.loads(reply.read())
        finally:
            connection.close()

    def end(self, *signals: signal.Signals, within: float = 15) -> str:
        """Sends the signals, waits; returns what it wrote to stderr."""
        began = time.monotonic()
        for number in signals:
            self.process.send_signal(number)
            time.sleep(0.3)
        _, errors = self.process.communicate(timeout=within + 10)
        assert time.monotonic() - began < within
        return errors.decode()

    def left_over(self) -> list[psutil.Process]:
        """Of all that it ever had, those that still run a moment after its end."""
        _, alive = psutil.wait_procs([*self._seen.values()], timeout=2)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def serving(settings: Settings, **variables: str) -> Iterator[Service]:
    service = Service(settings, **variables)
    try:
        service.await_ready()
        yield service
    finally:
        service.process.kill()
        service.process.communicate()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def write(settings: Settings, text: str) -> str:
    """Submits a document; returns the state of its job in the end."""
    ledger = Ledger.open(settings.database_url)
    try:
        jobs, bell = Jobs(ledger.engine), Doorbell(lambda: open_redis(settings))
        job_id = jobs.submit(DocumentInput("a", text.encode(), mime_type="text/plain"))
        bell.ring()
        return jobs.wait(job_id, bell, 20).state
    finally:
        ledger.close()


# -- serving -----------------------------------------------------------------------------------------------------------


def test_it_serves_works_and_leaves_nothing_behind(settings: Settings) -> None:
    with serving(settings) as service:
        assert len(service.the("api-process")) == len(service.the("worker")) == len(service.the("valkey-server")) == 1
        assert service.get("/pid") == service.the("api-process")[0].pid
        assert write(settings, "A document.") == "live"
        errors = service.end(signal.SIGTERM)
        assert service.process.returncode == 0, errors
        assert service.left_over() == []
        assert "Traceback" not in errors
        with pytest.raises(ConnectionRefusedError):
            service.get("/pid")
    with serving(settings) as service:
        assert write(settings, "Another document.") == "live"


def test_children_get_all_settings(settings: Settings) -> None:
    system = "You are 小搜.\nBe brief: \"yes\" or 'no'."
    with serving(settings, GENERATOR__SYSTEM=system) as service:
        url = EmbeddedValkey(settings.data_dir / "redis").url
        assert service.get("/readyz") == {"redis": url, "system": system}


def test_a_given_redis_is_used_and_none_is_started(settings: Settings, tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path / "given")
    valkey.start()
    with serving(settings, REDIS__URL=valkey.url) as service:
        assert service.get("/readyz")["redis"] == valkey.url
        assert service.the("valkey-server") == []
        service.end(signal.SIGTERM)
    assert valkey.owned
    valkey.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_it(settings: Settings, number: signal.Signals) -> None:
    with serving(settings, SERVER__PROCESSES="2", SERVER__WORKERS="2") as service:
        assert len(service.all()) == 5
        if number is signal.SIGINT:  # as Ctrl-C in a terminal does: to the whole group
            os.killpg(service.process.pid, number)
            assert service.process.wait(15) == 0
        else:
            service.end(number)
        assert service.left_over() == []


def test_it_waits_for_answers_under_way_and_takes_no_new_ones(settings: Settings) -> None:
    with serving(settings) as service:
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(service.get("/slow?seconds=3")))
        asking.start()
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        with pytest.raises(ConnectionError):
            service.get("/pid")
        asking.join()
        assert answers == ["done"]
        service.end()
        assert service.process.returncode == 0
        assert service.left_over() == []


def ask_in_vain(service: Service) -> None:
    with pytest.raises((OSError, http.client.HTTPException, AssertionError)):
        service.get("/slow?seconds=60")


def test_an_answer_that_takes_too_long_does_not_keep_it(settings: Settings) -> None:
    with serving(settings, SERVER__DRAIN_S="4") as service:
        asking = threading.Thread(target=ask_in_vain, args=(service,))
        asking.start()
        time.sleep(0.5)
        service.end(signal.SIGTERM, within=15)
        asking.join()
        assert service.left_over() == []


def test_a_second_signal_ends_it_at_once(settings: Settings) -> None:
    with serving(settings) as service:
        asking = threading.Thread(target=ask_in_vain, args=(service,))
        asking.start()
        time.sleep(0.5)
        service.end(signal.SIGTERM, signal.SIGTERM, within=3)
        asking.join()
        assert service.left_over() == []


def test_a_job_under_way_at_the_end_is_finished_or_stays_queued(settings: Settings) -> None:
    with serving(settings) as service:
        ledger = Ledger.open(settings.database_url)
        jobs = Jobs(ledger.engine)
        job_id = jobs.submit(DocumentInput("a", b"SLEEP for a while.", mime_type="text/plain"))
        until(lambda: jobs.get(job_id).state == "embedding")
        service.end(signal.SIGTERM)
        assert jobs.get(job_id).state == "live"
        ledger.close()


def test_new_processes_take_over_and_no_answer_is_refused_or_cut(settings: Settings) -> None:
    with serving(settings, SERVER__PROCESSES="2") as service:
        before = {child.pid for child in service.the("api-process") + service.the("worker")}
        answers: list[Any] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                try:
                    answers.append(service.get("/slow?seconds=0.4"))
                except Exception as exc:
                    answers.append(exc)

        clients = [threading.Thread(target=ask) for _ in range(4)]
        for client in clients:
            client.start()
        service.process.send_signal(signal.SIGUSR1)
        until(lambda: not before & {child.pid for child in service.all()}, 60)
        time.sleep(0.5)
        stop.set()
        for client in clients:
            client.join()
        assert len(answers) > 8
        assert set(map(str, answers)) == {"done"}
        assert len(service.the("api-process")) == 2
        assert write(settings, "A document.") == "live"


# -- children that die -------------------------------------------------------------------------------------------------


def test_a_dead_api_process_is_replaced_and_the_port_never_refuses(settings: Settings) -> None:
    with serving(settings) as service:
        (first,) = service.the("api-process")
        first.kill()
        first.wait(5)
        assert service.get("/pid") not in {first.pid, None}


@pytest.mark.alone
def test_with_two_api_processes_the_other_one_answers_meanwhile(settings: Settings) -> None:
    with serving(settings, SERVER__PROCESSES="2") as service:
        first, second = service.the("api-process")
        first.kill()
        first.wait(5)
        assert service.get("/pid", timeout=1) == second.pid
        until(lambda: len(service.the("api-process")) == 2)
        third = service.the("api-process")[1]
        second.kill()
        second.wait(5)
        assert service.get("/pid") == third.pid


@pytest.mark.parametrize("which", ["worker", "valkey-server"])
def test_a_dead_worker_and_a_dead_valkey_are_replaced(settings: Settings, which: str) -> None:
    with serving(settings) as service:
        (first,) = service.the(which)
        first.kill()
        until(lambda: any(child.pid != first.pid for child in service.the(which)))
        assert write(settings, "A document.") == "live"
        errors = service.end(signal.SIGTERM)
        assert service.left_over() == []
        assert which == "valkey-server" or "SIGKILL" in errors


@contextmanager
def child(script: str, *, essential: bool) -> Iterator[Child]:
    made = Child("tool", [sys.executable, "-c", script], dict(os.environ), essential=essential)
    made.start()
    try:
        yield made
    finally:
        made.kill()


BROKEN = "import sys; sys.exit('it is broken')"


def tend(made: Child, starts: int) -> None:
    """Until it has died `starts` times."""
    end = time.monotonic() + 30
    while made.quick_deaths < starts:
        made.tend()
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_essential_child_that_dies_at_once_each_time_ends_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.child, "_PAUSE_S", 0.01)
    with child(BROKEN, essential=True) as made, pytest.raises(UpstreamError) as gave_up:
        tend(made, 99)
    assert gave_up.value.detail == "the tool died 5 times in a row (exit code 1): it is broken"


def test_another_child_that_dies_at_once_each_time_is_left_alone_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.child, "_PAUSE_S", 0.01)
    with child(BROKEN, essential=False) as made:
        tend(made, 5)
        for _ in range(20):
            made.tend()
            assert not made.alive()
            time.sleep(0.01)
        monkeypatch.setattr(time, "monotonic", lambda real=time.monotonic: real() + 61)
        made.tend()
        assert made.alive()


def test_a_death_after_a_long_life_does_not_count_as_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.child, "_PAUSE_S", 0.01)
    monkeypatch.setattr(api.child, "_QUICK_S", 0.0)
    with child(BROKEN, essential=True) as made:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            made.tend()
            assert made.quick_deaths <= 1
            time.sleep(0.01)


# -- what keeps it from starting ---------------------------------------------------------------------------------------


def refused(settings: Settings) -> ConfigError:
    with pytest.raises(ConfigError) as wrong:
        serve(settings, workers=0, command=["/nothing/is/started"])
    return wrong.value


def test_a_port_that_is_in_use(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.server.port))
        other.listen()
        error = refused(settings)
    assert error.field == "server.port"
    assert str(error).startswith(f"port {settings.server.port} is in use on 127.0.0.1. Set `server.port`")


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours(tmp_path: Path, host: str) -> None:
    error = refused(load(env={}, overrides={"data_dir": str(tmp_path), "server.host": host, "server.port": free_port()}))
    assert error.field == "server.host"


def test_a_data_dir_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    error = refused(load(env={}, overrides={"data_dir": str(tmp_path / "data"), "server.port": free_port()}))
    assert error.field == "data_dir"
    assert "cannot write" in error.detail


def test_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.supervisor, "_MIN_FREE", 10**18)
    assert "are needed" in refused(settings).detail


def test_a_wrong_redis_url(tmp_path: Path) -> None:
    overrides = {"data_dir": str(tmp_path), "server.port": free_port(), "redis.url": "ftp://nowhere"}
    assert refused(load(env={}, overrides=overrides)).field == "redis.url"


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("config", "error: the API process 1 refused to start: there is no such model. Set it to another."),
        ("crash", "error: the API process 1 ended at its start (exit code 1): RuntimeError: the app is broken"),
    ],
)
def test_a_child_that_dies_at_the_start_tells_why_and_nothing_stays(settings: Settings, fault: str, line: str) -> None:
    service = Service(settings, TEST_API_FAULT=fault)
    until(lambda: bool(service.all()))
    errors = service.end()
    assert service.process.returncode == 2
    assert errors.splitlines()[-1] == line
    assert service.left_over() == []
