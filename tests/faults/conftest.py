"""One rig for all fault tests: two processes that fork trials, and the library that they start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.support.faults_harness import Library, Rig


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (apt-get install strace)")
    opened = Rig(tmp_path_factory.mktemp("faults"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def library(rig: Rig) -> Library:
    return rig.build()
