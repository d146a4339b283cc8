"""Every command, output and program of the README and of the guides runs here, against one service, in their order.

The Chinese pages have the same blocks (tests/unit/docs/test_guides.py), so they are run with the English ones.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.pages import GUIDES, READMES, ROOT, Step, differences, outside, read, steps

# The first test starts the service and runs all steps.
pytestmark = [pytest.mark.timeout(1800), pytest.mark.slow]

# They install, run this test itself, or need Docker.
_SKIPPED = ("make ", "docker ")
# Pages that tell the reader to look again say the same of the same library.
_ONCE = ("xiansou doctor", "export ")

_PAGES = (READMES[0], *(f"docs/{name}" for name in GUIDES))
_RUN = [(page, step) for page in _PAGES for step in steps(read(page)) if not step.command.startswith(_SKIPPED)]
_NAMES = [f"{number}: {page}: {step.command[:50]}" for number, (page, step) in enumerate(_RUN)]


# -- the commands ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stands for the clone that the reader is in."""
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "examples", clone / "examples")
    return clone


@pytest.fixture(scope="module")
def environment(port: int, model_folder: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("XIANSOU__")}
    return inherited | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}",
        "NO_PROXY": "127.0.0.1",
        "XIANSOU__SERVER__PORT": str(port),
        "XIANSOU__EMBEDDING__FOLDER": str(model_folder.resolve()),
    }


@pytest.fixture(scope="module")
def service(folder: Path, environment: dict[str, str], port: int) -> Iterator[str]:
    """`make run`, without its installation."""
    said = folder / "service.out"
    with said.open("wb") as out:
        command = ["xiansou", "serve", "--examples", "examples"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 400
        while "is ready" not in said.read_text(encoding="utf-8"):
            text = said.read_text(encoding="utf-8")
            assert process.poll() is None, f"the service ended: {text}"
            assert time.monotonic() < deadline, f"the service is not ready: {text}"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def results(service: str, folder: Path, environment: dict[str, str]) -> list[subprocess.CompletedProcess[str]]:
    """Of all steps, run in their order, each in a shell or interpreter of its own."""
    found: list[subprocess.CompletedProcess[str]] = []
    known: dict[str, subprocess.CompletedProcess[str]] = {}
    for _, step in _RUN:
        if step.command in known:
            found.append(known[step.command])
            continue
        text = step.command.replace("http://127.0.0.1:8000", service)
        program = [sys.executable, "-c", text] if step.python else ["bash", "-euo", "pipefail", "-c", text]
        found.append(
            subprocess.run(
                program, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
            )
        )
        if step.command.startswith(_ONCE):
            known[step.command] = found[-1]
    return found


@pytest.mark.parametrize(("number", "step"), [(number, step) for number, (_, step) in enumerate(_RUN)], ids=_NAMES)
def test_a_step_prints_what_is_shown(number: int, step: Step, results: list[subprocess.CompletedProcess[str]]) -> None:
    result = results[number]
    assert result.returncode == 0, f"{step.command}: exit code {result.returncode}\n{result.stdout}{result.stderr}"
    if step.shown is not None:
        assert differences(step.shown, result.stdout) == []


def test_quotes_are_the_texts_that_they_name(service: str, results: list[subprocess.CompletedProcess[str]]) -> None:
    checked = 0
    (key,) = [
        result.stdout.split()[0] for result in results if result.stdout.startswith("xs_")
    ]  # loopback needs one from then on
    for result in results:
        reply = json.loads(result.stdout) if result.stdout.startswith('{"answer_id"') else {}  # neither streams nor parts
        for cited in reply.get("citations", ()):
            address = f"{service}/v1/documents/{urllib.parse.quote(cited['document_id'])}/versions/{cited['version']}/text"
            found = httpx.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=30)
            if found.status_code != 404:  # deleted since
                assert found.text[cited["start"] : cited["end"]] == cited["cited_text"]
                checked += 1
    assert checked >= 2


def test_every_route_that_is_named_exists(service: str) -> None:
    known = httpx.get(f"{service}/openapi.json", timeout=30).json()["paths"]
    for page in (*READMES, *(f"docs/{name}" for name in GUIDES), *(f"docs/zh/{name}" for name in GUIDES)):
        for method, path in re.findall(r"`(GET|PUT|POST|DELETE) (/[^`\s]*)`", outside(read(page))):
            assert method.lower() in known.get(path, {}), f"{page}: {method} {path}"
