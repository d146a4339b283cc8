"""The default embedding model, prepared once for all tests from the installed wheels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.models.prepare import DEFAULT, prepare

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Where prepared models are kept: XIANSOU_TEST_MODELS, or `models` beside the virtual environment's `bin`."""
    folder = Path(os.environ.get("XIANSOU_TEST_MODELS") or _ROOT / ".venv" / "models")
    prepare(DEFAULT, folder)
    return folder
