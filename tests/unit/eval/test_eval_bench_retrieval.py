"""`bench retrieval`: every method over the same passages, ours first."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from eval.bench import retrieval
from eval.bench.frameworks import FRAMEWORKS, Corpus, installed
from eval.dataset import load_suite
from rag.settings import load


def test_the_command_tells_each_method_and_what_they_amount_to(cli):
    code, told, _ = cli("bench", "retrieval", "suite.toml", "--json")
    assert code == 0
    (row,) = told["suites"]
    assert (row["suite"], row["passages"], row["questions"]) == ("shop", 5, 3)  # the fourth has no answer
    assert list(row["methods"]) == ["xiansou", "dense", "bm25", "minimal"]
    ours = row["methods"]["xiansou"]
    assert ours["ndcg_at_10"] == 1.0
    assert ours["p99_ms"] >= ours["p50_ms"] > 0
    assert row["methods"]["bm25"]["recall_at_10"] == 1.0
    better = max(row["methods"][side]["ndcg_at_10"] for side in ("dense", "bm25"))
    assert told["macro_ratio"] == told["least_ratio"] == row["ratio"] == pytest.approx(1 / better, abs=1e-3)
    assert row["ahead_of_all"] is True
    code, _, printed = cli("bench", "retrieval", "suite.toml", "--limit", "1", "--keep", "kept")
    assert code == 0
    assert "1 questions" in printed
    assert "× 1.0" in printed


def test_a_suite_without_answers_is_refused_before_anything_is_read(cli, shop):
    (shop / "questions.jsonl").write_text('{"id": "4", "question": "食堂几点开饭？", "documents": []}\n', encoding="utf-8")
    code, _, said = cli("bench", "retrieval", "suite.toml", "--keep", "kept")
    assert (code, (shop / "kept").exists()) == (2, False)
    assert "no question has a document" in said


class Backwards:
    """A framework that gives the passages in reverse, and remembers what it was built over and asked."""

    made: list[Backwards] = []  # noqa: RUF012

    def __init__(self, corpus: Corpus):
        self.corpus, self.asked = corpus, []
        Backwards.made.append(self)

    def search(self, question, vector, k):
        self.asked.append(question)
        return list(reversed(self.corpus.ids))[:k]


def test_a_framework_gets_the_texts_and_once_more_our_words(shop):
    seen: list[tuple[str, int, int]] = []

    @contextmanager
    def bars(label, unit):
        yield lambda done, total: seen.append((f"{label} {unit}", done, total))

    suite = load_suite(shop / "suite.toml")
    told = retrieval.measure(load(), [suite], {"backwards": Backwards}, 10, None, bars)
    row = told["suites"][0]
    assert [name for name in row["methods"] if "backwards" in name] == ["backwards", "backwards, our words"]
    own, cut = Backwards.made
    assert any("退款需要 5 个工作日到账" in text for text in own.corpus.texts)
    assert any("退款 需要" in text for text in cut.corpus.texts)
    assert np.allclose(np.linalg.norm(own.corpus.vectors, axis=1), 1)
    assert "How long do refunds take?" in own.asked
    assert "long refund take" in " ".join(cut.asked)
    last = {label: (done, total) for label, done, total in seen}
    assert last == {"shop: ingest files": (4, 4), "shop: backwards builds": (2, 2), "shop: ask questions": (3, 3)}
    worse = row["methods"]["backwards"]["ndcg_at_10"]
    assert row["ahead_of_all"] is (row["methods"]["xiansou"]["ndcg_at_10"] >= worse)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_installed_framework_finds_by_words_and_by_vector(name):
    if name not in installed():
        pytest.skip(f"{name} is not installed")
    rows = np.eye(4, dtype=np.float32)
    made = FRAMEWORKS[name][0](Corpus(list("abcd"), ["red apples", "green pears", "blue plums", "black grapes"], rows))
    assert made.search("blue plums", rows[2], 4)[0] == "c"
    assert "a" in made.search("green pears", rows[0], 2)
