"""Scripts in `js/` that drive clients as npm has them (`npm ci` there), each printing one JSON object of what it saw."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from clients_service import DOCUMENTS

FOLDER = Path(__file__).parent / "js"
LENS = "镜头起雾怎么办？"
LENS_TEXT = DOCUMENTS["help/lens.md"][2]
BELL = "How much is the doorbell?"


def needed() -> None:
    """Skips the module where node or the packages are missing."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed", allow_module_level=True)
    if not (FOLDER / "node_modules" / "ai6").is_dir():
        pytest.skip("the npm packages are not installed: run `npm ci` in tests/clients/js", allow_module_level=True)


def start(script: str, base_url: str, **environment: str) -> subprocess.Popen[str]:
    told = {"BASE_URL": base_url, "QUESTION": LENS, **environment}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        ["node", script], cwd=FOLDER, env=os.environ | told, stdout=pipe, stderr=pipe, text=True, encoding="utf-8"
    )


def saw(process: subprocess.Popen[str]) -> Any:
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return json.loads(out)
