"""What real, odd files visibly say, checked by hand (`tests/data/messy_expectations.jsonl`); the files stand elsewhere.

A line: `file` below `messy/`; `in_order`: strings that must stand in the text in this order; `absent`: strings that must not;
`rows`: table rows as lists of cells, which must stand next to each other; `title`; or `code`: of the error it must fail with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.child import Limits
from ingest.sandbox import Sandbox, parse_safely
from rag.domain import Parsed
from rag.errors import ParseError
from rag.settings import Settings

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("XIANSOU_DATA", ROOT.parent / "shared" / "data")) / "messy"
CASES = [json.loads(line) for line in (ROOT / "tests/data/messy_expectations.jsonl").read_text(encoding="utf-8").splitlines()]

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no test documents at {DATA}: set XIANSOU_DATA to the folder that holds `messy/`"
)


def read(file: Path) -> Parsed:
    return parse_safely(file.read_bytes(), filename=file.name, mime_type=None, settings=Settings())[0]


@needs_data
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_the_text_is_what_the_file_visibly_says(case: dict[str, Any]) -> None:
    if "code" in case:
        with pytest.raises(ParseError) as caught:
            read(DATA / case["file"])
        assert caught.value.code == case["code"]
        return
    parsed = read(DATA / case["file"])
    at = 0
    for wanted in case.get("in_order", ()):
        found = parsed.text.find(wanted, at)
        assert found >= 0, f"{wanted!r} does not stand behind {parsed.text[max(0, at - 40) : at]!r}"
        at = found + len(wanted)
    for unwanted in case.get("absent", ()):
        assert unwanted not in parsed.text
    lines = [[cell.strip() for cell in line.split("|")] for line in parsed.text.splitlines()]
    for row in case.get("rows", ()):
        assert any(line[: len(row)] == row for line in lines), f"no row {row}"
    if "title" in case:
        assert parsed.title == case["title"]
    assert all(parsed.text[block.start : block.end].strip() for block in parsed.blocks)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    sandbox = Sandbox(Limits(documents=50))
    yield sandbox
    sandbox.close()


@needs_data
@pytest.mark.soak
def test_every_file_is_read_or_fails_with_a_typed_reason(box: Sandbox) -> None:
    known = {"empty", "binary", "unsupported", "encrypted", "broken", "needs_ocr", "too_large", "unreadable", "timeout"}
    for file in sorted(path for path in DATA.rglob("*") if path.is_file()):
        try:
            reply = box.ask(file.read_bytes(), {"filename": file.name, "mime_type": None, "options": {}})
        except ParseError as exc:
            if exc.code not in known or not exc.fix:
                pytest.fail(f"{file}: {exc.code}")
        else:
            assert reply["text"].strip(), file
