"""`xiansou ingest --queue`: a folder as one batch of jobs that real worker processes share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.handover import compare
from ingest.jobs import Jobs
from ingest.queue import Queue
from rag.errors import InputError
from rag.record.ledger import Ledger
from rag.runtime.stores import EmbeddedValkey
from rag.settings import Settings, load
from tests.support.processes import COMMAND
from xiansou import cli

REPO = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    place.mkdir()
    for n in range(30):
        (place / f"{n:02}.md").write_text(f"# Page {n}\n\nThe lamp number {n} is green.\n")
    (place / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return place


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    told = {"data_dir": str(tmp_path / "data"), "redis.url": server.url}
    for key, value in told.items():
        monkeypatch.setenv(f"XIANSOU__{key.upper().replace('.', '__')}", value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "rag.runtime.observe.start_logging", lambda told: None
    )  # it would log to the runner's own stderr for ever
    yield load(env={}, overrides=told)
    server.stop()


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    opened = Ledger.open(settings.database_url)
    yield opened
    opened.close()


@contextmanager
def workers(count: int, tmp_path: Path) -> Iterator[list[Path]]:
    """Worker processes; yields the file of each one's log."""
    logs = [tmp_path / f"worker-{n}.log" for n in range(count)]
    with ExitStack() as opened:
        for log in logs:
            process = subprocess.Popen([*COMMAND, "worker"], env=os.environ, stderr=opened.enter_context(log.open("w")))
            opened.callback(process.wait)
            opened.callback(process.kill)
        yield logs


def ingest(*arguments: str) -> tuple[int, dict[str, Any], str]:
    done = CliRunner().invoke(cli, ["ingest", *arguments, "--json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else {}, done.stderr or str(done.exception)


@pytest.mark.alone  # both workers must be up before one has done it all
def test_workers_share_a_folder_and_the_summary_is_the_usual_one(
    settings: Settings, ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    slow = "\n\n".join(f"## Chapter {n}\n\n" + f"The lamp of room {n} is white and warm. " * 30 for n in range(60))
    (folder / "00.md").write_text(slow)  # whoever has it is busy while the other begins
    with workers(2, tmp_path) as logs:
        until(lambda: all("worker ready" in log.read_text() for log in logs))
        code, told, _ = ingest("docs", "--queue")
        assert code == 1  # one file is broken
        total = sum(document.passages for document in ledger.page(limit=100))
        assert total > 60
        assert (told["added"], told["updated"], told["unchanged"], told["deleted"], told["passages"]) == (30, 0, 0, 0, total)
        assert [(Path(f["source"]).name, f["error"].split(":")[0]) for f in told["failed"]] == [("broken.pdf", "broken")]
        assert (told["unfinished"], told["index_version"]) == (0, ledger.head())
        assert (Queue(ledger.engine).batch(told["batch"]).name, len(ledger.page(limit=100))) == ("docs", 30)
        shares = [log.read_text().count("written") for log in logs]
        assert sum(shares) == 30
        assert min(shares) >= 1, shares
        (folder / "broken.pdf").unlink()
        (folder / "03.md").write_text("# Page 3\n\nThe lamp number 3 is red.\n")
        (folder / "04.md").unlink()
        code, told, _ = ingest("docs", "--queue", "--delete-missing")
        assert (code, told["updated"], told["unchanged"], told["deleted"], told["passages"]) == (0, 1, 28, 1, 1)
    code, told, _ = ingest("docs", "--queue")
    assert (code, told["unchanged"], told["batch"], told["unfinished"]) == (0, 29, None, 0)


def test_it_need_not_wait(settings: Settings, ledger: Ledger, folder: Path) -> None:
    code, told, _ = ingest("docs", "--queue", "--no-wait", "--collection", "shop")
    assert (code, told["added"], told["failed"], told["unfinished"]) == (0, 0, [], 31)
    batch = Queue(ledger.engine).batch(told["batch"])
    assert (batch.total, batch.states, batch.progress) == (31, {"queued": 31}, 0.0)
    assert {job.collection for job in Queue(ledger.engine).page(batch=told["batch"])} == {"shop"}


def test_ctrl_c_leaves_the_jobs_and_says_where_they_are(
    settings: Settings, ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    Queue(ledger.engine).pause()
    process = subprocess.Popen(
        [sys.executable, "-m", "xiansou", "ingest", "docs", "--queue", "--json"],
        env=os.environ | {"PYTHONPATH": str(REPO)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    until(lambda: Jobs(ledger.engine).unfinished() == 31)
    time.sleep(0.3)  # it follows them by now
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    told = json.loads(out)
    assert (process.returncode, told["unfinished"]) == (130, 31)
    assert f"xiansou jobs list --batch {told['batch']}" in err
    Queue(ledger.engine).resume()
    with workers(2, tmp_path):
        until(lambda: Jobs(ledger.engine).unfinished() == 0)
    assert Queue(ledger.engine).batch(told["batch"]).states == {"live": 30, "failed": 1}


def test_who_waits_for_nobody_is_told(settings: Settings, ledger: Ledger, folder: Path) -> None:
    class Enough(Exception):
        pass

    def stalled(paused: bool) -> None:
        heard.append(paused)
        if len(heard) == 2:
            raise Enough
        Queue(ledger.engine).pause()
        given.follow(lambda done, total: None, stalled, patience_s=0.0)

    heard: list[bool] = []
    given = compare([folder], ledger, settings)
    given.submit()
    with pytest.raises(Enough):
        given.follow(lambda done, total: None, stalled, patience_s=0.0)
    assert heard == [False, True]


def test_a_folder_that_lost_over_half_is_refused_before_anything_is_submitted(
    settings: Settings, ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.pdf").unlink()
    with workers(1, tmp_path):
        assert ingest("docs", "--queue")[1]["added"] == 30
    for n in range(20):
        (folder / f"{n:02}.md").unlink()
    (folder / "25.md").write_text("# Changed\n\nIt is blue.\n")
    with pytest.raises(InputError, match="20 of 30"):
        compare([folder], ledger, settings, delete_missing=True)
    assert Jobs(ledger.engine).unfinished() == 0
    code, told, _ = ingest("docs", "--queue", "--no-wait", "--delete-missing", "--force")
    assert (code, told["deleted"], told["unfinished"]) == (0, 20, 1)


@pytest.mark.parametrize("wrong", [("--no-wait",), ("--queue", "--watch")])
def test_options_that_do_not_fit_are_named(settings: Settings, folder: Path, wrong: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["ingest", "docs", *wrong])
    assert isinstance(result.exception, InputError)
    assert result.exception.field == wrong[-1]


def until(condition, seconds: float = 20) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
