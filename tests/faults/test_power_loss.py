"""The power fails: what was not synced is lost, or kept in part. What was acknowledged is there."""

from __future__ import annotations

import random

import pytest

from tests.support.faults_harness import Library, Rig, lose_power
from tests.support.faults_phases import PHASES

pytestmark = pytest.mark.slow

IN_CI = 10  # cuts of each phase


@pytest.mark.parametrize("phase", PHASES)
def test_a_power_cut_loses_nothing_that_was_acknowledged(rig: Rig, library: Library, phase: str) -> None:
    verdicts = lose_power(rig, library, phase, IN_CI, random.Random(phase))
    assert [verdict for verdict in verdicts if verdict[1]] == []


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("phase", PHASES)
def test_power_cuts_everywhere(rig: Rig, library: Library, phase: str) -> None:
    verdicts = lose_power(rig, library, phase, 200, random.Random(f"soak {phase}"))
    assert [verdict for verdict in verdicts if verdict[1]] == []
