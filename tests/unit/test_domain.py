"""`rag.domain`: every record can be named there, and only its own file is imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rag.domain as domain


def test_every_name_is_there_and_no_other() -> None:
    for name, file in domain._PLACES.items():
        assert getattr(domain, name) is getattr(sys.modules[f"rag.domain.{file}"], name)
    with pytest.raises(AttributeError, match="Documment"):
        _ = domain.Documment  # type: ignore[attr-defined]


def test_a_document_needs_no_answer() -> None:
    program = (
        "import sys; from rag.domain import Document; print(*sorted(one for one in sys.modules if one.startswith('rag.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["rag.domain", "rag.domain.document", "rag.domain.kinds"]
