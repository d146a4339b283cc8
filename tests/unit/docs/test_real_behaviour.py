"""What docs/real-behaviour.md tells is held by a test that exists, or shown by a script; no script is left out."""

from __future__ import annotations

import re

import pytest

from tests.support.pages import ROOT, read

_PAGE = read("docs/real-behaviour.md")
_ROWS = [line for line in _PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| part", "| ---"))]


@pytest.mark.parametrize("row", _ROWS, ids=[row.split("|")[1].strip()[:50] for row in _ROWS])
def test_a_row_is_held(row: str) -> None:
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 4
    named = re.findall(r"`([^`]+)`", cells[3])
    assert named
    for name in named:
        if name.startswith("findings/"):
            assert (ROOT / name).is_file(), name
        else:
            file, _, test = name.partition("::")
            (path,) = (ROOT / "tests").rglob(file)
            assert re.search(rf"^(?:async )?def {test}\(", path.read_text(encoding="utf-8"), flags=re.MULTILINE), name


def test_every_script_has_its_row() -> None:
    scripts = {f"findings/{path.name}" for path in (ROOT / "findings").glob("*.sh")}
    assert scripts - set(re.findall(r"`(findings/[^`]+)`", _PAGE)) == set()
