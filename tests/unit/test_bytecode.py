"""What the commands import is compiled at installation, whatever the environment says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from rag.runtime import bytecode


def test_packages_and_modules_are_compiled_even_where_python_is_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gazebo" / "inner").mkdir(parents=True)
    for name in ("gazebo/__init__.py", "gazebo/inner/__init__.py", "gazebo/inner/roof.py", "pergola.py"):
        (tmp_path / name).write_text("TILES = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(bytecode, "THEIRS", ("gazebo", "no_such_package"))
    monkeypatch.setattr(bytecode, "OURS", ("pergola",))
    assert bytecode.compile_all() == 2
    made = sorted(path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc"))
    assert made == ["__init__", "__init__", "pergola", "roof"]


def test_all_that_it_names_is_there() -> None:
    assert [name for name in (*bytecode.THEIRS, *bytecode.OURS) if importlib.util.find_spec(name) is None] == []
