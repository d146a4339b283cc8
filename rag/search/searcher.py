"""The hits of a question: where it may look, all its readings, and what was said already further down."""

from __future__ import annotations

import time
from dataclasses import replace

from rag.domain import DEFAULT_COLLECTION, Question, Retrieved, Scope
from rag.runtime import telemetry
from rag.search.readings import demote, search_readings
from rag.search.retrieve import Retriever
from rag.search.rewrite import readings, said_already
from rag.settings import Settings


class Searcher:
    """Searches as the question's profile says. Safe for any mix of threads."""

    def __init__(self, retriever: Retriever, settings: Settings):
        self._retriever, self._settings = retriever, settings

    def search(self, question: Question, *, explain: bool = False) -> Retrieved:
        """Best first; with `explain` also what was dropped, and why. Raises IndexBehind, InputError."""
        profile, scope = self._settings.profile(question.profile), self.scope(question)
        self._check(question)
        k, began = question.top_k or profile.top_k, time.perf_counter()
        retrieved = search_readings(
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
        retrieved = demote(retrieved, said_already(question))
        telemetry.searched(question, retrieved, (time.perf_counter() - began) * 1000, self._settings.log)
        return retrieved

    def read(self, question: Question, *, widen: bool) -> Retrieved:
        """The hits as an answer is made of them; `widen`: the best ones with their sections around them, for an LLM."""
        retrieved = self.search(question)
        retrieved = replace(retrieved, hits=tuple(hit for hit in retrieved.hits if not hit.aside) or retrieved.hits)
        return self._retriever.widened(retrieved, self._settings.retrieval.neighbours) if widen else retrieved

    def scope(self, question: Question) -> Scope:
        """Where the question may look: the collection of its profile, where it names none."""
        own = self._settings.profile(question.profile).collection
        if question.scope.collection is not None or own is None:
            return question.scope
        return replace(question.scope, collection=own)

    def _check(self, question: Question) -> None:
        """A collection of the question's own must be there; a profile's may be empty still."""
        if question.scope.collection is not None and question.as_of is None:
            ours = {profile.collection for profile in self._settings.profiles.values() if profile.collection}
            self._retriever.check(question.scope, {DEFAULT_COLLECTION, *ours})

    def siblings(self, standing: str, question: Question, k: int) -> Retrieved:
        """The k best hits of what a follow-up stands for, where the follow-up may look."""
        return self._retriever.retrieve(
            standing, self.scope(question), k, min_index_version=question.min_index_version, as_of=question.as_of
        )

    def version(self, question: Question) -> int:
        """The index version that a question is answered at which is not searched. Raises IndexBehind."""
        return self._retriever.version(question.min_index_version, question.as_of)
