"""SIGKILL before any word to the server, and freshness under edits and a swap, over PostgreSQL and pgvector."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.faults_harness import Library, spread
from tests.support.faults_postgres import PHASES, ServerRig
from tests.support.postgres import postgres

IN_CI = 4  # kills of each phase


@pytest.fixture(scope="module")
def database() -> Iterator[Callable[[], str]]:
    with postgres() as make:
        yield make


@pytest.fixture(scope="module")
def rig(database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerRig]:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (apt-get install strace)")
    opened = ServerRig(tmp_path_factory.mktemp("faults"), database)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def library(rig: ServerRig) -> Library:
    return rig.build()


def kill(rig: ServerRig, library: Library, phase: str, times: int) -> int:
    points = spread(phase, rig.calls(library, phase), times, random.Random(phase))
    verdicts = rig.kill_all(library, points)
    assert [(verdict.point, verdict.wrong) for verdict in verdicts if verdict.wrong] == []
    return sum(verdict.killed for verdict in verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_a_killed_process_loses_nothing_that_it_acknowledged(rig: ServerRig, library: Library, phase: str) -> None:
    assert kill(rig, library, phase, IN_CI) >= IN_CI // 2


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("phase", PHASES)
def test_many_kills(rig: ServerRig, library: Library, phase: str) -> None:
    print(phase, kill(rig, library, phase, 60))


@pytest.mark.slow
def test_every_process_sees_what_was_acknowledged(rig: ServerRig, database: Callable[[], str], tmp_path: Path) -> None:
    (tmp_path / "database").write_text(database())
    told = rig.ask("freshness", folder=str(tmp_path), seconds=8.0, recall=True)["result"]
    assert told["wrong"] == []
    print(told)
    assert min(told["writes"], told["questions"]) >= 5  # a busy machine does less; nothing seen may be wrong
