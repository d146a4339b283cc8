"""How a command finds the service of its library: only while it lives, and only when its answers are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from rag.runtime.service import FILE, Running, announced, holder, new_token, post, running
from rag.settings import Settings, load

ROOT = Path(__file__).parents[2]


@pytest.fixture
def told(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return load(env={}, overrides={"data_dir": str(tmp_path / "data")})


def test_it_is_found_while_it_lives_and_not_after(told: Settings) -> None:
    assert running(told) is None
    token = new_token()
    with announced(told, "0.0.0.0", 8123, token) as first:
        assert first
        found = running(told)
        assert found is not None
        assert (found.host, found.port, found.pid, found.token) == ("127.0.0.1", 8123, os.getpid(), token)
        assert (told.data_dir / FILE).stat().st_mode & 0o777 == 0o600
        assert holder(told.data_dir) == os.getpid()
        with announced(told, "127.0.0.1", 8124, new_token()) as second:
            assert not second  # the first one stays the one that is asked
        assert running(told) == found
    assert running(told) is None
    assert token not in (told.data_dir / FILE).read_text()


def test_one_that_was_killed_is_not_found_though_its_file_is_there(told: Settings) -> None:
    script = (
        "import sys, time; from rag.runtime.service import announced; from rag.settings import load\n"
        "with announced(load(env={}, overrides={'data_dir': sys.argv[1]}), '127.0.0.1', 8125, 'xc_t'):\n"
        "    print('up', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, "-c", script, str(told.data_dir)], stdout=subprocess.PIPE, env=environment)
    assert child.stdout is not None
    child.stdout.readline()
    assert holder(told.data_dir) == child.pid
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert (told.data_dir / FILE).read_text()
    assert running(told) is None


def test_other_settings_of_answers_are_not_the_services(told: Settings) -> None:
    with announced(told, "127.0.0.1", 8126, new_token()):
        port = load(env={}, overrides={"data_dir": str(told.data_dir), "server.port": 1, "log.level": "error"})
        assert running(port) is not None
        for key, value in (("retrieval.top_k", 3), ("answer.max_wrong_rate", 0.1), ("generator.kind", "ollama")):
            other = load(env={}, overrides={"data_dir": str(told.data_dir), key: value, "generator.model": "m"})
            assert running(other) is None


def test_a_half_written_file_is_no_service(told: Settings) -> None:
    with announced(told, "127.0.0.1", 8127, new_token()):
        (told.data_dir / FILE).write_text('{"host": "127.0')
        assert running(told) is None
        assert holder(told.data_dir) is None


def test_what_is_no_answer_is_none() -> None:
    class Sick(BaseHTTPRequestHandler):
        replies = iter([(503, b"{}"), (200, b"not json"), (200, b'{"answer": "x"}')])

        def do_POST(self) -> None:
            seen.append((self.path, self.headers["Authorization"]))
            status, body = next(self.replies)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    seen: list[tuple[str, str]] = []
    with HTTPServer(("127.0.0.1", 0), Sick) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        service = Running("127.0.0.1", server.server_port, 1, "xc_word", "")
        assert [post(service, "/v1/query", {"question": "?"}) for _ in range(3)] == [None, None, {"answer": "x"}]
        server.shutdown()
    assert seen == [("/v1/query", "Bearer xc_word")] * 3
    began = time.monotonic()
    assert post(service, "/v1/query", {}) is None  # nobody listens there any more
    assert time.monotonic() - began < 2
