"""SIGKILL before any write, fsync, rename, removal of every phase: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.support.faults_harness import Library, Rig, spread
from tests.support.faults_phases import PHASES

pytestmark = pytest.mark.slow

IN_CI = 14  # kills of each phase
LEAST = 5


def kill(rig: Rig, library: Library, phase: str, times: int, seed: str) -> Counter[str]:
    """Kills so often at points of the phase; counts by system call. Every killed process's library must be whole."""
    points = spread(phase, rig.calls(library, phase), times, random.Random(seed))
    verdicts = rig.kill_all(library, points)
    assert [(verdict.point, verdict.wrong) for verdict in verdicts if verdict.wrong] == []
    return Counter(verdict.point.syscall for verdict in verdicts if verdict.killed)


@pytest.mark.parametrize("phase", PHASES)
def test_a_killed_process_loses_nothing_that_it_acknowledged(rig: Rig, library: Library, phase: str) -> None:
    killed = kill(rig, library, phase, IN_CI, phase)
    assert sum(killed.values()) >= LEAST, f"the phase was hit {dict(killed)} times only"
    assert len(killed) >= 3  # not one kind of call alone


@pytest.mark.parametrize("phase", PHASES)
def test_without_a_fault_nothing_is_wrong(rig: Rig, library: Library, phase: str) -> None:
    with rig.copy(library, phase) as folder:
        assert not rig.trial(folder, phase, []).killed
        assert rig.check(folder, library, phase) == []


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("phase", PHASES)
def test_a_kill_at_every_point(rig: Rig, library: Library, phase: str) -> None:
    killed = kill(rig, library, phase, 1_000_000, phase)
    print(f"{phase}: {sum(killed.values())} kills: {dict(killed)}")
    assert sum(killed.values()) >= 80
