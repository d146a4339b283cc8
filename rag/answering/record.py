"""What is kept of an answer, so that it can be explained and made again.

The prompt is kept without the passages' texts: a mark stands for each, and the ledger, which keeps all versions of a text
until it is erased, has the text. So a record takes a few kilobytes, and most of what an erasure must remove is not there.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter

from rag import __version__
from rag.domain import Answer, Hit, Message, Question, Scope, Sentence
from rag.domain.condensed import Condensed
from rag.domain.sampling import Sampling
from rag.record.answers import Stored
from rag.settings import Settings
from rag.settings.profiles import DEFAULT_PROFILE

Messages = Sequence[Mapping[str, str]]

_MARK = re.compile("\ue000(c|t)(\\d+)\ue001")
_OWN = ("answer_id", "conversation_id", "index_version", "usage", "timings_ms")  # of a reply, whoever worded it
_SHORTEST = 4  # characters of a passage's text that get a mark


@dataclass(frozen=True, slots=True)
class Reuse:
    """What the cache knew: its key (None: no cache), and the answer worded before with its sentences, where there is one."""

    key: str | None = None
    was: Answer | None = None
    sentences: tuple[Sentence, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)  # of what was worded before

    def answer(self, own: Answer) -> Answer:
        """What was worded before, as the reply to this question; `own`, when there was nothing."""
        if self.was is None:
            return own
        new = {name: getattr(own, name) for name in _OWN}
        return replace(self.was, **new, cached=True)


@dataclass(frozen=True, slots=True)
class AnswerTrace:
    """An answer with how it came about. `messages`: the prompt, empty without an LLM; `raw`: what the LLM wrote."""

    question: Question
    query: str
    hits: tuple[Hit, ...]
    messages: Messages
    raw: str
    said: tuple[Sentence, ...]
    answer: Answer
    reuse: Reuse = Reuse()


def new_id() -> str:
    """Of an answer: the time in milliseconds, then 80 random bits. Ids made one after the other lie side by side on disk."""
    return f"ans_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def age_of(answer_id: str) -> float | None:
    """Seconds since the id was made; None for what is no id of ours."""
    if not re.fullmatch(r"ans_[0-9a-f]{32}", answer_id):
        return None
    return time.time() - int(answer_id[4:16], 16) / 1000


def settings_of(settings: Settings, profile: str | None, model_id: str) -> dict[str, Any]:
    """What an answer depends on, besides the library; secrets stand in it as a digest."""
    configuration = settings.profile(profile).model_dump(
        mode="json", exclude={"description": True, "generator": {"api_key", "options"}}
    )
    options = orjson.dumps(settings.profile(profile).generator.options, option=orjson.OPT_SORT_KEYS, default=str)
    return {
        "program": __version__,
        "embedder": model_id,
        "candidates": settings.retrieval.candidates,
        "options": hashlib.sha256(options).hexdigest()[:16],
        "profile": configuration,
    }


def fingerprint(configuration: Mapping[str, Any]) -> str:
    """Of `settings_of`: 16 hexadecimal digits."""
    return hashlib.sha256(orjson.dumps(configuration, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def pack(
    trace: AnswerTrace,
    configuration: Mapping[str, Any],
    fingerprint: str,
    *,
    model: str | None = None,
    vector: bytes | None = None,
) -> Stored:
    """As it is kept. `configuration`: of `settings_of`; `vector`: of the query, where that is to be kept."""
    question, answer = trace.question, trace.answer
    worded = {
        "prompt": marked(trace.messages, trace.hits),
        "prompt_sha256": digest(trace.messages) if trace.messages else None,
        "raw": trace.raw,
    }
    if trace.reuse.was is not None:
        worded = {key: trace.reuse.record[key] for key in worded}
    record = {
        "asked": {
            "scope": asdict(question.scope) | {"without": sorted(question.scope.without)},
            "top_k": question.top_k,
            "language": question.language,
            "generator": question.generator,
            "as_of": question.as_of,
            "sampling": question.sampling.as_dict(),
        },
        "condensed": asdict(question.condensed) if question.condensed else None,
        "settings": configuration,
        "candidates": [
            {
                "passage_id": hit.passage.id,
                "document_id": hit.passage.document_id,
                "version": hit.passage.version,
                "score": round(hit.score, 6),
                "probability": round(hit.probability, 4),
                "stages": dict(hit.stages),
            }
            for hit in trace.hits
        ],
        **worded,
        "sentences": [asdict(one) for one in trace.said],
        "answer": asdict(answer),
    }
    return Stored(
        id=answer.answer_id,
        at=time.time(),
        owner=question.owner,
        conversation_id=question.conversation_id,
        profile=question.profile or DEFAULT_PROFILE,
        collection=question.scope.collection,
        status=answer.status,
        reason=answer.reason,
        generator=answer.generator,
        index_version=answer.index_version,
        fingerprint=fingerprint,
        cached_from=trace.reuse.was.answer_id if trace.reuse.was else None,
        question=question.text,
        query=trace.query,
        history=tuple({"role": m.role, "content": m.content} for m in question.history),
        model=model,
        vector=vector,
        record=record,
        sources=tuple(dict.fromkeys(hit.passage.document_id for hit in trace.hits)),
    )


def question_of(stored: Stored) -> Question:
    """The question as it was asked, of the library as it was. What an LLM made of it is searched again, not asked for anew."""
    request = dict(stored.record["asked"])
    return Question(
        stored.question,
        history=tuple(Message(m["role"], m["content"]) for m in stored.history),  # type: ignore[arg-type]
        scope=TypeAdapter(Scope).validate_python(request["scope"]),
        top_k=request["top_k"],
        language=request["language"],
        as_of=stored.index_version,
        generator=request["generator"],
        profile=stored.profile,
        sampling=Sampling.of(request.get("sampling", {})),
        condensed=Condensed(**(stored.record.get("condensed") or {})),
    )


def answer_of(stored: Stored) -> Answer:
    return _answers().validate_python(stored.record["answer"])


def sentences_of(stored: Stored) -> tuple[Sentence, ...]:
    return _sentences().validate_python(stored.record["sentences"])


@cache
def _answers() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


@cache
def _sentences() -> TypeAdapter[tuple[Sentence, ...]]:
    return TypeAdapter(tuple[Sentence, ...])


def digest(messages: Messages) -> str:
    """SHA-256 of a prompt."""
    return hashlib.sha256(orjson.dumps([dict(one) for one in messages])).hexdigest()


def marked(messages: Messages, hits: Sequence[Hit]) -> list[dict[str, str]]:
    """A prompt with a mark for each passage's context and text that stands in it unchanged."""
    texts = [(hit.passage.text, f"\ue000t{hit.passage.id}\ue001") for hit in hits]
    texts += [(hit.passage.context, f"\ue000c{hit.passage.id}\ue001") for hit in hits]
    texts = sorted((pair for pair in texts if len(pair[0]) >= _SHORTEST), key=lambda pair: -len(pair[0]))
    result = []
    for message in messages:
        content = message["content"]
        for text, mark in texts:
            content = content.replace(text, mark)
        result.append({**message, "content": content})
    return result


def passages_in(prompt: Messages) -> set[int]:
    """Ids of the passages that marks stand for."""
    return {int(mark[2]) for message in prompt for mark in _MARK.finditer(message["content"])}


def unmarked(prompt: Messages, texts: Mapping[int, tuple[str, str]]) -> list[dict[str, str]]:
    """The prompt as it was. `texts`: context and text of passages; what is not there any more is said to be gone."""

    def text(mark: re.Match[str]) -> str:
        context, body = texts.get(int(mark[2]), (f"[passage {mark[2]} is gone]",) * 2)
        return context if mark[1] == "c" else body

    return [{**message, "content": _MARK.sub(text, message["content"])} for message in prompt]
