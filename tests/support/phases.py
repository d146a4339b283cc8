"""The suite in two phases: `python -m tests.support.phases [options of pytest]`, which `make test` calls.

First all tests but those marked `alone`, file by file in several processes; then those one after another, with the machine to
themselves: they measure how long something waits. A run of some files only (a path among the options) has one process and
one phase, as have `-n 0` and WORKERS=0. The exit code is pytest's: of the first phase that did not pass, else 0.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

_INTERRUPTED, _NOTHING = pytest.ExitCode.INTERRUPTED, pytest.ExitCode.NO_TESTS_COLLECTED
_WORKERS = 3  # on two cores: much of the suite waits


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--phase", choices=["together", "alone"], help="only tests that are not marked `alone`, or only those")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    phase = config.getoption("--phase")
    if phase is None:
        return
    kept = [item for item in items if (item.get_closest_marker("alone") is not None) == (phase == "alone")]
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)  # long files first, so that none is left over at the end


def phases(options: Sequence[str], workers: int | None) -> list[list[str]]:
    """Options of each run of pytest. `workers`: None lets the options decide."""
    if workers is None:
        some = any(os.path.exists(option.partition("::")[0]) for option in options if not option.startswith("-"))
        workers = 0 if some else max(_WORKERS, os.cpu_count() or 1)
    if workers == 0 or "-n" in options:
        return [[*options]]
    plugin = ["-p", "tests.support.phases"]
    together = [*plugin, "--phase", "together", "-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder", *options]
    return [together, [*plugin, "--phase", "alone", *options]]


def run(each: Sequence[Sequence[str]], pytest_: Callable[[Sequence[str]], int]) -> int:
    """All runs, unless one is interrupted; the exit code of the first that failed. Nothing at all to run is a failure, too."""
    codes: list[int] = []
    for options in each:
        codes.append(pytest_(options))
        if codes[-1] == _INTERRUPTED:
            break
    failed = [code for code in codes if code not in (0, _NOTHING)]
    return failed[0] if failed else int(min(codes))


def main() -> None:
    # The suite starts hundreds of processes: without bytecode each would compile for seconds what it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    workers = os.environ.get("WORKERS")
    each = phases(sys.argv[1:], int(workers) if workers else None)
    sys.exit(run(each, lambda options: subprocess.call([sys.executable, "-m", "pytest", *options])))


if __name__ == "__main__":
    main()
