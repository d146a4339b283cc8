"""A snapshot that is not byte for byte what was written is never used."""

from __future__ import annotations

import pytest

from tests.support.faults_harness import Library, Rig
from tests.support.faults_snapshots import DAMAGES


def damage(rig: Rig, library: Library, trials: int) -> None:
    with rig.copy(library, "damage") as folder:
        told = rig.ask("damage", folder=str(folder), trials=trials)["result"]
    assert told["wrong"] == []
    assert set(told["counts"]) == set(DAMAGES)
    assert min(told["counts"].values()) >= trials // 20
    assert {"rows.npy", "attributes.json", "base.faiss", "manifest.json", "lexical/meta.json"} <= set(told["files"])
    assert {"term", "idx", "fieldnorm", "store"} <= {name.rpartition(".")[2] for name in told["files"] if "lexical/" in name}


def test_a_thousand_damages_are_all_detected(rig: Rig, library: Library) -> None:
    damage(rig, library, 1_000)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_many_more(rig: Rig, library: Library) -> None:
    damage(rig, library, 7_000)
