"""Conversations, the answer cache and the record of answers, with a real ledger and a real embedded Valkey."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from rag.answer import Answerer
from rag.answering.memory import Memory
from rag.domain import Answer, Message, Question, Scope, Sentence
from rag.errors import NotFound
from rag.fakes import ScriptedGenerator
from rag.record.engine import writing
from rag.record.erase import erase
from rag.record.feedback import Feedback
from rag.record.gaps import GapBook
from rag.runtime import metrics
from rag.runtime.remote import Remote
from rag.runtime.stores import EmbeddedValkey, open_redis
from rag.settings import Settings, load
from rag.wiring import Application

CANARY = "canaryzq9053"
QUESTION = Question("What is the code of the vault?", conversation_id="c1")


@pytest.fixture
def valkey(settings: Settings) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(settings.data_dir / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ask(application: Application, settings: Settings, valkey: EmbeddedValkey):
    """ask(*replies of an LLM, **settings) → an answerer with a memory of its own, as another process has it."""
    memories: list[Memory] = []

    def make(*replies: str, **overrides: object) -> Answerer:
        told = load(env={}, overrides={"data_dir": str(settings.data_dir), "answer.max_wrong_rate": 1.0, **overrides})
        memory = Memory(application.ledger, application.embedder, Remote(lambda: open_redis(told)), told)
        memories.append(memory)
        generator = ScriptedGenerator(*replies) if replies else None
        answerer = Answerer(application.answerer._retriever, application.embedder, generator, told, memory=memory)
        answerer.script = generator  # type: ignore[attr-defined]
        return answerer

    yield make
    for memory in memories:
        memory.close()


def history(answerer: Answerer, question: Question) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in answerer.memory.recall(question).history]


def hits() -> float:
    return metrics.CACHE_LOOKUPS.labels("hit")._value.get()


# -- conversations -----------------------------------------------------------------------------------------------------


def test_a_conversation_goes_on_in_another_process_and_is_its_owners_alone(put, ask):
    put("vault", "The code of the vault is 4417.")
    mine = replace(QUESTION, owner="key:1/visitor")
    ask().answer(mine)
    other = ask()
    assert history(other, mine) == [
        ("user", "What is the code of the vault?"),
        ("assistant", "The code of the vault is 4417."),
    ]
    assert history(other, replace(mine, owner="key:2")) == history(other, replace(mine, owner="")) == []
    assert history(other, replace(mine, conversation_id="c2")) == history(other, replace(mine, conversation_id=None)) == []


def test_a_follow_up_is_understood_from_what_is_remembered_and_from_what_the_client_sends(put, ask):
    put("b5", "The B5 camera is waterproof.", "The B5 camera costs 89 euros.")
    put("c2", "The C2 camera is not waterproof.", "The C2 camera costs 59 euros.")
    answerer = ask()

    def about(question: Question) -> str:
        return answerer.answer(question).citations[0].document_id

    about(Question("Is the B5 camera waterproof?", conversation_id="c"))
    assert about(Question("And what does it cost?", conversation_id="c")) == "b5"
    sent = (Message("user", "Is the C2"), Message("user", "camera waterproof?"), Message("assistant", "No."))
    assert about(Question("And what does it cost?", history=sent)) == "c2"
    # Two messages in a row stay two: the former may be a question that was stopped. A reply without a word is none.
    told = answerer.memory.recall(Question("x", history=(*sent, Message("assistant", " ")))).history
    assert [m.role for m in told] == ["user", "user", "assistant"]
    assert about(Question("And what does it cost?", history=sent, conversation_id="c")) == "c2"  # sent goes before kept


def test_turns_are_bounded_and_a_conversation_ends_with_its_lifetime(put, ask, settings):
    put("vault", "The code of the vault is 4417.")
    answerer = ask(**{"conversation.turns": 3, "conversation.lifetime_s": 60})
    for n in range(5):
        answerer.answer(Question(f"What is the code of vault {n}?", conversation_id="c"))
    assert [text for role, text in history(answerer, Question("x", conversation_id="c")) if role == "user"] == [
        f"What is the code of vault {n}?" for n in (2, 3, 4)
    ]
    with open_redis(settings) as client:
        (key,) = client.keys("xiansou:conversation:*")
        assert 0 < client.ttl(key) <= 60
        client.pexpire(key, 1)
        time.sleep(0.01)
    assert history(answerer, Question("x", conversation_id="c")) == []


@pytest.mark.parametrize("ended_by", ["replaced", "deleted", "closed"])
def test_the_text_of_a_document_leaves_the_memory_with_it(application, put, ask, ended_by):
    put("vault", "The code of the vault is 4417.", acl=("staff",) if ended_by == "closed" else ())
    asked = replace(QUESTION, scope=Scope(groups=("staff",)))
    answerer = ask()
    answerer.answer(asked)
    assert "4417" in history(answerer, asked)[1][1]
    if ended_by == "replaced":
        put("vault", "The code of the vault is 9999.")
    elif ended_by == "deleted":
        application.ledger.delete("vault")
    else:
        asked = replace(asked, scope=Scope(groups=("guests",)))
    assert history(answerer, asked)[1] == ("assistant", "(The documents behind this answer have been changed or deleted.)")


def test_a_refusal_is_remembered_as_one(put, ask):
    answerer = ask()
    answerer.answer(QUESTION)
    assert history(answerer, QUESTION)[1] == ("assistant", "(The documents had no answer.)")


def test_a_question_back_is_answered_by_a_number_or_by_an_option(put, ask):
    put("costs", "A parcel costs four coins.", title="Parcel costs")
    put("abroad", "A parcel goes to Norway in a week.", title="Parcels abroad")
    asked = ask(**{"answer.max_wrong_rate": 1e-9}).answer(Question("parcel", conversation_id="c"))
    assert (asked.status, asked.reason, asked.handoff.suggested) == ("clarify", None, False)
    assert set(asked.clarification.options) == {"Parcel costs", "Parcels abroad"}
    assert asked.clarification.question == asked.answer and "\n2. " in asked.answer
    answerer, place = ask(), 1 + asked.clarification.options.index("Parcels abroad")
    assert "Norway" in answerer.quiet().answer(answerer.memory.recall(Question(str(place), conversation_id="c"))).answer
    assert "Norway" in answerer.answer(Question("abroad", conversation_id="c")).answer


def test_small_talk_is_no_turn_of_the_conversation_nor_a_gap(application, put, ask):
    put("vault", "The code of the vault is 4417.")
    answerer = ask()
    answerer.answer(QUESTION)
    thanks = answerer.answer(replace(QUESTION, text="Thank you!"))
    assert (thanks.status, thanks.intent, thanks.citations) == ("chat", "thanks", ())
    assert [text for _, text in history(answerer, QUESTION)] == [QUESTION.text, "The code of the vault is 4417."]
    stored = answerer.memory.find(thanks.answer_id)
    assert (stored.status, stored.record["answer"]["intent"]) == ("chat", "thanks")
    answerer.memory.rate(Feedback(thanks.answer_id, "v", -1))
    assert GapBook(application.ledger.engine).questions() == []
    again = answerer.memory.replay(stored, answerer.make)
    assert again.identical


# -- without Redis -----------------------------------------------------------------------------------------------------


@pytest.mark.alone
def test_questions_are_answered_while_redis_is_gone_and_remembered_again_after(put, ask, valkey, monkeypatch):
    monkeypatch.setattr("rag.runtime.remote._DEAF_S", 0.1)
    put("vault", "The code of the vault is 4417.")
    answerer = ask()
    answerer.answer(QUESTION)
    with redis.Redis.from_url(valkey.url) as client:
        process = client.info("server")["process_id"]
    os.kill(process, signal.SIGKILL)
    valkey.stop()
    (valkey.folder / "lock").chmod(0)  # nobody can start another
    monkeypatch.setattr(EmbeddedValkey, "start", lambda self: (_ for _ in ()).throw(redis.ConnectionError("gone")))
    began = time.perf_counter()
    answer = answerer.answer(replace(QUESTION, history=(Message("user", "Is there a vault?"),)))
    assert (answer.status, time.perf_counter() - began < 1) == ("answered", True)
    assert history(answerer, QUESTION) == []
    assert answerer.memory.find(answer.answer_id).question == QUESTION.text  # the record needs no Redis
    monkeypatch.undo()
    (valkey.folder / "lock").chmod(0o600)
    valkey.start()
    time.sleep(5.1 if answerer.memory.conversations._remote._deaf_until > time.monotonic() + 1 else 0.15)
    answerer.answer(QUESTION)
    assert history(answerer, QUESTION)


# -- the cache ---------------------------------------------------------------------------------------------------------

REPLY = "The code of the vault is 4417 [1]."


def test_a_worded_answer_is_used_again_for_exactly_the_same_and_what_it_spared_is_counted(put, ask):
    put("vault", "The code of the vault is 4417.")
    first = ask(REPLY)
    worded = first.answer(Question("What is the code of the vault?"))
    second, before = ask("never said"), (hits(), metrics.CACHE_SAVED_TOKENS._value.get())
    events = list(second.stream(Question("what is the CODE  of the vault?")))
    again = events[-1]
    assert isinstance(again, Answer) and again.cached and not worded.cached
    assert (again.answer, again.citations) == (worded.answer, worded.citations)
    assert [e.text for e in events if isinstance(e, Sentence)] == [worded.answer]
    assert (again.usage.prompt_tokens, again.answer_id != worded.answer_id) == (0, True)
    assert second.script.prompts == []
    assert hits() == before[0] + 1
    assert (
        metrics.CACHE_SAVED_TOKENS._value.get() - before[1] == worded.usage.prompt_tokens + worded.usage.completion_tokens > 0
    )
    assert second.memory.find(again.answer_id).cached_from == worded.answer_id


@pytest.mark.parametrize(
    "other",
    [
        {"question": Question("What is the code of the vault, please?")},
        {
            "question": Question(
                "What is the code of the vault?", history=(Message("user", "Is it deep?"), Message("assistant", "Yes."))
            )
        },
        {"question": Question("What is the code of the vault?", language="zh")},
        {"question": Question("What is the code of the vault?", scope=Scope(groups=("staff",)))},
        {"question": Question("What is the code of the vault?", scope=Scope("default"))},
        {"generator.temperature": 0.5},
        {"generator.system": "You are a pirate."},
        {"cache.ttl_s": 0},
    ],
)
def test_anything_else_is_worded_anew(put, ask, other):
    put("vault", "The code of the vault is 4417.")
    ask(REPLY).answer(Question("What is the code of the vault?"))
    question = other.pop("question", Question("What is the code of the vault?"))
    answerer = ask(REPLY, **other)
    assert not answerer.answer(question).cached
    assert len(answerer.script.prompts) == 1


def test_an_edit_of_any_passage_in_the_prompt_is_another_answer_at_once(application, put, ask):
    put("vault", "The code of the vault is 4417.", "The vault is in the cellar.")
    question = Question("What is the code of the vault?")
    answerer = ask(REPLY, REPLY, "The code of the vault is 9999 [1].", REPLY)
    answerer.answer(question)
    put("other", "A vault of another house.")  # a passage more among the hits
    assert not answerer.answer(question).cached
    put("vault", "The code of the vault is 9999.", "The vault is in the cellar.")
    assert "9999" in answerer.answer(question).answer
    application.ledger.delete("vault")
    assert "4417" not in answerer.answer(question).answer
    assert "9999" not in answerer.answer(question).answer


def test_no_stale_answer_under_random_edits(application, put, ask):
    """100 random edits and questions: each answer shows the code that the record holds at that moment."""
    import random

    rng, codes = random.Random(6), {}
    answerer, cached = ask(), 0
    for step in range(100):
        name = rng.choice(["vault", "safe", "door"])
        if rng.random() < 0.2 or not codes:
            codes[name] = str(1000 + step)
            put(name, f"The code of the {name} is {codes[name]}.")
        elif rng.random() < 0.05 and name in codes:
            application.ledger.delete(name)
            del codes[name]
        answer = answerer.answer(Question(f"What is the code of the {name}?"))
        cached += answer.cached
        shown = {word.strip(".") for word in answer.answer.split() if word.strip(".").isdigit()}
        assert shown <= set(codes.values())
        if name in codes:
            assert codes[name] in shown
    assert cached > 10


# -- the record --------------------------------------------------------------------------------------------------------


def test_an_answer_that_was_returned_can_be_fetched_at_once_by_everyone_who_may(put, ask):
    put("vault", "The code of the vault is 4417.")
    answerer, other = ask(), ask()
    for n in range(50):
        answer = answerer.answer(Question(f"What is the code of vault {n}?", owner="key:1"))
        found = other.memory.find(answer.answer_id, "key:1")
        assert found.record["answer"]["answer"] == answer.answer
    with pytest.raises(NotFound):
        other.memory.find(answer.answer_id, "key:2")


@pytest.mark.alone
def test_a_ledger_that_is_being_written_to_does_not_hold_answers_up(application, put, ask):
    put("vault", "The code of the vault is 4417.")
    answerer, other = ask(), ask()
    answerer.answer(Question("What is the code?"))  # warm
    release, held = threading.Event(), threading.Event()

    def write() -> None:
        with writing(application.ledger.engine):
            held.set()
            release.wait(5)

    writer = threading.Thread(target=write)
    writer.start()
    held.wait()
    began = time.perf_counter()
    answer = answerer.answer(Question("What is the code of the vault?"))
    took = time.perf_counter() - began
    assert took < 0.5
    assert answerer.memory.find(answer.answer_id).id == answer.answer_id  # from memory, at once
    threading.Timer(0.2, release.set).start()
    assert other.memory.find(answer.answer_id).id == answer.answer_id  # another process waits for it
    writer.join()


def test_nothing_is_kept_when_that_is_told(put, ask):
    put("vault", "The code of the vault is 4417.")
    answerer = ask(**{"answers.store": "none"})
    answer = answerer.answer(Question("What is the code of the vault?"))
    assert answer.status == "answered"
    with pytest.raises(NotFound):
        answerer.memory.find(answer.answer_id)
    assert not answerer.answer(Question("What is the code of the vault?")).cached


# -- erasure -----------------------------------------------------------------------------------------------------------


def bytes_below(folder: Path, needle: str) -> list[str]:
    return [str(f) for f in folder.rglob("*") if f.is_file() and needle.encode() in f.read_bytes()]


def test_an_erased_document_leaves_no_byte_in_record_cache_and_conversations(application, put, ask, settings, valkey):
    put("vault", f"The code of the vault is {CANARY}.", f"The vault is in {CANARY} street.", title=f"title {CANARY}")
    put("other", "The garden opens at nine.")
    answerer = ask(f"The code of the vault is {CANARY} [1].", "The garden opens at nine [1].")
    quoting = answerer.answer(QUESTION)
    assert CANARY in quoting.answer
    answerer.answer(replace(QUESTION, text="Again: what is the code of the vault?", generator="extractive"))
    sent = (Message("user", "The code?"), Message("assistant", quoting.answer))
    scope = Scope(collections=("elsewhere",))  # nothing is found there (an unknown field would be an error)
    answerer.answer(Question("When does the garden open?", history=sent, scope=scope))
    with redis.Redis.from_url(valkey.url) as client:
        assert client.keys("xiansou:conversation:*")
        assert client.keys("xiansou:answer:*")
    time.sleep(1.1)  # the append-only file is written every second
    assert any("redis" in place and "aof" in place for place in bytes_below(settings.data_dir, "vault"))  # questions are there
    assert bytes_below(settings.data_dir, CANARY)
    assert not [place for place in bytes_below(settings.data_dir, CANARY) if "redis" in place]
    application.close()
    answerer.memory.close()
    erase(application.ledger.engine, settings.data_dir, "vault")
    assert bytes_below(settings.data_dir, CANARY) == []
    assert history(answerer, QUESTION)[1] == ("assistant", "(The documents behind this answer have been changed or deleted.)")
    with pytest.raises(NotFound):
        answerer.memory.find(quoting.answer_id)


# -- replay ------------------------------------------------------------------------------------------------------------


def test_an_answer_of_an_llm_is_made_again_and_a_difference_is_shown_with_its_cause(application, put, ask):
    put("vault", "The code of the vault is 4417.", "The vault is in the cellar.")
    first = ask(REPLY)
    stored = first.memory.find(first.answer(Question("What is the code of the vault?")).answer_id)
    put("vault", "The code of the vault is 9999.")
    same = ask(REPLY)
    again = same.memory.replay(stored, same.make)
    assert (again.identical, again.differences) == (True, ())
    for shift, differ in ((0.001, []), (0.1, ["candidates"])):  # the first is within what deleted passages do to BM25
        moved = [one | {"score": one["score"] + shift} for one in stored.record["candidates"]]
        once_more = ask(REPLY)
        told = once_more.memory.replay(replace(stored, record=stored.record | {"candidates": moved}), once_more.make)
        assert [one.part for one in told.differences] == differ
    assert same.script.prompts == first.script.prompts
    assert not [message for message in stored.record["prompt"] if "4417" in message["content"]]  # only its mark
    other = ask("The vault is in the cellar [2].", **{"generator.system": "You are a pirate."})
    told = other.memory.replay(stored, other.make)
    parts = [one.part for one in told.differences]
    assert not told.identical
    assert parts[0] == "settings.profile.generator.system"
    assert {"prompt", "raw", "answer"} <= set(parts)
    assert "+You are a pirate." in next(one.diff for one in told.differences if one.part == "prompt")
