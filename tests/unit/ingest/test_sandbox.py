"""A poison document takes down the child that reads it, in time and with a typed error, and nothing else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ingest.child import Limits
from ingest.sandbox import Sandbox, parse_safely
from ingest.sandboxed import deny_network
from rag.errors import ParseError, UpstreamError
from rag.settings import Settings

LIMITS = Limits(seconds=2.0, memory=256 * 2**20, output=2**20)
READER = "tests.support.poison:read"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    sandbox = Sandbox(LIMITS, READER)
    yield sandbox
    sandbox.close()


def ask(box: Sandbox, what: str) -> str:
    return str(box.ask(what.encode(), {})["text"])


@pytest.mark.parametrize(
    ("poison", "code"),
    [
        ("hang", "timeout"),
        ("sleep_in_c", "timeout"),
        ("print", "timeout"),
        ("segfault", "crashed"),
        ("exit 3", "crashed"),
        ("grow 10737418240", "out_of_memory"),
        ("grow 100000", "out_of_memory"),
        ("swallowed", "out_of_memory"),
        ("text 3000000", "too_large"),
    ],
)
def test_poison_ends_in_a_typed_error_and_the_next_document_is_read(box: Sandbox, poison: str, code: str) -> None:
    began = time.monotonic()
    with pytest.raises(ParseError) as caught:
        ask(box, poison)
    assert caught.value.code == code
    assert caught.value.fix
    assert time.monotonic() - began < 2 * LIMITS.seconds + 3
    assert ask(box, "echo well") == "well"


def test_a_child_that_lies_about_its_reply_is_ended(box: Sandbox) -> None:
    with pytest.raises(ParseError) as caught:
        ask(box, "lie")
    assert caught.value.code in ("too_large", "timeout", "crashed")
    assert ask(box, "echo well") == "well"


def test_what_a_parser_started_ends_with_it(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ParseError):
        ask(box, f"child {tmp_path / 'pid'}")
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_disk_is_not_filled(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ParseError):
        ask(box, f"fill_disk {tmp_path}")
    assert (tmp_path / "endless").stat().st_size <= 64 * 2**20


def test_a_child_has_no_network(box: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            pass  # the server is there for others
        assert ask(box, f"connect {port}") != "connected"
    assert box.network() in ("namespace", "hook")


def test_the_hook_refuses_what_a_namespace_would() -> None:
    code = (
        "import ctypes, sys, socket, ingest.sandboxed as s\n"
        "sys.platform = 'elsewhere'\n"
        "assert s.deny_network() == 'hook'\n"
        "for act in (lambda: socket.create_connection(('127.0.0.1', 9)), lambda: socket.getaddrinfo('localhost', 80)):\n"
        "    try: act()\n"
        "    except PermissionError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "refused"]
    assert callable(deny_network)


def test_a_child_knows_no_secrets(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANSOU__GENERATOR__API_KEY", "sk-secret")
    fresh = Sandbox(LIMITS, READER)
    assert ask(fresh, "environment XIANSOU__GENERATOR__API_KEY") == "nothing"
    fresh.close()


def test_children_are_kept_and_replaced_after_their_share() -> None:
    box = Sandbox(replace(LIMITS, documents=3), READER)
    pids = [ask(box, "pid") for _ in range(7)]
    assert len(set(pids[:3])) == len(set(pids[3:6])) == 1
    assert len(set(pids)) == 3
    box.close()
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process(int(pids[-1]))


def test_a_child_that_died_while_idle_is_replaced(box: Sandbox) -> None:
    pid = int(ask(box, "pid"))
    os.kill(pid, 9)
    assert ask(box, "echo well") == "well"


@pytest.mark.alone
def test_threads_do_not_wait_for_each_other(box: Sandbox) -> None:
    before = threading.active_count()
    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(ask, box, "hang")
        began = time.monotonic()
        assert pool.submit(ask, box, "echo well").result() == "well"
        assert time.monotonic() - began < LIMITS.seconds
        assert isinstance(hanging.exception(), ParseError)
    assert threading.active_count() < before + 10


def test_no_child_can_be_started() -> None:
    with pytest.raises(UpstreamError):
        ask(Sandbox(LIMITS, "tests.support.poison:missing"), "echo x")


def test_documents_are_read_as_without_it() -> None:
    settings = Settings()
    parsed, counts = parse_safely("# 标题\n\n正文 😀。\n\n\n".encode(), filename="a.md", mime_type=None, settings=settings)
    assert parsed.title == "标题"
    assert [parsed.text[b.start : b.end] for b in parsed.blocks] == ["正文 😀。"]
    assert counts == {}
    with pytest.raises(ParseError) as caught:
        parse_safely(b"%PDF-1.7 cut", filename="a.pdf", mime_type=None, settings=settings)
    assert caught.value.code == "broken"


def test_halves_of_surrogate_pairs_are_replaced_and_offsets_stay() -> None:
    parsed, _ = parse_safely(b'["a \\ud83d b"]', filename="a.json", mime_type=None, settings=Settings())
    assert parsed.text == "a \ufffd b"
