"""The pipeline: question ─► rewrite ─► retrieve ─► prompt ─► generate ─► check ─► cited answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rag.answering import faq
from rag.answering.check import check, sentences
from rag.answering.cite import Numbering
from rag.answering.extract import extract
from rag.answering.prompt import NO_ANSWER, build
from rag.answering.refuse import refusal
from rag.domain import Answer, Claim, Handoff, Hit, Language, Question, Reason, Retrieved, Sentence, Usage
from rag.errors import UpstreamError
from rag.library.tokens import is_chinese
from rag.ports import Embedder, Generator
from rag.search.retrieve import Retriever
from rag.search.rewrite import rewrite
from rag.settings import Settings
from rag.settings.profiles import DEFAULT_PROFILE, Profile

EXTRACTIVE = "extractive"


@dataclass(slots=True)
class _Run:
    """What one question gathers on its way."""

    question: Question
    profile: Profile
    language: Language
    generator: Generator | None  # None: extractive
    answer_id: str = field(default_factory=lambda: f"ans_{uuid.uuid4().hex}")
    began: float = field(default_factory=time.perf_counter)
    timings: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("rewrite", "retrieve", "rerank", "generate", "check"), 0.0)
    )
    usage: Usage = field(default_factory=Usage)
    refused: Reason | None = None
    approved: Claim | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings[name] + (time.perf_counter() - start) * 1000, 3)


class Answerer:
    """Answers questions from the library. Safe for any mix of threads."""

    def __init__(
        self,
        retriever: Retriever,
        embedder: Embedder,
        generator: Generator | None,
        settings: Settings,
        *,
        generators: Mapping[str, Generator | None] | None = None,
    ):
        """`generators`: the backend of each profile; `generator` is that of all others, None: extractive."""
        self._retriever, self._embedder, self._generator, self._settings = retriever, embedder, generator, settings
        self._generators = generators or {}

    def generator_of(self, question: Question) -> str:
        """Name of the backend that words the answer. Raises InputError for an unknown profile."""
        self._settings.profile(question.profile)
        generator = self._backend(question)
        return EXTRACTIVE if generator is None else generator.name

    def _backend(self, question: Question) -> Generator | None:
        if question.generator == EXTRACTIVE:
            return None
        return self._generators.get(question.profile or DEFAULT_PROFILE, self._generator)

    def retrieve(self, question: Question) -> Retrieved:
        """Hits only, best first. Raises IndexBehind, InputError."""
        profile = self._settings.profile(question.profile)
        scope = question.scope
        if scope.collection is None and profile.collection is not None:
            scope = replace(scope, collection=profile.collection)
        k = question.top_k or profile.top_k
        return self._retriever.retrieve(
            rewrite(question), scope, k, min_index_version=question.min_index_version, as_of=question.as_of
        )

    def answer(self, question: Question) -> Answer:
        """The whole answer, or a refusal. Raises IndexBehind, InputError."""
        for event in self.stream(question):
            if isinstance(event, Answer):
                return event
        raise AssertionError("the stream ends with an answer")

    def stream(self, question: Question) -> Iterator[Sentence | Answer]:
        """Each sentence as soon as it passed the gate, then the whole answer."""
        profile = self._settings.profile(question.profile)
        language = question.language or profile.language or ("zh" if is_chinese(question.text) else "en")
        run = _Run(question, profile, language, self._backend(question))
        with run.stage("rewrite"):
            query = rewrite(question)
        with run.stage("retrieve"):
            found = self.retrieve(question)
        run.timings["rerank"] = found.rerank_ms
        run.timings["retrieve"] = round(run.timings["retrieve"] - found.rerank_ms, 3)
        numbering, said = Numbering(found.hits), list[Sentence]()
        run.approved = faq.approved(query, found.hits, self._embedder)
        if run.approved is None and not _may_answer(run.profile, found):
            run.refused = "no_relevant_content"
        else:
            for claim in self._claims(run, query, found):
                said.append(numbering.sentence(claim))
                yield said[-1]
        yield self._finish(run, found, said, numbering)

    def _claims(self, run: _Run, query: str, found: Retrieved) -> Iterator[Claim]:
        if run.approved is not None:  # by a person, so neither an LLM nor a threshold has a say
            yield run.approved
        elif run.generator is None:
            with run.stage("generate"):
                claims = extract(query, found, self._embedder, max_sentences=run.profile.max_sentences)
            if not claims:
                run.refused = "low_grounding"
            yield from claims
        else:
            yield from self._generated(run, run.generator, found.hits)

    def _generated(self, run: _Run, generator: Generator, hits: Sequence[Hit]) -> Iterator[Claim]:
        told = run.profile.generator
        messages = build(
            run.question.text,
            hits,
            run.question.history,
            run.language,
            persona=told.system,
            budget=told.context_tokens - told.max_tokens,
        )
        passed = 0
        try:
            with run.stage("generate"):
                running = generator.generate(messages, deadline=time.monotonic() + told.timeout_s)
            for text in sentences(iter(running)):
                if NO_ANSWER in text:
                    run.refused = "no_relevant_content"
                    break
                with run.stage("check"):
                    checked = check(text, hits)
                if checked.claim is not None:
                    passed += 1
                    yield checked.claim
            run.usage = running.usage
            if passed:
                run.refused = None
            elif run.refused is None:
                run.refused = "deadline" if running.finish_reason == "deadline" else "low_grounding"
        except UpstreamError:
            if not passed:
                run.refused = "backend_unavailable"

    def _finish(self, run: _Run, found: Retrieved, said: Sequence[Sentence], numbering: Numbering) -> Answer:
        text, handoff = "\n".join(sentence.text for sentence in said), Handoff()
        if run.refused is not None:
            text, handoff = refusal(run.refused, run.language, run.profile.refusals)
        timings = run.timings | {"total": round((time.perf_counter() - run.began) * 1000, 3)}
        return Answer(
            answer_id=run.answer_id,
            conversation_id=run.question.conversation_id,
            status="answered" if run.refused is None else "refused",
            reason=run.refused,
            answer=text,
            citations=numbering.citations,
            handoff=handoff,
            index_version=found.version,
            generator=faq.GENERATOR if run.approved else EXTRACTIVE if run.generator is None else run.generator.name,
            usage=run.usage,
            timings_ms=timings,
        )


def _may_answer(profile: Profile, found: Retrieved) -> bool:
    return bool(found.hits) and max(hit.probability for hit in found.hits) >= 1 - profile.max_wrong_rate
