"""Makes an answer again, from the library as it was, and says what is not the same and why."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from rag.answering.record import AnswerTrace, Messages, answer_of, digest, passages_in, question_of, unmarked
from rag.domain import Answer, Question, Sentence
from rag.record.answers import Stored

Make = Callable[[Question], Iterator[Sentence | AnswerTrace]]
Texts = Mapping[int, tuple[str, str]]

# BM25's statistics count passages that were deleted until their segment is merged, and a process that has just built its index
# never saw them: scores of the same search differ by less than this.
_SLACK = 0.002

# Of one reply, not of its making.
_OWN = ("answer_id", "conversation_id", "timings_ms", "cached")


@dataclass(frozen=True, slots=True)
class Difference:
    """`part`: what is not the same (`settings.…`, `query`, `candidates`, `prompt`, `raw`, `answer`); `diff`: of long texts."""

    part: str
    then: Any
    now: Any
    diff: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """`identical`: the reply has the same bytes, but for its id, time and conversation, and for scores within `_SLACK`.

    `differences`: causes first.
    """

    stored: Stored
    then: Answer
    now: Answer
    identical: bool
    differences: tuple[Difference, ...]


def replay(stored: Stored, make: Make, settings: Mapping[str, Any], texts: Texts, head: int) -> Replay:
    """Makes it again. Nothing of it is remembered.

    `settings`: as `settings_of` says now; `texts`: context and text of the passages in the prompt; `head`: the index
    version now. Raises InputError when its profile is gone.
    """
    trace = _again(question_of(stored), make, head)
    then = answer_of(stored)
    differences = [*_settings(stored.record["settings"], settings), *_retrieval(stored, trace), *_wording(stored, trace, texts)]
    now = replace(trace.answer, usage=then.usage) if then.cached else trace.answer  # what was spent is another thing then
    now = _levelled(then, now)
    identical = _bytes(then) == _bytes(now)
    if not identical and then.answer != trace.answer.answer:
        differences.append(Difference("answer", then.answer, trace.answer.answer, _diff(then.answer, trace.answer.answer)))
    elif not identical:
        differences += _rest(then, now)
    return Replay(stored, then, trace.answer, identical, tuple(differences))


def replay_json(replayed: Replay) -> dict[str, Any]:
    """As `POST /v1/answers/{id}/replay` and `xiansou replay --json` tell it."""
    return {
        "answer_id": replayed.stored.id,
        "identical": replayed.identical,
        "index_version": replayed.stored.index_version,
        "question": replayed.stored.question,
        "query": replayed.stored.query,
        "condensed": replayed.stored.record.get("condensed"),
        "differences": [asdict(one) for one in replayed.differences],
        "then": asdict(replayed.then),
        "now": asdict(replayed.now),
    }


def prompt_of(stored: Stored, texts: Texts) -> list[dict[str, str]]:
    """The prompt with its passages; empty when no LLM was asked."""
    return unmarked(stored.record["prompt"], texts)


def passages_of(stored: Stored) -> set[int]:
    """Whose texts `prompt_of` wants."""
    return passages_in(stored.record["prompt"])


def _again(question: Question, make: Make, head: int) -> AnswerTrace:
    """Of the live library when nothing was written since: the library of another version has to be built first."""
    trace = None
    if question.as_of == head:
        trace = _last(make(replace(question, as_of=None)))
    if trace is None or trace.answer.index_version != question.as_of:  # written meanwhile
        trace = _last(make(question))
    return trace


def _last(events: Iterator[Sentence | AnswerTrace]) -> AnswerTrace:
    *_, trace = events
    assert isinstance(trace, AnswerTrace)
    return trace


def _settings(then: Mapping[str, Any], now: Mapping[str, Any], path: str = "settings") -> Iterator[Difference]:
    for key in sorted({*then, *now}):
        before, after = then.get(key), now.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _settings(before, after, f"{path}.{key}")
        elif before != after:
            yield Difference(f"{path}.{key}", before, after)


def _retrieval(stored: Stored, trace: AnswerTrace) -> Iterator[Difference]:
    if stored.query != trace.query:
        yield Difference("query", stored.query, trace.query)
    then = [(one["passage_id"], one["score"], one["probability"]) for one in stored.record["candidates"]]
    now = [(hit.passage.id, round(hit.score, 6), round(hit.probability, 4)) for hit in trace.hits]
    same = [one[0] for one in then] == [one[0] for one in now]
    if not same or any(abs(a - b) > _SLACK for old, new in zip(then, now, strict=True) for a, b in zip(old, new, strict=True)):
        yield Difference("candidates", then, now)


def _levelled(then: Answer, now: Answer) -> Answer:
    """With the scores of then where they are the same but for `_SLACK`."""
    if len(then.citations) != len(now.citations):
        return now
    pairs = zip(then.citations, now.citations, strict=True)
    return replace(now, citations=tuple(replace(b, score=a.score) if abs(a.score - b.score) <= _SLACK else b for a, b in pairs))


def _wording(stored: Stored, trace: AnswerTrace, texts: Texts) -> Iterator[Difference]:
    record = stored.record
    if record["prompt_sha256"] != (digest(trace.messages) if trace.messages else None):
        then, now = _printed(unmarked(record["prompt"], texts)), _printed(trace.messages)
        yield Difference("prompt", record["prompt_sha256"], digest(trace.messages) if now else None, _diff(then, now))
    if record["raw"] != trace.raw:
        yield Difference("raw", record["raw"], trace.raw, _diff(record["raw"], trace.raw))


def _rest(then: Answer, now: Answer) -> Iterator[Difference]:
    before, after = _comparable(then), _comparable(now)
    for key in before:
        if before[key] != after[key]:
            yield Difference(key, before[key], after[key])


def _comparable(answer: Answer) -> dict[str, Any]:
    return {key: value for key, value in asdict(answer).items() if key not in _OWN}


def _bytes(answer: Answer) -> bytes:
    return orjson.dumps(_comparable(answer), option=orjson.OPT_SORT_KEYS)


def _printed(messages: Messages) -> str:
    return "\n\n".join(f"{message['role']}:\n{message['content']}" for message in messages)


def _diff(then: str, now: str) -> str:
    return "\n".join(difflib.unified_diff(then.splitlines(), now.splitlines(), "then", "now", lineterm="", n=1))
