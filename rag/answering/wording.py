"""The sentences of an answer: an approved FAQ answer, what an LLM wrote and the gate passed, or quotations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from rag.answering import faq
from rag.answering.check import Checked, Entails, Gate
from rag.answering.cite import Numbering
from rag.answering.compose.answer import compose, harmless
from rag.answering.compose.score import HITS, Scored, scored
from rag.answering.contradict import Contradictions
from rag.answering.gate.vectors import WordVectors
from rag.answering.generate import Backend
from rag.answering.inbox import Pause
from rag.answering.prompt import build
from rag.answering.refuse import CUT, foreign
from rag.answering.run import EXTRACTIVE, Run
from rag.answering.writing import Limits, Writing
from rag.domain import Claim, Retrieved, Sentence
from rag.ports import Embedder

_EXTRACTIVE_S = 1.0  # kept of the deadline where quoting is the last way out


class Wording:
    """Words answers. Safe for any mix of threads."""

    def __init__(
        self,
        embedder: Embedder,
        tokens_of: Callable[[Sequence[int]], list[bytes]],
        with_section: Callable[[Retrieved, int], Retrieved],
        entails: Entails | None,
        allowed_links: Sequence[str],
    ):
        """`tokens_of`: bits of the token vectors of passages by id; `with_section`: one of the hits grown to its section."""
        self._embedder, self._tokens_of, self._with_section = embedder, tokens_of, with_section
        self._entails, self._allowed_links = entails, allowed_links

    def sentences(
        self, run: Run, query: str, retrieved: Retrieved, numbering: Numbering, disagree: Contradictions
    ) -> Iterator[Sentence | Pause]:
        """Each as soon as it has passed; how it came about is noted in `run`. Pauses while a backend is silent."""
        said = list[Sentence]()
        for claim in self._claims(run, query, retrieved, numbering):
            if isinstance(claim, Pause):
                yield claim
                continue
            if not said and run.generator in (EXTRACTIVE, faq.GENERATOR) and (note := foreign(claim.text, run.language)):
                yield Sentence(note, ())
            said.append(numbering.sentence(claim))
            yield said[-1]
        if run.refused is None:
            with run.stage("check"):
                disagree.look(query, said)
            yield from map(numbering.sentence, disagree.claims(run.language))
        if run.cut and said:
            yield Sentence(CUT[run.language], ())

    def _claims(self, run: Run, query: str, retrieved: Retrieved, numbering: Numbering) -> Iterator[Claim | Pause]:
        """What passed, from the first backend of the chain that does its part."""
        if run.approved is not None:
            run.generator = faq.GENERATOR
            run.checked.append(Checked(run.approved.text, run.approved, None, "quoted"))
            yield run.approved
            return
        for at, backend in enumerate(run.chain):
            rest = run.chain[at + 1 :]
            if backend is None:
                yield from self._quoted(run, query, retrieved, numbering)
                return
            passed = 0
            writing = self._writing(run, backend, retrieved, rest)
            for claim in writing:
                passed += not isinstance(claim, Pause)
                yield claim
            run.checked += writing.checked
            run.raw, run.refused, run.generator = writing.raw, writing.refused, backend.name
            run.usage = run.usage + writing.usage
            run.cut = writing.cut
            if passed or not writing.failed:
                return

    def _writing(self, run: Run, backend: Backend, retrieved: Retrieved, rest: Sequence[Backend | None]) -> Writing:
        run.messages = messages(run, retrieved, backend)
        run.scores = run.bits = ()  # for quoting they are read again; many who wait would hold 50 KB each
        gate = Gate(
            retrieved.hits,
            question=run.question.text,
            policy=run.profile.unsupported,
            entails=self._entails,
            words=WordVectors(self._embedder, self._tokens_of) if self._embedder.late else None,
            allowed=self._allowed_links,
            section=lambda at: self._with_section(retrieved, at).hits[at].passage,
        )
        now, deadline = time.monotonic(), run.deadline
        if rest:
            deadline -= min(_EXTRACTIVE_S, (deadline - now) / 4) if rest == (None,) else 0
            first_by = deadline if rest == (None,) else now + (deadline - now) / 2
        else:
            first_by = deadline
        own_deadline = run.question.deadline  # the caller's own may be too short for any backend
        limits = Limits(
            deadline, first_by, run.gone, run.question.sampling, fair=own_deadline is None or run.deadline < own_deadline
        )
        return Writing(backend, run.messages, gate, run.language, limits, run.stage)

    def scores(self, query: str, retrieved: Retrieved) -> tuple[list[Scored], list[bytes]]:
        """Of the statements of the first hits, and token bits of these hits; no scores where the model has no token vectors."""
        bits = self._tokens_of([hit.passage.id for hit in retrieved.hits[:HITS]])
        if retrieved.tokens is None or not retrieved.hits:
            return [], bits
        return scored(query, harmless(retrieved), retrieved.tokens, bits), bits

    def _quoted(self, run: Run, query: str, retrieved: Retrieved, numbering: Numbering) -> Iterator[Claim]:
        with run.stage("generate"):
            if not run.bits:
                tokens = self._embedder.query_tokens(query) if self._embedder.late else None
                retrieved = replace(retrieved, tokens=tokens)
                run.scores, run.bits = self.scores(query, retrieved)
            composed = compose(
                query,
                retrieved,
                np.empty((0, 1), np.float32) if retrieved.tokens is None else retrieved.tokens,
                run.bits,
                limit=run.profile.max_sentences,
                scores=run.scores or None,
                grow=self._with_section,
                item=run.item,
            )
            claims = composed.claims
            numbering.read(composed.retrieved.hits)
        run.generator, run.refused, run.cut = EXTRACTIVE, None if claims else "no_relevant_content", False
        for claim in claims:
            run.checked.append(Checked(claim.text, claim, None, "quoted"))
            yield claim


def messages(run: Run, retrieved: Retrieved, backend: Backend | None) -> list[dict[str, str]]:
    """The prompt."""
    return build(
        run.question.text,
        retrieved.hits,
        run.question.history,
        run.language,
        settings=run.profile.generator,
        count=None if backend is None else getattr(backend.generator, "count_tokens", None),
    )
