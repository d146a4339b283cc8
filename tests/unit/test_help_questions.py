"""Questions over three real help centres: the form of both files, and that every gold document says what it must."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "data"
FINAL, DEV = "help_questions.jsonl", "help_questions_dev.jsonl"
KEYS = {"id", "set", "lang", "question", "documents", "facts"}
COUNTS = {
    FINAL: {("dify_en_zh", "zh"): 10, ("dify_en_zh", "en"): 10, ("plausible_en", "en"): 20, ("tidb_zh", "zh"): 20},
    DEV: {("dify_en_zh", "zh"): 6, ("dify_en_zh", "en"): 6, ("plausible_en", "en"): 12, ("tidb_zh", "zh"): 12},
}
# Where the paths in `documents` start, below the data folder.
ROOTS = {"dify_en_zh": "help/dify_en_zh/tree", "plausible_en": "help/plausible_en", "tidb_zh": "help/tidb_zh"}


def load(name: str) -> list[dict[str, Any]]:
    """The records of one file of questions, one JSON object a line."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(params=[FINAL, DEV])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def help_root() -> Path:
    """The data folder named by XIANSOU_DATA; the documents are too large, and not ours, to be in the repository."""
    folder = os.environ.get("XIANSOU_DATA")
    if not folder:
        pytest.skip("XIANSOU_DATA is not set: no help centres to check the gold against")
    if not (Path(folder) / "help").is_dir():
        pytest.skip(f"XIANSOU_DATA={folder} has no folder help/")
    return Path(folder)


def test_ids_and_questions_are_unique_over_both_files() -> None:
    records = load(FINAL) + load(DEV)
    assert len({record["id"] for record in records}) == len(records)
    assert len({record["question"] for record in records}) == len(records)


def test_counts_per_set_and_language(name: str) -> None:
    assert Counter((record["set"], record["lang"]) for record in load(name)) == COUNTS[name]


def test_every_record_has_documents_and_facts(name: str) -> None:
    for record in load(name):
        assert set(record) == KEYS, record
        assert record["question"].strip() == record["question"] != "", record
        assert record["documents"], record
        assert len(set(record["documents"])) == len(record["documents"]), record
        assert 1 <= len(record["facts"]) <= 3, record
        assert all(record["facts"]), record


def test_the_right_documents_are_in_the_language_of_the_question(name: str) -> None:
    for record in load(name):
        if record["set"] == "dify_en_zh":
            assert all(path.startswith(f"{record['lang']}/") for path in record["documents"]), record


def test_no_document_serves_both_tuning_and_the_final_score() -> None:
    final, dev = ({(r["set"], path) for r in load(file) for path in r["documents"]} for file in (FINAL, DEV))
    assert not final & dev


def test_documents_exist_and_contain_the_facts(name: str, help_root: Path) -> None:
    for record in load(name):
        paths = [help_root / ROOTS[record["set"]] / path for path in record["documents"]]
        missing = [str(path) for path in paths if not path.is_file()]
        assert not missing, f"{record['id']}: {missing}"
        texts = [path.read_text(encoding="utf-8") for path in paths]
        for fact in record["facts"]:
            assert any(fact in text for text in texts), f"{record['id']}: {fact!r} is in none of its documents"
        for path, text in zip(paths, texts, strict=True):
            assert any(fact in text for fact in record["facts"]), f"{record['id']}: {path.name} holds none of the facts"
