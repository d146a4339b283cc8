"""The gate of a re-index: what does not measure well, or cannot be measured, never goes live."""

from __future__ import annotations

import json

import pytest

import eval.gate
import rag.wiring
from rag.fakes import HashEmbedder
from rag.record.generations import live_generation


class Contrary(HashEmbedder):
    """Finds what is least like the question."""

    model_id = "contrary"

    def embed_queries(self, texts):
        return -super().embed_queries(texts)

    def query_tokens(self, text):
        return -super().query_tokens(text)


@pytest.fixture
def library(cli, shop, monkeypatch):
    """A library of the suite's documents, and settings that want another generation."""
    monkeypatch.setattr(
        rag.wiring, "embedder_loader", lambda s, **_: lambda name: HashEmbedder() if name == "one" else HashEmbedder(96)
    )
    monkeypatch.setenv("XIANSOU__EMBEDDING__MODEL", "one")
    assert cli("ingest", "docs")[0] == 0
    monkeypatch.setenv("XIANSOU__EMBEDDING__MODEL", "two")
    return shop


def live(shop) -> int | None:
    from rag.record.ledger import Ledger

    ledger = Ledger.open(f"sqlite:///{shop / 'data' / 'ledger.db'}")
    with ledger.engine.connect() as conn:
        told = live_generation(conn)
    ledger.close()
    return told


def test_a_suite_that_passes_lets_it_go_live(cli, library):
    (library / "suite.toml").write_text(
        (library / "suite.toml").read_text() + "ndcg_at_10 = 0.9\nsupport = 0.9\nmax_p99_ms = 60000\n"
    )
    code, told, _ = cli("reindex", "--suite", "suite.toml", "--json")
    assert (code, told["state"], told["gate"]) == (0, "swapped", [])
    (kept,) = cli("eval", "list", "--json")[1]["runs"]
    assert (kept["suite"], kept["passed"], kept["metrics"]["recall_at_1"]) == ("reindex-shop", True, 1)
    assert live(library) == 2


@pytest.mark.parametrize(
    ("threshold", "reason"),
    [
        ("recall_at_1 = 1.01", "recall_at_1: 1.0 (threshold 1.01)"),
        ("max_p50_ms = 0.0001", "max_p50_ms: "),
        ("perplexity = 5", "perplexity: not measured (threshold 5.0)"),
        ("judged_correct = 0.1", "judged_correct: not measured"),
    ],
)
def test_a_threshold_refuses_whatever_its_metric(cli, library, threshold, reason):
    (library / "suite.toml").write_text((library / "suite.toml").read_text() + threshold)
    code, _, said = cli("reindex", "--suite", "suite.toml", "--json")
    assert code == 1
    assert f"refused: {reason}" in said
    assert live(library) == 1


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        (None, "cannot read the suite"),
        ("name = ", "not valid TOML"),
        ('name = "x"\ndocuments = "docs"\nquestions = "gone.jsonl"\n[thresholds]\nmrr = 0.1', "gone.jsonl"),
        ('name = "x"\ndocuments = "docs"\nquestions = "questions.jsonl"', "no thresholds"),
        ('name = "x"\ndocuments = "docs"\nquestions = "questions.jsonl"\n[thresholds]\nmmr = 0.1', "no metric `mmr`"),
    ],
)
def test_a_suite_that_is_missing_or_broken_refuses_before_anything_is_built(cli, library, monkeypatch, suite, said):
    if suite is None:
        (library / "suite.toml").unlink()
    else:
        (library / "suite.toml").write_text(suite)
    monkeypatch.setenv("XIANSOU__REINDEX__SUITE", "suite.toml")
    code, _, told = cli("reindex", "--json")
    assert code == 2
    assert said in told
    assert live(library) == 1


def test_an_exception_while_measuring_refuses(cli, library, monkeypatch):
    def fail(*_):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(eval.gate, "ask_one", fail)
    code, _, said = cli("reindex", "--suite", "suite.toml", "--json")
    assert code == 1
    assert "refused: the check itself failed: RuntimeError: disk on fire" in said
    assert live(library) == 1


def test_a_generation_that_finds_less_is_refused_without_any_suite(cli, library, monkeypatch):
    for n in range(40):
        (library / "docs" / f"item{n}.md").write_text(f"# Item {n}\n\nThe code of item{n} is {n * 111}, its colour {n * 7}.\n")
    monkeypatch.setenv("XIANSOU__EMBEDDING__MODEL", "one")
    assert cli("ingest", "docs")[0] == 0
    monkeypatch.setenv("XIANSOU__EMBEDDING__MODEL", "two")
    monkeypatch.setattr(
        rag.wiring, "embedder_loader", lambda s, **_: lambda name: HashEmbedder() if name == "one" else Contrary()
    )
    code, _, said = cli("reindex", "--json")
    assert code == 1
    assert "sampled passages' documents in the first 5, the live one" in said
    assert live(library) == 1


def test_questions_of_the_suite_are_those_of_the_file(cli, library):
    """A suite whose questions name documents that the library has not cannot pass."""
    row = {"id": "1", "lang": "en", "question": "Refunds?", "documents": ["elsewhere.md"]}
    (library / "questions.jsonl").write_text(json.dumps(row))
    code, _, _ = cli("reindex", "--suite", "suite.toml")
    assert code == 1
    assert live(library) == 1
