"""The embedded Valkey and the doorbell, with real servers that are killed, stopped and damaged."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis
from structlog.testing import capture_logs

from rag.errors import ConfigError, UpstreamError
from rag.runtime.remote import Doorbell
from rag.runtime.stores import EmbeddedValkey, open_redis, ping
from rag.settings import Settings, load

pytestmark = pytest.mark.alone  # deadlines and rings of parts of a second

OWNER = """
import sys, time
from pathlib import Path
from rag.runtime.stores import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
server.start()
print(server.owned, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    embedded = EmbeddedValkey(tmp_path / "redis")
    embedded.start()
    yield embedded
    embedded.stop()


def client(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def pid(server: EmbeddedValkey) -> int:
    with client(server) as connection:
        return int(connection.info("server")["process_id"])


def spawn_owner(folder: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdin=pipe, stdout=pipe, text=True)


def told(owner: subprocess.Popen[str]) -> str:
    assert owner.stdout is not None
    return owner.stdout.readline().strip()


def dismiss(owner: subprocess.Popen[str]) -> None:
    owner.communicate("", timeout=10)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


# -- the embedded server -----------------------------------------------------------------------------------------------


def test_it_listens_on_its_socket_alone_and_keeps_everything(server: EmbeddedValkey) -> None:
    with client(server) as connection:
        assert connection.config_get("appendonly") == {"appendonly": "yes"}
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert connection.config_get("port") == {"port": "0"}
        assert connection.config_get("dir") == {"dir": str(server.folder)}
    assert not psutil.Process(pid(server)).net_connections("tcp")


@pytest.mark.parametrize("ended_by", ["stop", "SIGKILL"])
def test_what_it_holds_survives_its_end(server: EmbeddedValkey, ended_by: str) -> None:
    with client(server) as connection:
        connection.set("key", "value")
    if ended_by == "stop":
        server.stop()
        assert not list(server.folder.glob("*.sock"))
    else:
        os.kill(pid(server), signal.SIGKILL)
    server.start()
    with client(server) as connection:
        assert connection.get("key") == b"value"


def test_a_client_that_is_open_goes_on_with_the_next_server(tmp_path: Path) -> None:
    settings = load(env={}, overrides={"data_dir": str(tmp_path)})
    first = EmbeddedValkey(tmp_path / "redis")
    first.start()
    with open_redis(settings) as connection:
        connection.set("key", "value")
        first.stop()
        with pytest.raises(redis.ConnectionError):
            connection.get("key")
        first.start()
        assert connection.get("key") == b"value"
    first.stop()


def test_of_processes_that_start_at_once_one_starts_and_the_others_adopt(tmp_path: Path) -> None:
    owners = [spawn_owner(tmp_path / "redis") for _ in range(4)]
    assert sorted(told(owner) for owner in owners) == ["False", "False", "False", "True"]
    servers = [p for p in psutil.process_iter(["name", "cwd"]) if p.info["cwd"] == str(tmp_path / "redis")]
    assert [p.info["name"] for p in servers] == ["valkey-server"]
    for owner in owners:
        dismiss(owner)
    assert until(lambda: not servers[0].is_running())


def test_who_adopts_neither_owns_nor_stops_it(server: EmbeddedValkey) -> None:
    other = EmbeddedValkey(server.folder)
    other.start()
    assert not other.owned
    other.stop()
    assert server.owned
    with client(server) as connection:
        assert connection.ping()


@pytest.mark.parametrize("ended_by", [None, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_its_owner_however_that_ends(tmp_path: Path, ended_by: signal.Signals | None) -> None:
    owner = spawn_owner(tmp_path / "redis")
    assert told(owner) == "True"
    process = psutil.Process(pid(EmbeddedValkey(tmp_path / "redis")))
    if ended_by is None:
        dismiss(owner)
    else:
        owner.send_signal(ended_by)
        owner.communicate()
    assert until(lambda: not process.is_running())


def test_it_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    embedded = EmbeddedValkey(tmp_path / "redis")
    thread = threading.Thread(target=embedded.start)
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert embedded.owned
    embedded.stop()


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "数据"
    embedded = EmbeddedValkey(folder)
    embedded.start()
    socket_folder = Path(embedded.url.removeprefix("unix://")).parent
    assert socket_folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "appendonlydir").is_dir()
    assert EmbeddedValkey(folder).url == embedded.url != EmbeddedValkey(folder / "other").url
    embedded.stop()
    socket_folder.rmdir()
    socket_folder.symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="another user"):
        embedded.start()
    socket_folder.unlink()


def test_a_damaged_file_does_not_keep_it_from_starting(server: EmbeddedValkey) -> None:
    with client(server) as connection:
        for n in range(100):
            connection.set(f"key{n}", "value" * 20)
    server.stop()
    (file,) = (server.folder / "appendonlydir").glob("*.incr.aof")
    content = bytearray(file.read_bytes())
    content[1000:1100] = bytes(100)
    file.write_bytes(content)
    with capture_logs() as lines:
        server.start()
    assert "starts empty" in lines[0]["event"]
    with client(server) as connection:
        assert connection.dbsize() == 0
        assert connection.set("key", "value")


def test_a_server_that_hangs_is_reported_and_not_doubled(server: EmbeddedValkey) -> None:
    process = psutil.Process(pid(server))
    process.suspend()
    try:
        with pytest.raises(UpstreamError, match="does not answer"):
            EmbeddedValkey(server.folder).start(patience=0.5)
        assert process.is_running()
    finally:
        process.resume()
    with client(server) as connection:
        assert connection.ping()


def test_its_owner_replaces_a_server_that_hangs(server: EmbeddedValkey) -> None:
    process = psutil.Process(pid(server))
    process.suspend()
    with pytest.raises(UpstreamError, match="does not answer"):
        server.start(patience=0.5)
    server.start()
    assert pid(server) != process.pid


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("a file")
    with pytest.raises(ConfigError, match="cannot use"):
        EmbeddedValkey(tmp_path / "redis").start()


# -- a given server ----------------------------------------------------------------------------------------------------


def with_url(tmp_path: Path, url: str) -> Settings:
    return load(env={}, overrides={"data_dir": str(tmp_path), "redis.url": url})


def test_a_given_server_is_used_and_none_is_started(server: EmbeddedValkey, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with client(server) as connection:
        connection.config_set("port", port)
    settings = with_url(tmp_path / "other", f"redis://127.0.0.1:{port}/0")
    with open_redis(settings) as given:
        assert given.info("server")["process_id"] == pid(server)
    assert ping(settings)
    assert not (tmp_path / "other").exists()


def test_a_given_server_that_is_gone_fails_at_its_use_and_soon(tmp_path: Path) -> None:
    settings = with_url(tmp_path, "redis://127.0.0.1:1/0")
    began = time.monotonic()
    with open_redis(settings) as given, pytest.raises(redis.ConnectionError):
        given.get("key")
    assert not ping(settings)
    assert time.monotonic() - began < 0.5


def test_a_wrong_url_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as wrong:
        open_redis(with_url(tmp_path, "http://127.0.0.1"))
    assert wrong.value.field == "redis.url"


# -- the doorbell ------------------------------------------------------------------------------------------------------


@pytest.fixture
def bell(server: EmbeddedValkey, tmp_path: Path) -> Doorbell:
    return Doorbell(lambda: open_redis(with_url(tmp_path, server.url)))


def seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def test_a_ring_wakes_a_worker_that_waits(bell: Doorbell) -> None:
    threading.Timer(0.2, bell.ring).start()
    began = time.monotonic()
    assert bell.wait(5)
    assert 0.15 < time.monotonic() - began < 0.5


def test_a_ring_before_the_wait_is_heard_by_one_worker(bell: Doorbell) -> None:
    bell.ring()
    assert bell.wait(0.1)
    assert not bell.wait(0.1)


def test_rings_that_nobody_hears_do_not_pile_up(bell: Doorbell, server: EmbeddedValkey) -> None:
    for _ in range(200):
        bell.ring()
    with client(server) as connection:
        assert connection.llen("xiansou:doorbell") == 64


def test_an_announcement_reaches_all_that_wait_for_this_job_now_or_later(bell: Doorbell, server: EmbeddedValkey) -> None:
    heard: list[bool] = []
    waiting = [threading.Thread(target=lambda: heard.append(bell.wait_for(7, 1))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    time.sleep(0.2)
    bell.announce(7)
    for thread in waiting:
        thread.join()
    assert heard == [True, True, True]
    assert bell.wait_for(7, 0.1)
    assert not bell.wait_for(8, 0.1)
    with client(server) as connection:
        assert all(0 < connection.ttl(key) <= 60 for key in connection.keys("xiansou:job:*"))


def test_waiting_takes_its_time_and_at_most_a_second(bell: Doorbell) -> None:
    assert 0.15 < seconds(lambda: bell.wait(0.2)) < 0.4
    assert 0.9 < seconds(lambda: bell.wait_for(1, 60)) < 1.3


def test_without_redis_waiting_is_polling_and_news_return_with_it(server: EmbeddedValkey, bell: Doorbell) -> None:
    bell.ring()
    assert bell.wait(1)
    server.stop()
    with capture_logs() as lines:
        for _ in range(3):
            assert 0.1 < seconds(lambda: bell.wait(0.2)) < 0.4
            assert 0.4 < seconds(lambda: bell.wait_for(1, 60)) < 0.7
            assert seconds(bell.ring) < 0.1
            assert seconds(lambda: bell.announce(1)) < 0.1
    assert len(lines) == 1, "one line a minute"
    server.start()

    def rings() -> bool:
        bell.ring()
        return bell.wait(0.1)

    assert until(rings, seconds=6)


def test_a_server_that_hangs_costs_two_seconds_once(server: EmbeddedValkey, bell: Doorbell) -> None:
    assert not bell.wait(0.1)
    process = psutil.Process(pid(server))
    process.suspend()
    try:
        assert seconds(lambda: bell.wait(1)) < 2.5
        assert seconds(lambda: bell.wait(1)) < 0.7
        assert seconds(bell.ring) < 0.1
    finally:
        process.resume()


def test_a_server_that_refuses_to_write_is_no_news(server: EmbeddedValkey, bell: Doorbell) -> None:
    with client(server) as connection:
        connection.config_set("maxmemory", 1)
    with capture_logs() as lines:
        bell.ring()
        assert not bell.wait(0.1)
        bell.announce(1)
    assert [line["log_level"] for line in lines] == ["warning"]


def test_the_embedded_server_is_started_again_when_its_owner_has_gone(tmp_path: Path) -> None:
    owner = spawn_owner(tmp_path / "redis")
    assert told(owner) == "True"
    settings = load(env={}, overrides={"data_dir": str(tmp_path)})
    bell = Doorbell(lambda: open_redis(settings))
    bell.ring()
    dismiss(owner)
    assert not bell.wait(0.1)
    assert until(lambda: bell.wait(0.5), seconds=8), "the ring is in its file"
    process = psutil.Process(pid(EmbeddedValkey(tmp_path / "redis")))
    assert process.parent() == psutil.Process()
    process.terminate()
    process.wait(5)
