"""The example help centre is complete, and its questions are answered where they say they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pdfplumber
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
IGNORE = EXAMPLES / ".xiansouignore"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [question for question in QUESTIONS if question["documents"]]
DOCUMENTS = sorted(
    path
    for path in EXAMPLES.rglob("*")
    if path.is_file() and path != IGNORE and path.name not in IGNORE.read_text(encoding="utf-8").split()
)
BINARY = [path for path in DOCUMENTS if path.suffix in {".pdf", ".docx", ".xlsx"}]


def pdf_text(path: Path) -> str:
    with pdfplumber.open(path) as pdf:
        cells = [cell or "" for page in pdf.pages for table in page.extract_tables() for row in table for cell in row]
        return "\n".join([*(page.extract_text() for page in pdf.pages), *cells])


def docx_text(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def xlsx_text(path: Path) -> str:
    rows = (row for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True))
    return "\n".join(str(cell) for row in rows for cell in row if cell is not None)


@cache
def text_of(path: Path) -> str:
    """All text of one example; PDF without white space, because lines break inside phrases."""
    readers = {".pdf": pdf_text, ".docx": docx_text, ".xlsx": xlsx_text}
    if path.suffix not in readers:
        return path.read_text(encoding="utf-8")
    text = readers[path.suffix](path)
    return squeezed(text) if path.suffix == ".pdf" else text


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def stands_in(fact: str, path: Path) -> bool:
    return (squeezed(fact) if path.suffix == ".pdf" else fact) in text_of(path)


def test_there_are_fifty_to_seventy_documents_of_every_kind() -> None:
    kinds = Counter((path.relative_to(EXAMPLES).parts[0], path.suffix) for path in DOCUMENTS)
    assert 50 <= len(DOCUMENTS) <= 70
    assert kinds["help", ".md"] >= 32
    assert kinds["help", ".html"] >= 8
    assert kinds["help", ".pdf"] >= 6
    assert kinds["help", ".docx"] >= 6
    assert min(kinds["faq", ".csv"], kinds["faq", ".xlsx"], kinds["cases", ".csv"], kinds["cases", ".jsonl"]) >= 2


def test_both_languages_have_as_many_documents() -> None:
    languages = Counter("zh" if re.search(r"\bzh\b", path.as_posix()) else "en" for path in DOCUMENTS)
    assert languages["zh"] == languages["en"]


def test_the_readme_counts_the_documents_that_are_there() -> None:
    assert f"**{len(DOCUMENTS) // 2}** | **{len(DOCUMENTS) // 2}**" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


def test_there_are_sixty_answerable_questions_and_fifteen_that_are_not() -> None:
    assert len(QUESTIONS) == 75
    assert Counter(question["lang"] for question in ANSWERABLE) == {"zh": 30, "en": 30}
    assert all(question["facts"] == [] for question in QUESTIONS if question not in ANSWERABLE)
    assert {question["kind"] for question in ANSWERABLE} == {"steps", "table", "fact", "faq", "case"}


def test_questions_reach_every_format() -> None:
    asked = {Path(question["documents"][0]).suffix for question in ANSWERABLE}
    assert asked == {path.suffix for path in DOCUMENTS}


def test_no_question_or_id_comes_twice() -> None:
    for name in ("id", "question"):
        seen = Counter(squeezed(question[name]).casefold() for question in QUESTIONS)
        assert [value for value, count in seen.items() if count > 1] == []


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["id"])
def test_the_first_document_holds_every_fact_and_speaks_the_language(question: dict[str, Any]) -> None:
    paths = [EXAMPLES / name for name in question["documents"]]
    assert set(paths) <= set(DOCUMENTS)
    assert re.search(rf"\b{question['lang']}\b", question["documents"][0])
    assert question["facts"]
    assert [fact for fact in question["facts"] if not stands_in(fact, paths[0])] == []


def test_text_files_are_utf8_with_unix_line_ends() -> None:
    for path in {*DOCUMENTS, *EXAMPLES.glob("*.*"), IGNORE} - set(BINARY):
        content = path.read_bytes()
        content.decode("utf-8")
        assert b"\r" not in content, path
        assert not content.startswith(b"\xef\xbb\xbf"), path
        assert content.endswith(b"\n"), path


def test_binary_files_are_what_their_script_writes(tmp_path: Path) -> None:
    script = [sys.executable, "-m", "tests.support.make_examples", str(tmp_path)]
    subprocess.run(script, cwd=ROOT, check=True, capture_output=True, timeout=120)
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert [path.relative_to(tmp_path) for path in written] == [path.relative_to(EXAMPLES) for path in BINARY]
    for path in BINARY:
        assert text_of(tmp_path / path.relative_to(EXAMPLES)) == text_of(path), path.name
