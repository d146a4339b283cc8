"""What a command does not need is not imported: each import is paid for with every question at the prompt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("module", "not_needed"),
    [
        ("rag.wiring", ["rjieba", "fastapi", "tokenizers.tools", "scipy", "torch", "httpx", "llama_index", "faiss"]),
        ("xiansou", ["numpy", "sqlalchemy", "pydantic", "onnxruntime"]),
    ],
)
def test_what_is_not_needed_is_not_imported(module: str, not_needed: list[str]) -> None:
    program = f"import sys, {module}; print(*[name for name in {not_needed} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == []
