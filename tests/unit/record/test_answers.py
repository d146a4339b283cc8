"""The record of answers: whose it is, how long it is kept, and that an erased document leaves it."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from rag.errors import NotFound
from rag.record.answers import Answers, Stored, store
from rag.record.engine import writing
from rag.record.erase import erase
from rag.record.feedback import Feedback, FeedbackBook
from rag.record.tables.answers import answer_sources, answers, feedback

CANARY = "The vault code is canaryzq4417 and nobody else knows it."


def stored(key: str, **told: object) -> Stored:
    values = {
        "id": key, "at": time.time(), "owner": "", "conversation_id": None, "profile": "xiansou", "collection": None,
        "status": "answered", "reason": None, "generator": "extractive", "index_version": 0, "fingerprint": "f",
        "cached_from": None, "question": "What?", "query": "What?", "history": (), "model": None, "vector": None,
        "record": {"answer": {"answer": ""}},
    }  # fmt: skip
    return Stored(**values | told)  # type: ignore[arg-type]


def keep(application, *kept: Stored) -> None:
    with writing(application.ledger.engine) as conn:
        store(conn, kept)


def test_an_answer_is_its_owners_alone(application):
    keep(application, stored("a", owner="key:1", sources=("d1", "d2")), stored("b", owner="key:2"))
    book = Answers(application.ledger.engine)
    assert book.get("a", "key:1").sources == ("d1", "d2")
    assert book.get("a").owner == "key:1"
    for key, owner in (("a", "key:2"), ("a", ""), ("c", None)):
        with pytest.raises(NotFound):
            book.get(key, owner)
    assert book.remove(["a", "b"], "key:2") == ["b"]
    assert [one.id for one in book.page()] == ["a"]


def test_pages_go_back_in_time_and_none_is_left_out_or_told_twice(application):
    keep(application, *(stored(f"a{n}", at=100.0 + n // 2) for n in range(9)))
    book, seen, before = Answers(application.ledger.engine), [], None
    while page := book.page(before=before, limit=2):
        seen += [one.id for one in page]
        before = page[-1].at, page[-1].id
    assert seen == [f"a{n}" for n in reversed(range(9))]
    assert len(book.page(since=103.0)) == 3


def test_feedback_is_one_a_visitor_and_the_last_word_counts(application):
    keep(application, stored("a", owner="key:1"))
    book = FeedbackBook(application.ledger.engine)
    first = book.put(Feedback("a", "v1", -1, reason="wrong"), "key:1")
    assert book.put(Feedback("a", "v1", -1, reason="wrong"), "key:1") == first
    changed = book.put(Feedback("a", "v1", 1), "key:1")
    book.put(Feedback("a", "v2", -1, correction="It is 5 days."), "key:1")
    assert (changed.rating, changed.reason, changed.at) == (1, None, first.at)
    assert [(one.visitor, one.rating) for one in book.of("a")] == [("v1", 1), ("v2", -1)]
    assert sorted(Answers(application.ledger.engine).get("a").ratings) == [-1, 1]
    assert [one.id for one in Answers(application.ledger.engine).page(rated=-1)] == ["a"]
    with pytest.raises(NotFound):
        book.put(Feedback("a", "v1", 1), "key:2")


def test_what_is_older_than_it_is_kept_goes_with_all_that_was_said_of_it(application):
    keep(application, stored("old", at=1.0, sources=("d",)), stored("new"))
    FeedbackBook(application.ledger.engine).put(Feedback("old", "v", 1))
    assert Answers(application.ledger.engine).remove_before(time.time() - 60) == 1
    with application.ledger.engine.connect() as conn:
        assert [row.id for row in conn.execute(select(answers))] == ["new"]
        assert not conn.execute(select(feedback)).all() + conn.execute(select(answer_sources)).all()


def test_erasing_a_document_removes_what_was_made_from_it_and_what_quotes_it(application, put, settings):
    put("secret", CANARY, "Something else stands here as well.")
    put("other", "Parcels take five days.")
    history = ({"role": "assistant", "content": f"{CANARY} [1]"},)
    said = {"answer": {"answer": "In other words: the number is canaryzq4417 indeed. [1]"}}
    reworded = ({"role": "assistant", "content": "In other words: the number is canaryzq4417 indeed. [1]"},)
    keep(
        application,
        stored("made", sources=("secret", "other"), record=said),
        stored("quotes", history=history),
        stored("quotes-llm", history=reworded),
        stored("other", sources=("other",), history=({"role": "user", "content": "And the parcels, when do they come?"},)),
    )
    FeedbackBook(application.ledger.engine).put(Feedback("other", "v1", -1, comment=f"You said before:\n{CANARY}"))
    FeedbackBook(application.ledger.engine).put(Feedback("other", "v2", 1))
    erase(application.ledger.engine, settings.data_dir, "secret")
    assert [one.id for one in Answers(application.ledger.engine).page()] == ["other"]
    assert [one.visitor for one in FeedbackBook(application.ledger.engine).of("other")] == ["v2"]
    left = [f for f in settings.data_dir.rglob("*") if f.is_file() and b"canaryzq4417" in f.read_bytes()]
    assert left == []


def test_an_answer_that_is_written_after_the_erasure_of_its_document_is_not_written(application, put, settings):
    put("secret", CANARY)
    before = application.ledger.head()
    erase(application.ledger.engine, settings.data_dir, "secret")
    put("secret", "A new beginning.")
    keep(application, stored("late", index_version=before, sources=("secret",)))
    keep(application, stored("new", index_version=application.ledger.head(), sources=("secret",)))
    assert [one.id for one in Answers(application.ledger.engine).page()] == ["new"]
