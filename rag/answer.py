"""The pipeline: question ─► rewrite ─► retrieve ─► prompt ─► generate ─► check ─► cited answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rag.answering import faq
from rag.answering.check import check, sentences
from rag.answering.cite import Numbering
from rag.answering.extract import extract
from rag.answering.memory import Memory
from rag.answering.prompt import NO_ANSWER, build
from rag.answering.record import Made, Messages, Reuse, new_id
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
    answer_id: str = field(default_factory=new_id)
    began: float = field(default_factory=time.perf_counter)
    timings: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("rewrite", "retrieve", "rerank", "generate", "check"), 0.0)
    )
    usage: Usage = field(default_factory=Usage)
    refused: Reason | None = None
    approved: Claim | None = None
    messages: Messages = ()
    raw: str = ""

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
        memory: Memory | None = None,
    ):
        """`generators`: the backend of each profile; `generator` is that of all others, None: extractive.

        `memory` None: nothing is remembered of questions and answers.
        """
        self.memory = memory
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
        """Each sentence as soon as it passed the gate, then the whole answer, which is remembered by then."""
        if self.memory is not None:
            question = self.memory.recall(question)
        for made in self.make(question, self.memory):
            if isinstance(made, Sentence):
                yield made
                continue
            if self.memory is not None:
                self.memory.keep(made)
            yield made.answer

    def make(self, question: Question, memory: Memory | None = None) -> Iterator[Sentence | Made]:
        """As `stream`; the last one is the answer with how it came about. Nothing is remembered.

        `memory`: where a worded answer is looked for that can be used again.
        """
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
        run.approved, reuse = faq.approved(query, found.hits, self._embedder), Reuse()
        if run.approved is None and not _may_answer(run.profile, found):
            run.refused = "no_relevant_content"
        else:
            if memory is not None and run.approved is None:
                reuse = memory.reuse(question, query, found, self.generator_of(question))
            for sentence in reuse.sentences or map(numbering.sentence, self._claims(run, query, found)):
                said.append(sentence)
                yield sentence
        answer = reuse.answer(self._finish(run, found, said, numbering))
        yield Made(question, query, found.hits, run.messages, run.raw, tuple(said), answer, reuse)

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
            run.messages = messages
            for text in sentences(_noted(run, running)):
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


def _noted(run: _Run, deltas: Iterable[str]) -> Iterator[str]:
    for delta in deltas:
        run.raw += delta
        yield delta


def _may_answer(profile: Profile, found: Retrieved) -> bool:
    return bool(found.hits) and max(hit.probability for hit in found.hits) >= 1 - profile.max_wrong_rate
