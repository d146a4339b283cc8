"""Suites: both forms, and errors that name what is wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import eval
from eval.dataset import load_suite
from eval.items import json_lines
from rag.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def put(suite, *rows):
        (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (tmp_path / "suite.toml").write_text(suite, encoding="utf-8")
        return tmp_path / "suite.toml"

    return put


OLD = 'name = "x"\ndocuments = "docs"\nquestions = "questions.jsonl"\n'
ROW = {"id": "1", "lang": "en", "question": "Where?", "documents": ["a.md"]}


def test_files_and_questions(write):
    suite = load_suite(
        write(OLD + "[thresholds]\nrecall_at_7 = 0.9\n'max_p95_ms' = 10\n", ROW, {**ROW, "id": "2", "documents": []})
    )
    assert [asked.answerable for asked in suite.questions] == [True, False]
    assert suite.documents.name == "docs"
    assert suite.thresholds == {"recall_at_7": 0.9, "max_p95_ms": 10}
    assert suite.alternatives


@pytest.fixture
def public(tmp_path):
    folder = tmp_path / "scidocs"
    folder.mkdir()

    def packed(name, *rows):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    packed("corpus", {"id": "en-1", "title": "T", "text": "Cats purr."}, {"id": "en-2", "title": "", "text": "Dogs bark."})
    packed(
        "queries",
        {"id": "q1", "text": "Who purrs?", "lang": "en", "answers": ["Cats"], "type": "ENTITY"},
        {"id": "q2", "text": "Who flies?", "lang": "en", "answerable": False},
        {"id": "q3", "text": "Judged by nobody", "lang": "en"},
        {"id": "q4", "text": "谁叫？"},
    )
    (folder / "qrels.json").write_text(json.dumps({"q1": {"en-1": 2, "en-2": 0}, "q2": ["en-2"], "q4": ["en-2"]}))
    return folder


def test_a_folder_of_a_public_set_is_a_suite(public):
    suite = load_suite(public)
    assert (suite.name, suite.alternatives, suite.corpus.name) == ("scidocs", False, "corpus.jsonl.gz")
    first, second, third = suite.questions
    assert (first.grades, first.answers, first.kind) == ({"en-1": 2}, ("Cats",), "ENTITY")
    assert not second.answerable
    assert (third.lang, third.documents) == ("zh", ("en-2",))
    assert [asked.id for asked in suite.limited(2).questions] == [asked.id for asked in load_suite(public).limited(2).questions]


def test_what_pandas_wrote_as_nan_is_not_there(public):
    (public / "answers.json").write_text(
        '{"q4": {"关键词": NaN, "答案文本": "狗"}, "q1": {"答案文本": "x"}, "q2": {"答案": NaN}}'
    )
    (public / "suite.toml").write_text('name = "s"\nqueries = "queries.jsonl.gz"\nanswers = "answers.json"\n')
    answers = {asked.id: asked.answers for asked in load_suite(public / "suite.toml").questions}
    assert answers == {"q1": ("Cats",), "q2": (), "q4": ("狗",)}


@pytest.mark.parametrize("name", ["corpus", "queries"])
def test_a_damaged_archive_is_named(public, name):
    file = public / f"{name}.jsonl.gz"
    raw = bytearray(file.read_bytes())
    raw[12:20] = bytes(8)
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match=f"{name}.jsonl.gz"):
        [*json_lines(load_suite(public).corpus)]


def test_data_elsewhere(public, tmp_path, monkeypatch):
    file = tmp_path / "s.toml"
    file.write_text('name = "s"\nfolder = "${XIANSOU_DATA}/scidocs"\n[rename]\n"en-" = "zh-"\n')
    monkeypatch.delenv("XIANSOU_DATA", raising=False)
    with pytest.raises(ConfigError, match="Set XIANSOU_DATA"):
        load_suite(file)
    monkeypatch.setenv("XIANSOU_DATA", str(tmp_path))
    assert load_suite(file).questions[0].documents == ("zh-1",)
    monkeypatch.delenv("XIANSOU_DATA")
    file.write_text('name = "s"\nqueries = "queries.jsonl.gz"\n')
    assert load_suite(file, public).corpus == public / "corpus.jsonl.gz"


@pytest.mark.parametrize(
    ("suite", "row", "said"),
    [
        ("name = ", ROW, "not valid TOML"),
        ('name = "x"', ROW, "lacks `documents`"),
        ('documents = "d"\nquestions = "questions.jsonl"', ROW, "lacks 'name'"),
        (OLD + "tresholds = {}", ROW, "Did you mean `thresholds`"),
        (OLD + "[thresholds]\nrecal_at_5 = 1", ROW, "Did you mean `recall_at_5`"),
        (OLD + '[thresholds]\nmrr = "high"', ROW, "must be a number"),
        (OLD + "[thresholds]\nrecall_at_0 = 1", ROW, "no metric"),
        (OLD.replace("questions.jsonl", "gone.jsonl"), ROW, "gone.jsonl"),
        (OLD, {"id": "1", "question": "Where?"}, "`documents` must be a list"),
        (OLD, {"id": "1", "question": " ", "documents": []}, "`question` is missing"),
        (OLD + 'set = "dev"', ROW, "no question"),
    ],
)
def test_errors_name_the_fault(write, suite, row, said):
    with pytest.raises(ConfigError, match=said):
        load_suite(write(suite, row))


def test_a_broken_line_is_named_by_its_number(write):
    file = write(OLD, ROW)
    with (file.parent / "questions.jsonl").open("a") as out:
        out.write('{"id": "2", "quest')
    with pytest.raises(ConfigError) as told:
        load_suite(file)
    assert told.value.field.endswith("questions.jsonl:2")
    file = write(OLD, ROW, ROW)
    with pytest.raises(ConfigError, match="two questions have the id"):
        load_suite(file)


@pytest.mark.parametrize("file", sorted((Path(eval.__file__).parent / "suites").glob("*.toml")), ids=lambda file: file.stem)
def test_every_suite_here_can_be_read(file, tmp_path, monkeypatch):
    """Those of public data say where the data must lie; with data of that layout there they load."""
    if "XIANSOU_DATA" not in file.read_text(encoding="utf-8"):
        assert load_suite(file).questions
        return
    monkeypatch.delenv("XIANSOU_DATA", raising=False)
    with pytest.raises(ConfigError, match="XIANSOU_DATA"):
        load_suite(file)
    for name in ("stard_law_zh", "dureader_zh", "scifact_en", "covid_long_en", "squad2_en", "xquad_en", "xquad_zh"):
        folder = tmp_path / "retrieval" / name
        folder.mkdir(parents=True)
        prefix = name.replace("_", "")
        for part, row in (
            ("corpus", {"id": f"{prefix}-0", "text": "x"}),
            ("queries", {"id": "q", "text": "x", "lang": name[-2:]}),
        ):
            with gzip.open(folder / f"{part}.jsonl.gz", "wt") as out:
                out.write(json.dumps(row))
        (folder / "qrels.json").write_text(json.dumps({"q": [f"{prefix}-0"]}))
        (folder / "answers.json").write_text(json.dumps({"q": {"答案文本": "对"}}))
    monkeypatch.setenv("XIANSOU_DATA", str(tmp_path))
    suite = load_suite(file)
    with gzip.open(suite.corpus, "rt") as lines:
        corpus = [json.loads(line)["id"] for line in lines]
    assert set(suite.questions[0].documents) <= set(corpus)
