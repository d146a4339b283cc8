"""The pipeline: question ─► rewrite ─► retrieve ─► prompt ─► generate ─► check ─► cited answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np

from rag.answering import condense, faq
from rag.answering.chat import GENERATOR as CHAT
from rag.answering.chat import chat_handoff, chat_text
from rag.answering.check import Checked, Entails, Gate
from rag.answering.cite import Numbering
from rag.answering.compose.answer import compose
from rag.answering.compose.evidence import certain
from rag.answering.compose.score import HITS
from rag.answering.contradict import Contradictions
from rag.answering.gate.vectors import WordVectors
from rag.answering.generate import Backend, Messages
from rag.answering.memory import Memory
from rag.answering.prompt import build
from rag.answering.record import Made, Reuse, new_id
from rag.answering.refuse import CUT, clarify, foreign, handoff, refusal_text, summary
from rag.answering.unknown import unknown_text
from rag.answering.unsafe import unsafe
from rag.answering.writing import Limits, Writing
from rag.domain import (
    DEFAULT_COLLECTION,
    Answer,
    Claim,
    Intent,
    Language,
    Question,
    Reason,
    Retrieved,
    Scope,
    Sentence,
    Status,
    Usage,
)
from rag.domain.condensed import Condensed
from rag.domain.grounding import Clarification, Handoff
from rag.index.fields import Field
from rag.ports import Embedder, Generator
from rag.record.calibration import threshold
from rag.runtime import telemetry
from rag.runtime.tracing import StageSpans
from rag.search import intent
from rag.search.position import position
from rag.search.readings import search_readings, step_back
from rag.search.retrieve import Retriever
from rag.search.rewrite import former, goes_on, is_follow_up, readings, rewrite, said_already, settle
from rag.search.swap import SIBLINGS, swapped
from rag.search.turn import language_of, still_failing
from rag.settings import Settings
from rag.settings.profiles import DEFAULT_PROFILE, Profile

EXTRACTIVE = "extractive"
_EXTRACTIVE_S = 1.0  # kept of the deadline where quoting is the last way out


@dataclass(slots=True)
class Run:
    """What one question gathers on its way. `messages` and `raw`: the prompt of the backend that answered, and its text."""

    question: Question
    profile: Profile
    language: Language
    chain: tuple[Backend | None, ...]  # tried in turn; None: extractive
    gone: threading.Event | None = None
    answer_id: str = field(default_factory=new_id)
    began: float = field(default_factory=time.perf_counter)
    spans: StageSpans = field(default_factory=StageSpans)
    timings: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("rewrite", "retrieve", "rerank", "generate", "check"), 0.0)
    )
    usage: Usage = field(default_factory=Usage)
    refused: Reason | None = None
    intent: Intent | None = None  # of a message that is not searched
    generator: str = EXTRACTIVE
    messages: Messages = ()
    raw: str = ""
    checked: list[Checked] = field(default_factory=list)
    cut: bool = False
    approved: Claim | None = None  # a FAQ's own answer: by a person, so neither an LLM nor a threshold has a say

    @property
    def deadline(self) -> float:
        """`time.monotonic()` at which the answer must be there (on Linux it is the clock of perf_counter)."""
        ours = time.monotonic() + self.profile.generator.timeout_s - (time.perf_counter() - self.began)
        return ours if self.question.deadline is None else min(ours, self.question.deadline)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            with self.spans.step(name):
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
        entails: Entails | None = None,
        memory: Memory | None = None,
    ):
        """`generators`: the backend of each profile; `generator` is that of all others, None: extractive.

        `entails`: an entailment model for the gate. `memory` None: nothing is remembered of questions and answers.
        """
        self.memory = memory
        self.heard: Callable[[Question, Answer], None] | None = None  # told of every answer that is given out
        self.instead: Callable[[Question], Answer | None] | None = None  # who may answer in our place: a person
        self._retriever, self._embedder, self._settings, self._entails = retriever, embedder, settings, entails
        given = generators or {}
        made: dict[int, Backend] = {}  # profiles that share a generator share its breaker
        self._backends: dict[str, Backend | None] = {}
        for name in settings.profiles:
            its = given.get(name, generator)
            self._backends[name] = None if its is None else made.setdefault(id(its), Backend(its))
        self._condensers = {backend: condense.Condenser(backend.generator) for backend in made.values()}

    def quiet(self) -> Answerer:
        """The same, remembering nothing."""
        other = copy(self)
        other.memory = other.instead = None
        return other

    def lenient(self) -> Answerer:
        """As `quiet`, and the backend is asked however unlikely it is that a passage answers."""
        other = self.quiet()
        profiles = {name: told.model_copy(update={"max_wrong_rate": 1.0}) for name, told in self._settings.profiles.items()}
        other._settings = self._settings.model_copy(update={"profiles": profiles})
        return other

    def close(self) -> None:
        """Ends the connections to the backends."""
        for backend in self._backends.values():
            if backend is not None:
                backend.close()

    def generator_of(self, question: Question) -> str:
        """Name of the backend that is asked first. Raises InputError for an unknown profile."""
        first = self._chain(question)[0]
        return EXTRACTIVE if first is None else first.name

    def _chain(self, question: Question) -> tuple[Backend | None, ...]:
        profile = self._settings.profile(question.profile)
        if question.generator == EXTRACTIVE:
            return (None,)
        names = profile.generator.fallback
        others = (None if name == EXTRACTIVE else self._backends[name] for name in names)
        return tuple(dict.fromkeys((self._backends[question.profile or DEFAULT_PROFILE], *others)))

    def retrieve(self, question: Question, *, explain: bool = False) -> Retrieved:
        """Hits only, best first; with `explain` also what was dropped, and why. Raises IndexBehind, InputError."""
        profile, scope = self._settings.profile(question.profile), self._scope(question)
        self._check(question)
        k, began = question.top_k or profile.top_k, time.perf_counter()
        found = search_readings(
            lambda text, many: self._retriever.retrieve(
                text,
                scope,
                many,
                min_index_version=question.min_index_version,
                as_of=question.as_of,
                explain=explain,
                own=question.text,
            ),
            readings(question),
            k,
        )
        found = step_back(found, said_already(question))
        telemetry.searched(question, found, (time.perf_counter() - began) * 1000, self._settings.log)
        return found

    def fields(self, scope: Scope) -> tuple[list[Field], list[str], int]:
        """What filters know of what the scope's caller may see: fields, collections, and the index version of both."""
        return self._retriever.fields(scope)

    def _check(self, question: Question) -> None:
        """A collection of the question's own must be there; a profile's may be empty still."""
        if question.scope.collection is not None and question.as_of is None:
            ours = {profile.collection for profile in self._settings.profiles.values() if profile.collection}
            self._retriever.check(question.scope, {DEFAULT_COLLECTION, *ours})

    def _scope(self, question: Question) -> Scope:
        """Where the question may look: the collection of its profile, where it names none."""
        own = self._settings.profile(question.profile).collection
        return (
            question.scope if question.scope.collection is not None or own is None else replace(question.scope, collection=own)
        )

    def prompt(self, question: Question) -> list[dict[str, str]]:
        """The messages that an LLM would be sent for this question. Raises IndexBehind, InputError."""
        run = self._run(question if self.memory is None else self.memory.recall(question), None)
        return self._messages(run, self._read(run), next((b for b in run.chain if b is not None), None))

    def condensing(self, question: Question) -> list[dict[str, str]]:
        """The messages that an LLM would be sent before, to condense a follow-up; empty where none is. Raises InputError."""
        run = self._run(question if self.memory is None else self.memory.recall(question), None)
        return condense.prompt(run.question, run.profile.generator) if self._condenses(run) else []

    def _read(self, run: Run) -> Retrieved:
        """The hits as this question's backend reads them: an LLM sees the best ones with their sections around them."""
        found = self.retrieve(run.question)
        found = replace(found, hits=tuple(hit for hit in found.hits if not hit.aside) or found.hits)
        llm = any(backend is not None for backend in run.chain)
        return self._retriever.widened(found, self._settings.retrieval.neighbours) if llm else found

    def answer(self, question: Question, gone: threading.Event | None = None) -> Answer:
        """The whole answer, or a refusal. Raises IndexBehind, InputError; Cancelled once `gone` is set."""
        for event in self.stream(question, gone):
            if isinstance(event, Answer):
                return event
        raise AssertionError("the stream ends with an answer")

    def stream(self, question: Question, gone: threading.Event | None = None) -> Iterator[Sentence | Answer]:
        """Each sentence as soon as it passed the gate, then the whole answer. `gone`: nobody waits any more.

        An answer that is given out is remembered by then.
        """
        if self.instead is not None and (theirs := self.instead(question)) is not None:
            yield theirs
            return
        if self.memory is not None:
            question = self.memory.recall(question)
        with telemetry.abandoned() as given:
            for made in self.make(question, gone, self.memory):
                if isinstance(made, Made):
                    if self.memory is not None:
                        self.memory.keep(made)
                    telemetry.answered(question, made.answer, made.hits, self._settings.log)
                    if self.heard is not None:
                        self.heard(made.question, made.answer)
                    given()
                    yield made.answer
                else:
                    yield made

    def make(
        self, question: Question, gone: threading.Event | None = None, memory: Memory | None = None
    ) -> Iterator[Sentence | Made]:
        """As `stream`; the last one is the answer with how it came about. Nothing is remembered.

        `memory`: where an answer is looked for that was worded before and can be used again.
        """
        run = self._run(question, gone)
        try:
            yield from self._made(run, memory)
        finally:
            run.spans.end(run.timings)

    def _made(self, run: Run, memory: Memory | None) -> Iterator[Sentence | Made]:
        with run.stage("rewrite"):
            run.intent = intent.of(run.question.text)
            if run.intent is None:
                self._condense(run)
                run.question = self._swapped(run.question)
            question, query = run.question, rewrite(run.question)
        if run.intent is not None:
            yield self._chatted(run)
            return
        with run.stage("retrieve"):
            found = self._read(run)
        run.timings["rerank"] = found.rerank_ms
        run.timings["retrieve"] = round(run.timings["retrieve"] - found.rerank_ms, 3)
        numbering, said, disagree = Numbering(found.hits), list[Sentence](), Contradictions(found.hits)
        run.approved, reuse, first = faq.approved(query, found.hits, self._embedder), Reuse(), self.generator_of(question)
        if run.approved is None and unsafe(question.text):
            run.refused = "unsafe_question"
        elif run.approved is None and found.unknown:
            run.refused = "unknown_name"
        elif run.approved is None and intent.off_task(question.text):
            run.refused, found = "no_relevant_content", replace(found, hits=())
        elif run.approved is None and not (
            _may_answer(run.profile, found) or certain(query, found) or goes_on(question, found.hits)
        ):
            run.refused = "no_relevant_content"
        else:
            if run.approved is None and memory is not None:
                reuse = memory.reuse(question, query, found, first)
            for sentence in reuse.sentences or self._worded(run, query, found, numbering, disagree):
                said.append(sentence)
                yield sentence
        answer = reuse.answer(self._finish(run, found, said, numbering, disagree))
        if run.cut or answer.generator != first:  # the next one may have more luck
            reuse = Reuse()
        yield Made(question, query, found.hits, run.messages, run.raw, tuple(said), answer, reuse)

    def _chatted(self, run: Run) -> Made:
        """What is said to a message that asks nothing of the documents."""
        asked = run.question
        run.generator, version = CHAT, self._retriever.version(asked.min_index_version, asked.as_of)
        nothing = Retrieved((), version, (), ())
        answer = self._finish(run, nothing, (), Numbering(()), Contradictions(()))
        return Made(asked, asked.text, (), run.messages, run.raw, (), answer, Reuse())

    def _condenses(self, run: Run) -> bool:
        """Only what the rules take for a follow-up: no other question costs a call and its time."""
        question, wanted = run.question, run.chain[0] is not None and run.profile.generator.condense
        return wanted and question.condensed is None and is_follow_up(question) and not unsafe(question.text)

    def _swapped(self, question: Question) -> Question:
        """A follow-up that names another thing, as the former question about that: the documents tell what is a thing."""
        if (question.condensed is not None and question.condensed.text) or (told := former(question)) is None:
            return question
        standing, turn = told
        text = swapped(
            standing,
            turn,
            lambda: (
                self._retriever.retrieve(
                    standing,
                    self._scope(question),
                    SIBLINGS,
                    min_index_version=question.min_index_version,
                    as_of=question.as_of,
                ).hits
            ),
        )
        if text is None:
            return question
        return replace(question, condensed=replace(question.condensed or Condensed(), text=text, rules=text))

    def _condense(self, run: Run) -> None:
        question, first, told = run.question, run.chain[0], run.profile.generator
        if first is not None and self._condenses(run):
            made = self._condensers[first].condense(question, told, run.deadline, run.gone)
            run.question = replace(question, condensed=replace(made, rules=rewrite(question)))
        if (spent := run.question.condensed) is not None:
            run.usage = Usage(spent.prompt_tokens, spent.completion_tokens)

    def _worded(
        self, run: Run, query: str, found: Retrieved, numbering: Numbering, disagree: Contradictions
    ) -> Iterator[Sentence]:
        said = list[Sentence]()
        for claim in self._claims(run, query, found, numbering):
            if not said and run.generator in (EXTRACTIVE, faq.GENERATOR) and (note := foreign(claim.text, run.language)):
                yield Sentence(note, ())
            said.append(numbering.sentence(claim))
            yield said[-1]
        if run.refused is None:
            with run.stage("check"):
                disagree.look(query, said)
            yield from map(numbering.sentence, disagree.told(run.language))
        if run.cut and said:
            yield Sentence(CUT[run.language], ())

    def _run(self, question: Question, gone: threading.Event | None) -> Run:
        profile = self._settings.profile(question.profile)
        question = settle(question)
        language = question.language or profile.language or language_of(question)
        return Run(question, profile, language, self._chain(question), gone)

    def _claims(self, run: Run, query: str, found: Retrieved, numbering: Numbering) -> Iterator[Claim]:
        """What passed, from the first backend of the chain that does its part."""
        if run.approved is not None:
            run.generator = faq.GENERATOR
            run.checked.append(Checked(run.approved.text, run.approved, None, "quoted"))
            yield run.approved
            return
        for at, backend in enumerate(run.chain):
            rest = run.chain[at + 1 :]
            if backend is None:
                yield from self._quoted(run, query, found, numbering)
                return
            passed = 0
            writing = self._writing(run, backend, found, rest)
            for claim in writing:
                passed += 1
                yield claim
            run.checked += writing.checked
            run.raw, run.refused, run.generator = writing.raw, writing.refused, backend.name
            run.usage = run.usage + writing.usage
            run.cut = writing.cut
            if passed or not writing.failed:
                return

    def _writing(self, run: Run, backend: Backend, found: Retrieved, rest: Sequence[Backend | None]) -> Writing:
        run.messages = self._messages(run, found, backend)
        gate = Gate(
            found.hits,
            question=run.question.text,
            policy=run.profile.unsupported,
            entails=self._entails,
            words=WordVectors(self._embedder, self._retriever.tokens_of) if self._embedder.late else None,
            allowed=self._settings.answer.allowed_links,
        )
        now, deadline = time.monotonic(), run.deadline
        if rest:
            deadline -= min(_EXTRACTIVE_S, (deadline - now) / 4) if rest == (None,) else 0
            first_by = deadline if rest == (None,) else now + (deadline - now) / 2
        else:
            first_by = deadline
        asked = run.question.deadline  # the caller's own may be too short for any backend
        limits = Limits(deadline, first_by, run.gone, run.question.sampling, fair=asked is None or run.deadline < asked)
        return Writing(backend, run.messages, gate, run.language, limits, run.stage)

    def _messages(self, run: Run, found: Retrieved, backend: Backend | None) -> list[dict[str, str]]:
        return build(
            run.question.text,
            found.hits,
            run.question.history,
            run.language,
            told=run.profile.generator,
            count=None if backend is None else getattr(backend.generator, "count_tokens", None),
        )

    def _quoted(self, run: Run, query: str, found: Retrieved, numbering: Numbering) -> Iterator[Claim]:
        with run.stage("generate"):
            hits = found.hits[:HITS]
            bits = self._retriever.tokens_of([hit.passage.id for hit in hits])
            asked = run.question
            made = compose(
                query,
                found,
                np.empty((0, 1), np.float32) if found.tokens is None else found.tokens,
                bits,
                limit=run.profile.max_sentences,
                grow=self._retriever.with_section,
                item=position(asked.text) if asked.history else None,
            )
            claims = made.claims
            numbering.read(made.found.hits)
        run.generator, run.refused, run.cut = EXTRACTIVE, None if claims else "no_relevant_content", False
        for claim in claims:
            run.checked.append(Checked(claim.text, claim, None, "quoted"))
            yield claim

    def _finish(
        self, run: Run, found: Retrieved, said: Sequence[Sentence], numbering: Numbering, disagree: Contradictions
    ) -> Answer:
        text, over, clarification = "\n".join(sentence.text for sentence in said), Handoff(), None
        if run.refused is not None:
            clarification = clarify(run.question, found, run.language) if run.refused == "no_relevant_content" else None
            text = clarification.question if clarification else self._refusal(run, found)
            suggested = clarification is None and not intent.off_task(run.question.text)
            over = handoff(run.refused, run.question, found, suggested=suggested)
        elif run.intent is not None:
            text = chat_text(run.intent, run.language, run.profile.replies)
            over = chat_handoff(run.intent, run.question, summary(run.question))
        elif run.question.history and still_failing(run.question.text):
            over = Handoff(True, "not_solved", run.question.text, summary(run.question))
        timings = run.timings | {"total": round((time.perf_counter() - run.began) * 1000, 3)}
        return Answer(
            answer_id=run.answer_id,
            conversation_id=run.question.conversation_id,
            status=_status(run, clarification),
            reason=None if clarification else run.refused,
            answer=text,
            citations=numbering.citations,
            handoff=over,
            index_version=found.version,
            generator=run.generator if run.checked or run.refused is None else self.generator_of(run.question),
            usage=run.usage,
            timings_ms=timings,
            profile=run.question.profile or DEFAULT_PROFILE,
            grounding=tuple(numbering.grounded(checked) for checked in run.checked),
            contradictions=disagree.shown(numbering) if run.refused is None else (),
            clarification=clarification,
            intent=run.intent,
            unknown=found.unknown if run.refused == "unknown_name" else (),
            complete=not run.cut,
        )

    def _refusal(self, run: Run, found: Retrieved) -> str:
        assert run.refused is not None
        own = run.profile.refusals
        if run.refused == "unknown_name" and "unknown_name" not in own:
            return unknown_text(found.unknown, run.language)
        return refusal_text(run.refused, run.language, own)


def _status(run: Run, clarification: Clarification | None) -> Status:
    if run.intent is not None:
        return "chat"
    if clarification is not None:
        return "clarify"
    return "answered" if run.refused is None else "refused"


def _may_answer(profile: Profile, found: Retrieved) -> bool:
    least = threshold(profile.max_wrong_rate, found.unanswered)
    return bool(found.hits) and max(hit.probability for hit in found.hits) >= least
