"""The pipeline: question ─► rewrite ─► retrieve ─► prompt ─► generate ─► check ─► cited answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Generator as Iterating
from copy import copy
from dataclasses import replace

from rag.answering import faq
from rag.answering.chain import Backends
from rag.answering.chat import GENERATOR as CHAT
from rag.answering.check import Entails
from rag.answering.cite import Numbering
from rag.answering.compose.likelihood import likelihood
from rag.answering.contradict import Contradictions
from rag.answering.inbox import Pause, waited
from rag.answering.memory import Memory
from rag.answering.outcome import finish
from rag.answering.record import AnswerTrace, Reuse
from rag.answering.run import EXTRACTIVE, Run
from rag.answering.wording import Wording, messages
from rag.domain import Answer, Question, Retrieved, Scope, Sentence
from rag.follow_up import FollowUps
from rag.index.fields import Field
from rag.ports import Embedder, Generator
from rag.run_stages import begin, refusal
from rag.runtime import telemetry
from rag.search import intent
from rag.search.retrieve import Retriever
from rag.search.rewrite import rewrite
from rag.search.searcher import Searcher
from rag.settings import Settings


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
        entails: Entails | None = None,
        memory: Memory | None = None,
    ):
        """`generators`: the backend of each profile; `generator` is that of all others, None: extractive.

        `entails`: an entailment model for the gate. `memory` None: nothing is remembered of questions and answers.
        """
        self.memory = memory
        self.heard: Callable[[Question, Answer], None] | None = None  # told of every answer that is given out
        self.instead: Callable[[Question], Answer | None] | None = None  # who may answer in our place: a person
        self._retriever, self._embedder, self._settings = retriever, embedder, settings
        self._backends = Backends(settings, generator, generators or {})
        self._searcher = Searcher(retriever, settings)
        self._follow_ups = FollowUps(self._searcher, self._backends.condensers)
        self._wording = Wording(embedder, retriever.tokens_of, retriever.with_section, entails, settings.answer.allowed_links)

    def quiet(self) -> Answerer:
        """The same, remembering nothing."""
        other = copy(self)
        other.memory = other.instead = None
        return other

    def lenient(self) -> Answerer:
        """As `quiet`, and the backend is asked however unlikely it is that a passage answers."""
        other = self.quiet()
        profiles = {name: its.model_copy(update={"max_wrong_rate": 1.0}) for name, its in self._settings.profiles.items()}
        other._settings = self._settings.model_copy(update={"profiles": profiles})
        return other

    def close(self) -> None:
        """Ends the connections to the backends."""
        self._backends.close()

    def generator_of(self, question: Question) -> str:
        """Name of the backend that is asked first. Raises InputError for an unknown profile."""
        first = self._backends.chain(question)[0]
        return EXTRACTIVE if first is None else first.name

    def retrieve(self, question: Question, *, explain: bool = False) -> Retrieved:
        """Hits only, best first; with `explain` also what was dropped, and why. Raises IndexBehind, InputError."""
        return self._searcher.search(question, explain=explain)

    def likelihood(self, question: Question, retrieved: Retrieved) -> float:
        """0..1: how likely what was found for a question answers it: what is compared with the threshold of refusing."""
        read = replace(retrieved, hits=tuple(hit for hit in retrieved.hits if not hit.aside) or retrieved.hits)
        query = rewrite(question)
        return likelihood(query, read, self._wording.scores(query, read)[0])

    def fields(self, scope: Scope) -> tuple[list[Field], list[str], int]:
        """What filters know of what the scope's caller may see: fields, collections, and the index version of both."""
        return self._retriever.fields(scope)

    def prompt(self, question: Question) -> list[dict[str, str]]:
        """The messages that an LLM would be sent for this question. Raises IndexBehind, InputError."""
        run = self._recalled(question)
        return messages(run, self._searcher.read(run.question, widen=run.llm is not None), run.llm)

    def condensing(self, question: Question) -> list[dict[str, str]]:
        """The messages that an LLM would be sent before, to condense a follow-up; empty where none is. Raises InputError."""
        return self._follow_ups.prompt(self._recalled(question))

    def answer(self, question: Question, gone: threading.Event | None = None) -> Answer:
        """The whole answer, or a refusal. Raises IndexBehind, InputError; Cancelled once `gone` is set."""
        for event in self.stream(question, gone):
            if isinstance(event, Answer):
                return event
        raise AssertionError("the stream ends with an answer")

    def stream(self, question: Question, gone: threading.Event | None = None) -> Iterator[Sentence | Answer]:
        """Each sentence as soon as it passed the gate, then the whole answer, remembered by then. `gone`: nobody waits."""
        return waited(self.steps(question, gone))

    def steps(
        self, question: Question, gone: threading.Event | None = None
    ) -> Iterating[Sentence | Answer | Pause, None, None]:
        """As `stream`, with a pause in the place of each wait for an LLM; each step may be taken by another thread."""
        if self.instead is not None and (theirs := self.instead(question)) is not None:
            yield theirs
            return
        question = question if self.memory is None else self.memory.recall(question)
        with telemetry.abandoned() as given:
            for event in self._made(question, gone, self.memory):
                if not isinstance(event, AnswerTrace):
                    yield event
                    continue
                if self.memory is not None:
                    self.memory.keep(event)
                telemetry.answered(question, event.answer, event.hits, self._settings.log)
                if self.heard is not None:
                    self.heard(event.question, event.answer)
                given()
                yield event.answer

    def make(
        self, question: Question, gone: threading.Event | None = None, memory: Memory | None = None
    ) -> Iterator[Sentence | AnswerTrace]:
        """As `stream`; the last one is the answer with how it came about. `memory`: of answers that may be used again."""
        return waited(self._made(question, gone, memory))

    def _made(
        self, question: Question, gone: threading.Event | None, memory: Memory | None
    ) -> Iterating[Sentence | AnswerTrace | Pause, None, None]:
        run = self._run(question, gone)
        try:
            yield from self._stages(run, memory)
        finally:
            run.spans.end(run.timings)

    def _stages(self, run: Run, memory: Memory | None) -> Iterator[Sentence | AnswerTrace | Pause]:
        with run.stage("rewrite"):
            run.intent = intent.of(run.question.text)
            if run.intent is None:
                yield from self._follow_ups.complete(run)
            question, query = run.question, rewrite(run.question)
        if run.intent is not None:
            yield self._chat(run)
            return
        with run.stage("retrieve"):
            retrieved = self._searcher.read(question, widen=run.llm is not None)
        run.reranked(retrieved.rerank_ms)
        numbering, sentences, contradictions = Numbering(retrieved.hits), list[Sentence](), Contradictions(retrieved.hits)
        run.approved, reuse, first = faq.approved(query, retrieved.hits, self._embedder), Reuse(), self.generator_of(question)
        if run.approved is None:
            run.scores, run.bits = self._wording.scores(query, retrieved)
            run.refused = refusal(run, query, retrieved)
        if run.refused is None:
            if run.approved is None and memory is not None:
                reuse = memory.reuse(question, query, retrieved, first)
            if run.chain[0] is not None:
                retrieved = replace(retrieved, tokens=None)  # many who wait for an LLM would hold 20 KB each
            for sentence in reuse.sentences or self._wording.sentences(run, query, retrieved, numbering, contradictions):
                if isinstance(sentence, Sentence):
                    sentences.append(sentence)
                yield sentence
        elif run.off_task and run.refused == "no_relevant_content":
            retrieved = replace(retrieved, hits=())  # what was found by chance is nothing to point at
        answer = reuse.answer(finish(run, retrieved, sentences, numbering, contradictions, first))
        reuse = Reuse() if run.cut or answer.generator != first else reuse  # the next one may have more luck
        yield AnswerTrace(question, query, retrieved.hits, run.messages, run.raw, tuple(sentences), answer, reuse)

    def _chat(self, run: Run) -> AnswerTrace:
        """What is said to a message that asks nothing of the documents."""
        question, run.generator = run.question, CHAT
        nothing = Retrieved((), self._searcher.version(question), (), ())
        answer = finish(run, nothing, (), Numbering(()), Contradictions(()), self.generator_of(question))
        return AnswerTrace(question, question.text, (), run.messages, run.raw, (), answer, Reuse())

    def _recalled(self, question: Question) -> Run:
        return self._run(question if self.memory is None else self.memory.recall(question))

    def _run(self, question: Question, gone: threading.Event | None = None) -> Run:
        return begin(question, self._settings, self._backends, gone)
