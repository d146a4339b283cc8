"""What one question gathers on its way through the pipeline."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rag.answering.check import Checked
from rag.answering.compose.score import Scored
from rag.answering.generate import Backend
from rag.answering.read import Messages
from rag.answering.record import new_id
from rag.domain import Claim, Intent, Language, Question, Reason, Usage
from rag.runtime.tracing import StageSpans
from rag.settings.profiles import Profile

EXTRACTIVE = "extractive"


@dataclass(slots=True)
class Run:
    """`messages` and `raw`: the prompt of the backend that answered, and its text."""

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
    scores: Sequence[Scored] = ()  # of the statements of the hits, where the question was weighed
    bits: Sequence[bytes] = ()  # token bits of these hits
    item: int | None = None  # the place in a list that a follow-up asks for
    off_task: bool = False  # asks for something else than an answer from documents
    unsolved: bool = False  # says that the answer before did not help

    @property
    def llm(self) -> Backend | None:
        """The first backend of the chain that is none that quotes."""
        return next((backend for backend in self.chain if backend is not None), None)

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

    def reranked(self, ms: float) -> None:
        """Takes the time of the re-ranker out of that of the search."""
        self.timings["rerank"] = ms
        self.timings["retrieve"] = round(self.timings["retrieve"] - ms, 3)
