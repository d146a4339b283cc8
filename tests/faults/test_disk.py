"""A disk that is full, fails to sync or has become read-only: no false acknowledgement, questions go on, it recovers."""

from __future__ import annotations

import pytest

from tests.support.faults_harness import Library, Rig
from tests.support.faults_ops import read_journal

SQLITE_ONLY = "pwrite64,fdatasync,ftruncate"  # the journal of the harness stands on another disk, as it were
FAULTS = {
    "full": ("pwrite64", "ENOSPC"),
    "write error": ("pwrite64", "EIO"),
    "sync error": ("fdatasync", "EIO"),
    "read-only": (SQLITE_ONLY, "EROFS"),
    "quota": ("pwrite64", "EDQUOT"),
}


@pytest.mark.parametrize("when", ["2+", "2..6", "9", "1..3+2"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_disk(rig: Rig, library: Library, fault: str, when: str) -> None:
    calls, error = FAULTS[fault]
    told = len(read_journal(library.folder / "journal.jsonl"))
    with rig.copy(library, "hold") as folder:
        options = ["-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}:when={when}"]
        assert not rig.trial(folder, "hold", options).killed
        lines = read_journal(folder / "journal.jsonl")[told:]
        assert rig.check(folder, library, "hold") == []  # also: no question failed meanwhile
    outcomes = [line["state"] for line in lines if line["state"] in ("acked", "failed")]
    assert len(outcomes) == 11  # no write hung, none ended its process
    assert "failed" in outcomes
    if not when.endswith("2+"):
        assert outcomes[-1] == "acked"  # the disk works again: so do writes, by themselves
