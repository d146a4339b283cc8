"""`make test`: which tests run when, and which exit code comes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.phases import phases, run

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

def test_one(): pass

@pytest.mark.alone
def test_two(): assert {alone}
"""


def test_everything_runs_in_two_phases_and_some_files_in_one() -> None:
    together, alone = phases(["-k", "bell"], None)
    assert together[:5] == ["-p", "tests.support.phases", "--phase", "together", "-n"]
    assert "alone" in alone and "-n" not in alone
    assert together[-2:] == alone[-2:] == ["-k", "bell"]
    some = str(Path(__file__))
    assert phases([some], None) == [[some]]
    assert phases([f"{some}::test_x", "-x"], None) == [[f"{some}::test_x", "-x"]]
    assert phases(["-x"], 0) == [["-x"]]
    assert len(phases([some], 2)) == 2


@pytest.mark.parametrize(
    ("codes", "told"),
    [([0, 0], 0), ([1, 0], 1), ([0, 1], 1), ([1, 3], 1), ([5, 0], 0), ([0, 5], 0), ([5, 5], 5), ([5, 1], 1), ([2, 0], 2)],
)
def test_the_exit_code_is_that_of_the_first_phase_that_failed(codes: list[int], told: int) -> None:
    left = list(codes)
    assert run([["a"], ["b"]], lambda _: left.pop(0)) == told
    assert left == ([0] if codes[0] == 2 else [])  # after an interruption nothing more is begun


@pytest.mark.parametrize(("works", "code"), [("True", 0), ("False", 1)])
def test_it_runs_them(tmp_path: Path, works: str, code: int) -> None:
    (tmp_path / "test_some.py").write_text(TESTS.format(alone=works))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.phases",
            "-c",
            str(ROOT / "pyproject.toml"),
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=ROOT,
        env={**os.environ, "WORKERS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "1 passed in" in done.stdout
    assert ("1 failed, 1 deselected" if code else "1 passed, 1 deselected") in done.stdout
