"""The package names all that it needs: `pip install xiansou` gives a command that runs."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
_BUILDS = {"setuptools"}  # only to build this project
_BUILT_OF = {"src", "node_modules", "__pycache__"}  # what the static files of api/web are made of, and caches, stay at home


def _tested() -> dict[str, Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.in").read_text().splitlines())
    return {one.name: one for one in map(Requirement, filter(None, lines))}


def test_every_tested_requirement_is_declared_with_a_range_that_has_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {one.name: one for one in map(Requirement, project["dependencies"])}
    tested = _tested()
    assert set(declared) == set(tested) - _BUILDS
    for name, one in declared.items():
        version = next(iter(tested[name].specifier)).version
        assert one.specifier.contains(version), f"{name}: {version} is outside of {one.specifier}"
        assert one.extras == tested[name].extras, name


def test_data_files_travel_with_the_package() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    kinds = {Path(pattern).suffix for pattern in patterns}
    held = {
        path.suffix
        for folder in ("rag", "ingest", "api", "eval")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc", ".md"} and not _BUILT_OF & set(path.parts)
    }
    assert held <= kinds, held - kinds
