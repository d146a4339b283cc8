"""The harness itself: bugs planted on purpose are each noticed, and without one it is silent."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.planted import PLANTED
from tests.support.faults_harness import Library, Point, Rig, lose_power

pytestmark = pytest.mark.slow

_TRIES = 6  # of four seconds, then of eight, …

Look = Callable[[Rig, Library, str, Path], list[str]]


def killed(phase: str, syscall: str) -> Look:
    """Kills before each call of one kind, until something is wrong."""

    def look(rig: Rig, library: Library, planted: str, folder: Path) -> list[str]:
        for n in range(1, rig.calls(library, phase, planted)[syscall] + 1):
            if wrong := rig.kill(library, Point(phase, syscall, n), planted).wrong:
                return wrong
        return []

    return look


def completed(phase: str, *, from_the_start: bool = False) -> Look:
    """Runs a phase to its end; `from_the_start`: the library was built under the plant, too."""

    def look(rig: Rig, library: Library, planted: str, folder: Path) -> list[str]:
        start = rig.build(planted) if from_the_start and planted else library
        with rig.copy(start, phase) as trial:
            rig.trial(trial, phase, [], planted)
            return rig.check(trial, start, phase)

    return look


def without_power(phase: str) -> Look:
    def look(rig: Rig, library: Library, planted: str, folder: Path) -> list[str]:
        verdicts = lose_power(rig, library, phase, 20, random.Random(phase), planted)
        return [text for _, wrong in verdicts for text in wrong]

    return look


def asked(rig: Rig, library: Library, planted: str, folder: Path) -> list[str]:
    """With a mirror that is wrong by itself when nothing is planted. A race needs luck on a busy machine: some tries."""
    fault = planted or "mirror_keeps_removed"
    for turn in range(_TRIES if planted else 1):
        place = folder / str(turn)
        place.mkdir()
        told = rig.ask(
            "freshness", folder=str(place), seconds=4.0 * (turn + 1), recall=fault == "version_outside_lock", planted=fault
        )
        wrong: list[str] = told["result"]["wrong"]
        if wrong:
            return wrong
    return []


def damaged(rig: Rig, library: Library, planted: str, folder: Path) -> list[str]:
    with rig.copy(library, "damage") as trial:
        found: list[str] = rig.ask("damage", folder=str(trial), trials=50, planted=planted)["result"]["wrong"]
        return found


def alien(rig: Rig, library: Library, planted: str, folder: Path) -> list[str]:
    with rig.copy(library, "foreign") as trial:
        found: list[str] = rig.ask("foreign", folder=str(trial), planted=planted)["result"]
        return found


LOOKS: dict[str, Look] = {
    "ack_before_commit": killed("put", "write"),
    "no_sync": without_power("put"),
    "two_transactions": killed("put", "fdatasync"),
    "swap_before_complete": killed("reindex", "fdatasync"),
    "deletes_not_in_feed": completed("follow"),
    "no_join": asked,
    "ids_reused": completed("erase", from_the_start=True),
    "version_outside_lock": asked,
    "stale_job_overwrites": completed("job"),
    "snapshot_without_hashes": damaged,
    "foreign_snapshot": alien,
    "no_tombstone": completed("restore", from_the_start=True),
    "snapshots_survive_erasure": completed("erase"),
    "rename_without_sync": without_power("backup"),
}


def test_every_plant_is_looked_for() -> None:
    assert {*LOOKS, "mirror_keeps_removed"} == {*PLANTED}


@pytest.mark.parametrize("planted", LOOKS)
def test_a_planted_bug_is_noticed(rig: Rig, library: Library, tmp_path: Path, planted: str) -> None:
    assert LOOKS[planted](rig, library, planted, tmp_path) != []


@pytest.mark.parametrize("look", [asked, damaged, alien], ids=lambda look: look.__name__)
def test_without_a_bug_nothing_is_noticed(rig: Rig, library: Library, tmp_path: Path, look: Look) -> None:
    """The other looks run without a plant in the files beside this one."""
    assert look(rig, library, "", tmp_path) == []
