"""Four processes that ask, one that writes, one that swaps the model meanwhile: every question sees what was acknowledged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.faults_harness import Rig


def run(rig: Rig, folder: Path, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = rig.ask("freshness", folder=str(folder), seconds=seconds, recall=True)["result"]
    assert told["wrong"] == []
    return told


@pytest.mark.alone  # so many questions in eight seconds
def test_every_process_sees_what_was_acknowledged_and_nothing_mixed_or_deleted(rig: Rig, tmp_path: Path) -> None:
    told = run(rig, tmp_path, 8.0)
    assert told["writes"] >= 20
    assert told["questions"] >= 200
    assert told["during_a_write"] >= 20  # questions that had the chance to see something half done


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_for_minutes(rig: Rig, tmp_path: Path) -> None:
    print(run(rig, tmp_path, 45.0))
