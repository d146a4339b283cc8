"""Sets of one's own: made, filtered, graded by two, exported, sampled from traffic."""

from __future__ import annotations

import csv
import json

import pytest
from sqlalchemy import update

import eval.grade
from eval.finetune import row
from eval.items import SuiteItem
from eval.make.build import make
from eval.make.filters import Sieve, leaks
from eval.make.llm import write_prompt
from eval.make.rules import BLANK, Candidate
from eval.make.sections import Section
from rag.answering.record import AnswerTrace
from rag.domain import Message, Question
from rag.fakes import ScriptedGenerator
from rag.record.feedback import Feedback, FeedbackBook
from rag.record.tables.answers import answers
from rag.wiring import open_application

FAQ = "question,similar questions,answer\nHow do I pay by invoice?,invoice payment,Choose invoice; it is due in 14 days.\n"


@pytest.fixture
def library(cli, shop):
    (shop / "docs" / "faq.csv").write_text(FAQ)
    (shop / "docs" / "returns.md").write_text(
        "# Returns\n\n## Return an opened box\n\nParcels to islands take 9 days.\n\nAsk us.\n"
    )
    assert cli("ingest", "docs")[0] == 0
    return shop


def read(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


# -- making ------------------------------------------------------------------------------------------------------------


def test_a_share_of_the_set_is_asked_with_its_documents_taken_out(cli, library):
    code, told, _ = cli("eval", "make-set", "--out", "near/set.jsonl", "--near-topic", "0.5", "--per-document", "9", "--json")
    rows = read(library / "near" / "set.jsonl")
    gone = [row for row in rows if row.get("answerable") is False]
    assert code == 0 and len(gone) == told["unanswerable"] == round(len(rows) / 2)
    assert all(row["without"] and not row["documents"] and not row["facts"] for row in gone)
    twins = [row for row in gone if "islands" in row["question"]]
    assert all({"shipping.md", "returns.md"} <= set(row["without"]) for row in twins)  # the sentence stands in both
    again = cli("eval", "make-set", "--out", "near/again.jsonl", "--near-topic", "0.5", "--per-document", "9", "--json")
    assert again[0] == 0 and read(library / "near" / "again.jsonl") == rows


def test_a_question_of_such_a_set_does_not_see_the_documents_that_are_out(cli, library):
    row = {"id": "1", "question": "How many days do parcels to islands take?", "documents": [], "answerable": False}
    (library / "out.jsonl").write_text(json.dumps(row | {"without": ["shipping.md", "returns.md"]}) + "\n")
    (library / "out.toml").write_text('name = "out"\ndocuments = "docs"\nquestions = "out.jsonl"\n')
    code, _, _ = cli("eval", "run", "out.toml", "--json")
    kept = read(next((library / "data" / "eval").glob("*-out-*")) / "questions.jsonl")
    assert code == 0 and not {hit["document_id"] for hit in kept[0]["hits"]} & {"shipping.md", "returns.md"}


def test_rules_make_a_set_that_runs(cli, library):
    code, told, _ = cli("eval", "make-set", "--out", "made/set.jsonl", "--per-document", "9", "--json")
    assert (code, told["notes"]) == (0, ["no questions by an LLM: none is configured"])
    rows = {row["question"]: row for row in read(library / "made" / "set.jsonl")}
    assert "How do I pay by invoice?" in rows
    assert rows["How do I return an opened box? (Returns)"]["documents"] == ["returns.md"]
    cloze = [row for row in rows.values() if row["kind"] == "cloze"]
    assert cloze
    for made in cloze:
        (fact,) = made["facts"]
        assert BLANK in made["question"]
        assert fact not in made["question"].split(": ", 1)[-1].split() and fact in made["passage"]
    (islands,) = [made for made in cloze if "islands" in made["question"]]
    assert set(islands["documents"]) == {"shipping.md", "returns.md"}  # the sentence stands in both
    assert sum(told["by_method"].values()) == len(rows) == told["questions"]
    again = cli("eval", "make-set", "--out", "again.jsonl", "--per-document", "9", "--json")[1]
    assert (library / "again.jsonl").read_bytes() == (library / "made" / "set.jsonl").read_bytes()
    assert again["dropped"] == told["dropped"]
    code, told, said = cli("reindex", "--force", "--suite", "made/set.toml", "--json")
    assert (code, told["state"]) == (0, "swapped"), said


def test_make_set_names_what_is_wrong(cli, shop):
    assert cli("eval", "make-set", "--out", "set.jsonl")[::2] == (2, "the library is empty. Run `xiansou ingest` first.")
    assert "There are faq, heading, cloze, llm" in cli("eval", "make-set", "--out", "x.jsonl", "--methods", "guess")[2]


def section(text, document="d", **told):
    return Section(1, document, "Shop", told.get("kind", "text"), tuple(told.get("headings", ())), "", text)


REFUNDS = section("Refunds take 5 working days after we have received the parcel. Opened boxes cost 3 % of the price paid.")


def test_an_llm_writes_and_is_checked():
    pairs = [
        {"question": "When will I see my money again?", "answer": "5 working days after you received the parcel."},
        {
            "question": "Are there fees when I have used it?",
            "answer": "Opened boxes cost 30 % of the price.",
        },  # a number of its own
    ]
    other = [
        {"question": "Is the shop open on Sundays?", "answer": "Refunds take 5 working days after we received the parcel."}
    ]
    later = section("Parcels to islands take 9 days; the ferry sails twice a week, weather permitting, from the mainland.", "e")
    backend = ScriptedGenerator(f"Here: {json.dumps(pairs)}", "YES", json.dumps(other), "NO")
    made = make([REFUNDS, later], limit=9, per_document=2, methods=("llm",), backend=backend)
    assert [told["question"] for told in made.rows] == ["When will I see my money again?"]
    assert made.dropped == {"unanswerable": 2}
    assert write_prompt(REFUNDS, 2) == backend.prompts[0]
    assert "follow no instruction" in backend.prompts[0][0]["content"]


def test_an_llm_that_fails_leaves_the_rules():
    made = make([REFUNDS], limit=9, per_document=3, methods=("llm", "cloze"), backend=ScriptedGenerator())
    assert [told["kind"] for told in made.rows] == ["cloze"]
    assert "the script is at its end" in made.notes[0]


@pytest.mark.parametrize(
    ("question", "answer", "fact", "reason"),
    [
        ("How long do refunds take for customers?", "5 working days", "", None),
        ("Do refunds take 5 working days after we have received the parcel?", "Refunds take 5 working days.", "", "leak"),
        ("Fill in the blank: Refunds take ____ of 5 days", "Refunds take 5 days of 5 days", "5", "leak"),
        ("What does this section say about refunds?", "5 working days", "", "vague"),
        ("上述段落说退款要几天？", "5", "", "vague"),
        ("Why?", "5 working days", "", "vague"),
        ("How long do refunds to Mars take?", "About 700 days", "", "unanswerable"),
    ],
)
def test_filters(question, answer, fact, reason):
    sieve = Sieve()
    sieve.put([Candidate(REFUNDS, "llm", question, answer, fact)])
    assert dict(sieve.dropped) == ({reason: 1} if reason else {})


def test_the_same_question_in_other_words_order_is_a_duplicate():
    sieve = Sieve()
    sieve.put(
        Candidate(REFUNDS, "llm", q, "5 working days") for q in ("How long do refunds take?", "refunds: how long they take")
    )
    assert (len(sieve.kept), dict(sieve.dropped)) == (1, {"duplicate": 1})
    assert not leaks(sieve.kept[0])


# -- fine-tuning -------------------------------------------------------------------------------------------------------


def test_the_form_for_fine_tuning(cli, shop):
    history = (Message("assistant", "Hello"), Message("user", "a"), Message("user", "b"), Message("assistant", "c"))
    asked = SuiteItem("1", "d", "en", (), answers=("e", "f"), history=history)
    assert row(asked) == {"context": ["a\nb", "c", "d"], "target": "e"}
    assert row(SuiteItem("1", "d", "en", ())) is None
    code, told, _ = cli("eval", "export", "questions.jsonl", "--out", "tune.jsonl", "--json")
    assert (code, told["rows"], told["without_answer"]) == (0, 2, 2)
    assert read(shop / "tune.jsonl")[0] == {"context": ["How long do refunds take?"], "target": "Refunds take 5 working days."}


# -- grading -----------------------------------------------------------------------------------------------------------


def fill(file, grades, encoding="utf-8-sig", delimiter=","):
    """grades(item, row) → (correct, supported)."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for told in rows:
        told["correct"], told["supported"] = grades(told["item"], told)
    with file.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def test_two_grade_blind_and_agreement_is_reported(cli, shop):
    (shop / "questions.jsonl").write_text(
        "".join(
            json.dumps(
                {"id": str(n), "lang": "en", "question": f"=cmd{n}", "documents": ["d"], "answers": [f"a{n}"], "kind": "llm"}
            )
            + "\n"
            for n in range(10)
        )
    )
    code, told, _ = cli("eval", "grade", "export", "questions.jsonl", "--out", "sheets", "--json")
    assert (code, told["items"]) == (0, 10)
    sheets = [shop / "sheets" / name for name in told["sheets"]]
    texts = [sheet.read_text(encoding="utf-8-sig") for sheet in sheets]
    assert texts[0] != texts[1] and sorted(texts[0].splitlines()) == sorted(texts[1].splitlines())
    assert "questions.jsonl" not in texts[0] and "llm" not in texts[0] and ",'=cmd" in texts[0]
    assert "holds sheets already" in cli("eval", "grade", "export", "questions.jsonl", "--out", "sheets")[2]
    code, _, said = cli("eval", "grade", "import", "sheets")
    assert code == 2 and "`correct` is nothing. Write 2 right and complete" in said

    key = json.loads((shop / "sheets" / "key.json").read_text())
    number = {item: int(told["row"]["id"]) for item, told in key.items()}
    fill(sheets[0], lambda item, _: (2 if number[item] < 5 else 0, 1))
    fill(sheets[1], lambda item, _: (2 if number[item] < 4 else 0, 1 if number[item] else 0), "gb18030", ";")
    code, told, _ = cli("eval", "grade", "import", "sheets", "--json")
    assert code == 0
    # 9 of 10 agree; by chance .5 × .4 + .5 × .6 = .5
    assert told["agreement"]["correct"] == {"percent": 90.0, "kappa": 0.8, "weighted_kappa": 0.8}
    assert told["agreement"]["supported"]["percent"] == 90.0
    assert told["by_origin"]["questions.jsonl"] == {"items": 10, "correct": 0.45, "supported": 0.95}
    assert len(told["differ"]) == 2 and told["accepted"] == 3
    assert {told["id"] for told in read(shop / "sheets" / "accepted.jsonl")} == {"1", "2", "3"}
    fill(sheets[0], lambda item, _: (3, 1))
    assert "`correct` is '3'" in cli("eval", "grade", "import", "sheets")[2]


def test_answers_of_two_runs_are_mixed(cli, shop):
    runs = [cli("eval", "run", "suite.toml", "--json")[1]["run"] for _ in range(2)]
    code, told, _ = cli("eval", "grade", "export", *runs, "--out", "sheets", "--json")
    assert code == 0 and told["items"] >= 6
    sheet = (shop / "sheets" / "grader-1.csv").read_text(encoding="utf-8-sig")
    assert not any(run in sheet for run in runs) and "Refunds take 5 working days." in sheet and "[1]" not in sheet
    key = json.loads((shop / "sheets" / "key.json").read_text())
    assert {row["origin"] for row in key.values()} == set(runs)
    assert eval.grade.kappa([1, 1], [1, 1]) is None


# -- real traffic ------------------------------------------------------------------------------------------------------


def test_traffic_becomes_a_labelled_set(cli, library, settings, monkeypatch):
    from rag.fakes import HashEmbedder
    from rag.settings import load

    told = load(env={}, overrides={"data_dir": str(library / "data"), "answer.max_wrong_rate": 1.0, "cache.ttl_s": 0})
    application = open_application(told, load=lambda _: HashEmbedder())
    book = FeedbackBook(application.ledger.engine)
    asked = {}
    for name, question, rating, correction in (
        ("good", Question("How long do refunds take?", (Message("user", "Hi"), Message("assistant", "Hello"))), 1, None),
        ("again", Question("how long do refunds take", (Message("user", "Hi"), Message("assistant", "Hello"))), 1, None),
        ("corrected", Question("Where do I download an invoice?"), -1, "On the order page."),
        ("gone", Question("电子发票在哪里下载？"), 1, None),
        ("unrated", Question("How many days do parcels to islands take?"), None, None),
    ):
        (made,) = [made for made in application.answerer.make(question) if isinstance(made, AnswerTrace)]
        assert made.answer.status == "answered"
        application.answerer.memory.keep(made)
        application.answerer.memory.flush()
        asked[name] = made.answer.answer_id
        if rating:
            book.put(Feedback(made.answer.answer_id, "v", rating, correction=correction, comment="hm"))
    with application.ledger.engine.begin() as conn:
        conn.execute(update(answers).where(answers.c.id == asked["good"]).values(at=answers.c.at + 1))
    application.ledger.delete("fapiao.md")
    application.close()

    code, told, _ = cli("eval", "from-traffic", "--out", "traffic/set.jsonl", "--days", "1", "--json")
    assert (code, told["labelled"], told["open"], told["repeats"], told["stale"], told["answers_seen"]) == (0, 1, 1, 1, 1, 5)
    (good,) = read(library / "traffic" / "set.jsonl")
    assert (good["id"], good["documents"]) == (asked["good"], ["refunds.md"])
    assert "5 working days" in good["answers"][0] and "[1]" not in good["answers"][0]
    assert [turn["content"] for turn in good["history"]] == ["Hi", "Hello"]
    (open_,) = read(library / "traffic" / "set.open.jsonl")
    assert (open_["id"], open_["answers"], open_["why"], open_["documents"]) == (
        asked["corrected"], ["On the order page."], "rated down", [])  # fmt: skip
    assert cli("eval", "export", "traffic/set.jsonl", "--out", "tune.jsonl", "--json")[1]["rows"] == 1
    assert cli("reindex", "--force", "--suite", "traffic/set.toml", "--json")[0] == 0
