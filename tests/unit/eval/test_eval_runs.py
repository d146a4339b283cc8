"""Runs: asked, kept, resumed, listed, compared, shown."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

import eval.run
from rag.answer import Answerer


def test_a_run_measures_and_is_kept(cli, shop):
    code, told, _ = cli("eval", "run", "suite.toml", "--json")
    assert (code, told["passed"], told["metrics"]["questions"]) == (0, True, 4)
    assert told["metrics"]["recall_at_1"] == told["metrics"]["mrr"] == told["metrics"]["ndcg_at_10"] == 1
    expected = (
        "precision_at_5 first_citation facts citation_precision citation_recall support exact_match f1 contains rouge_l bleu "
        "aurc false_refusal wrong_answer wrong_rate refusal_accuracy p50_ms p95_ms prompt_tokens"
    )
    assert set(expected.split()) - told["metrics"].keys() == set()
    assert told["metrics"]["exact_match"] == 0.5  # one answer is its reference, the other a longer sentence
    assert told["metrics"]["contains"] == told["metrics"]["support"] == 1
    assert set(told["by_language"]) == {"en", "zh"}
    assert set(told["by_type"]) == {"fact"}
    low, high = told["intervals"]["f1"]
    assert low <= told["metrics"]["f1"] <= high
    assert {"id", "rank", "answered", "first_citation", "facts", "milliseconds"} <= told["questions"][0].keys()
    kept = json.loads((shop / "data" / "eval" / told["run"] / "run.json").read_text())
    assert kept["fingerprint"] and kept["program"]["xiansou"] and kept["configuration"]["retrieval"]["top_k"] == 5
    assert (shop / "data" / "eval" / told["run"] / "questions.jsonl").read_text().count("\n") == 4


def test_secrets_and_places_are_not_kept(cli, shop, monkeypatch):
    monkeypatch.setenv("XIANSOU__GENERATOR__API_KEY", "s3cret-key")
    first = cli("eval", "run", "suite.toml", "--json", "--only-retrieval")[1]
    monkeypatch.setenv("XIANSOU__SERVER__PORT", "9999")
    second = cli("eval", "run", "suite.toml", "--json", "--only-retrieval")[1]
    told = [json.loads((shop / "data" / "eval" / run["run"] / "run.json").read_text()) for run in (first, second)]
    assert told[0]["fingerprint"] == told[1]["fingerprint"]
    assert "s3cret" not in json.dumps(told)
    assert str(shop) not in json.dumps(told[0]["configuration"])


def test_only_retrieval_and_limit(cli, shop):
    (shop / "suite.toml").write_text((shop / "suite.toml").read_text() + "facts = 0.5\n")
    code, told, _ = cli("eval", "run", "suite.toml", "--json", "--only-retrieval", "--limit", "3")
    assert (code, told["metrics"]["questions"]) == (0, 3)
    assert "facts" not in told["metrics"] and "p50_ms" not in told["metrics"] and told["questions"][0]["answered"] is None
    assert told["notes"] == ["not checked without answers: facts"]


def test_a_threshold_that_is_not_reached_or_not_measured_fails(cli, shop):
    suite = (shop / "suite.toml").read_text()
    (shop / "suite.toml").write_text(suite.replace("0.9", "1.1") + "perplexity = 1\nmax_p50_ms = 100000\n")
    code, told, _ = cli("eval", "run", "suite.toml", "--json")
    assert code == 1
    assert told["failed_thresholds"] == ["recall_at_5: 1.0 (threshold 1.1)", "perplexity: not measured (threshold 1.0)"]


def test_a_stopped_run_goes_on_and_the_library_is_kept(cli, shop, monkeypatch):
    asked, ask = [], eval.run.ask_one

    def stop(question, *rest, **more):
        if len(asked) == 2:
            raise ZeroDivisionError
        asked.append(question.id)
        return ask(question, *rest, **more)

    monkeypatch.setattr(eval.run, "ask_one", stop)
    with pytest.raises(ZeroDivisionError):
        cli("eval", "run", "suite.toml", "--keep", "kept", "--json")
    (file,) = (shop / "kept" / "asked").iterdir()
    with file.open("a") as out:
        out.write('{"id": "3", "cut o')
    asked.clear()
    monkeypatch.setattr(eval.run, "ask_one", lambda question, *r, **m: (asked.append(question.id), ask(question, *r, **m))[1])
    code, told, _ = cli("eval", "run", "suite.toml", "--keep", "kept", "--json")
    assert (code, asked, told["metrics"]["questions"], told["ingest"]["unchanged"]) == (0, ["3", "4"], 4, 4)
    assert list((shop / "kept" / "asked").iterdir()) == []


def test_a_public_set_runs_by_its_folder(cli, shop):
    folder = shop / "public"
    folder.mkdir()
    rows = [{"id": "a", "title": "", "text": "Cats purr."}, {"id": "b", "title": "Dogs", "text": "They bark.\n\nLoud."}]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    queries = [{"id": "1", "text": "Do cats purr?", "lang": "en"}, {"id": "2", "text": "Dogs bark", "lang": "en"}]
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in queries))
    (folder / "qrels.json").write_text(json.dumps({"1": ["a", "b"], "2": {"b": 1}}))
    code, told, _ = cli("eval", "run", "public", "--only-retrieval", "--keep", "kept", "--json")
    assert (code, told["ingest"]["added"], told["metrics"]["recall_at_1"], told["metrics"]["success_at_1"]) == (0, 2, 0.75, 1)
    assert cli("eval", "run", "public", "--only-retrieval", "--keep", "kept", "--json")[1]["ingest"]["unchanged"] == 2
    (folder / "corpus.jsonl").write_text('{"id": "a", "title": ""}\n')
    assert cli("eval", "run", "public", "--json")[::2] == (
        2,
        '`text` must be a text. A line is {"id": "…", "title": "…", "text": "…"}.',
    )


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.addresses, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "input", "br", "line", "polyline", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("line", "polyline", "circle"):
            assert self.open.pop() == tag


def test_two_runs_compared(cli, shop, monkeypatch):
    first = cli("eval", "run", "suite.toml", "--json")[1]["run"]
    (shop / "docs" / "fapiao.md").write_text("# <b>Other</b>\n\nNothing of that kind.\n")
    monkeypatch.setenv("XIANSOU__RETRIEVAL__TOP_K", "1")
    second = cli("eval", "run", "suite.toml", "--json")[1]["run"]
    assert [run["id"] for run in cli("eval", "list", "--json")[1]["runs"]] == [first, second]
    code, told, _ = cli("eval", "compare", first, "latest", "--json", "--html", "report.html")
    assert (code, told["kind"], told["same_documents"], told["questions"]) == (0, "configurations", False, 4)
    assert told["differences"] == [{"setting": "retrieval.top_k", "a": 5, "b": 1}]
    row = next(row for row in told["metrics"] if row["metric"] == "recall_at_1")
    assert (row["wins"], row["losses"], row["ties"], row["difference"]) == (0, 1, 2, pytest.approx(-1 / 3, abs=1e-4))
    (flip,) = [flip for flip in told["flipped"] if flip["id"] == "3"]
    assert not flip["won"] and flip["a"]["hits"][0]["right"] and "电子发票" in flip["a"]["hits"][0]["text"]
    html = (shop / "report.html").read_text()
    page = Page()
    page.feed(html)
    assert page.open == [] and page.addresses == [] and not re.search(r"@import|url\(|https?:", html)
    assert html.count("<svg") == 5 and "电子发票在哪里下载？" in html and "<b>Other</b>\n" not in html
    assert cli("eval", "report", "latest~1", "--html", "one.html", "--json")[1]["run"] == first
    assert cli("eval", "compare", first, second)[2].count("recall_at_1 ") == 1
    code, _, said = cli("eval", "compare", first, "nonsense")
    assert code == 2 and "there is no run 'nonsense'" in said


def test_two_dates_of_one_configuration(cli):
    for _ in range(2):
        assert cli("eval", "run", "suite.toml", "--json")[0] == 0
    told = cli("eval", "compare", "latest~1", "latest", "--json")[1]
    assert (told["kind"], told["differences"], told["same_documents"], told["flipped"]) == ("dates", [], True, [])
    assert all(row["permutation"] is None for row in told["metrics"] if not row["metric"].endswith(("ms", "milliseconds")))


def test_two_configurations_are_measured_and_compared_in_one_go(cli, shop):
    (shop / "a.toml").write_text("[retrieval]\ntop_k = 5\n")
    (shop / "b.toml").write_text("[answer]\nmax_wrong_rate = 1\n[retrieval]\ntop_k = 2\n")
    arguments = ("eval", "compare", "a.toml", "b.toml", "--suite", "suite.toml", "--only-retrieval", "--limit", "3")
    code, told, _ = cli(*arguments, "--keep", "kept", "--json")
    assert (code, told["questions"], told["same_documents"]) == (0, 3, True)
    assert told["differences"] == [{"setting": "retrieval.top_k", "a": 5, "b": 2}]
    assert {place.name for place in (shop / "kept").iterdir()} == {"a", "b"}
    assert cli("eval", "compare", "gone.toml", "b.toml", "--suite", "suite.toml")[0] == 2


def test_every_measured_name_is_known_and_listed(cli):
    told = cli("eval", "run", "suite.toml", "--json")[1]["metrics"]
    known = cli("eval", "metrics", "--json")[1]["metrics"]
    assert {re.sub(r"_at_\d+$", "_at_K", name) for name in told} <= known.keys()


def test_history_is_asked_with_the_question(cli, shop, monkeypatch):
    seen, retrieve = [], Answerer.retrieve
    monkeypatch.setattr(Answerer, "retrieve", lambda self, question: (seen.append(question), retrieve(self, question))[1])
    row = {"id": "1", "lang": "en", "question": "And boxes?", "documents": ["refunds.md"],
           "history": [{"role": "user", "content": "What do refunds cost?"}]}  # fmt: skip
    (shop / "questions.jsonl").write_text(json.dumps(row))
    assert cli("eval", "run", "suite.toml", "--json")[0] == 0
    assert {question.history[0].content for question in seen} == {"What do refunds cost?"}
