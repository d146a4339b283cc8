"""What the pipeline remembers: conversations, worded answers that may be used again, and the record of every answer."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

from rag.answering.cache import AnswerCache, key_of
from rag.answering.conversation import Conversations, spoken
from rag.answering.record import AnswerTrace, Reuse, age_of, answer_of, fingerprint, pack, sentences_of, settings_of
from rag.answering.recorder import Recorder
from rag.answering.replay import Make, Replay, passages_of, replay
from rag.domain import Question, Retrieved
from rag.errors import NotFound
from rag.ports import Embedder
from rag.record.answers import Answers, Stored
from rag.record.feedback import Feedback, FeedbackBook
from rag.record.ledger import Ledger
from rag.record.quotes import passage_texts
from rag.runtime import metrics
from rag.runtime.remote import Remote
from rag.settings import Settings

EXTRACTIVE = "extractive"
_WORDING = ("generate", "check")  # stages that a cached answer spares
_FRESH_S, _WAIT_S = 5.0, 1.0  # another process may be about to write so young an answer


class Memory:
    """One a process; safe for threads. `close` when done."""

    def __init__(self, ledger: Ledger, embedder: Embedder, remote: Remote, settings: Settings):
        self._ledger, self._embedder, self._settings = ledger, embedder, settings
        self.conversations = Conversations(remote, ledger.engine, settings.conversation)
        self.answers, self.feedback = Answers(ledger.engine), FeedbackBook(ledger.engine)
        full = settings.answers.store == "full"
        self._recorder = Recorder(ledger.engine, settings.answers.keep_days) if full else None
        self._cache = AnswerCache(remote, settings.cache.ttl_s) if full and settings.cache.ttl_s else None
        self._configurations: dict[str | None, tuple[dict[str, Any], str]] = {}

    def close(self) -> None:
        if self._recorder is not None:
            self._recorder.close()

    def flush(self) -> None:
        """Returns when all answers so far are in the ledger."""
        if self._recorder is not None:
            self._recorder.flush()

    def settings_of(self, profile: str | None) -> tuple[dict[str, Any], str]:
        """What answers of a profile depend on, and its fingerprint."""
        if profile not in self._configurations:
            configuration = settings_of(self._settings, profile, self._embedder.model_id)
            self._configurations[profile] = configuration, fingerprint(configuration)
        return self._configurations[profile]

    def recall(self, question: Question) -> Question:
        """The question with the messages before it: those that the client sent, else those that are remembered."""
        history = question.history or self.conversations.recall(question, partial(self._options, question.owner))
        return replace(question, history=spoken(history)) if history else question

    def _options(self, owner: str, answer_id: str) -> tuple[str, ...]:
        """What a question back offered to choose from."""
        try:
            clarification = self.find(answer_id, owner).record["answer"].get("clarification") or {}
        except NotFound:
            return ()
        return tuple(clarification.get("options", ()))

    def reuse(self, question: Question, query: str, retrieved: Retrieved, generator: str) -> Reuse:
        """Looks for an answer that was worded for the same; see `rag.answering.cache`."""
        if self._cache is None:
            return Reuse()
        version = retrieved.version if generator == EXTRACTIVE else None
        key = key_of(question, query, retrieved.hits, self.settings_of(question.profile)[1], generator, version)
        answer_id = self._cache.find(key)
        try:
            was = self.find(answer_id) if answer_id is not None else None
        except NotFound:
            was = None
        metrics.CACHE_LOOKUPS.labels("miss" if was is None else "hit").inc()
        return Reuse(key) if was is None else Reuse(key, answer_of(was), sentences_of(was), was.record)

    def keep(self, trace: AnswerTrace) -> None:
        """Remembers an answer everywhere."""
        question, answer, reuse = trace.question, trace.answer, trace.reuse
        self.conversations.remember(question, answer)
        if reuse.was is not None:
            metrics.CACHE_SAVED_TOKENS.inc(reuse.was.usage.prompt_tokens + reuse.was.usage.completion_tokens)
            metrics.CACHE_SAVED_SECONDS.inc(sum(reuse.was.timings_ms.get(stage, 0.0) for stage in _WORDING) / 1000)
        if self._recorder is None:
            return
        model = vector = None
        if answer.status == "refused":  # the vector is there already: retrieval made it
            model = self._embedder.model_id
            vector = self._embedder.embed_queries([trace.query])[0].astype("<f4").tobytes()
        self._recorder.keep(pack(trace, *self.settings_of(question.profile), model=model, vector=vector))
        if reuse.key is not None and reuse.was is None and self._cache is not None and answer.status == "answered":
            self._cache.put(reuse.key, answer.answer_id)

    def replay(self, stored: Stored, make: Make) -> Replay:
        """Makes an answer again, by `make`. Raises InputError when its profile is gone."""
        configuration, _ = self.settings_of(stored.profile)
        texts = passage_texts(self._ledger.engine, passages_of(stored))
        return replay(stored, make, configuration, texts, self._ledger.head())

    def rate(self, given: Feedback, owner: str | None = None) -> Feedback:
        """Keeps what somebody thinks of an answer. Raises NotFound when it is not there, or another's."""
        self.find(given.answer_id, owner)
        self.flush()  # of an answer this young
        return self.feedback.put(given, owner)

    def find(self, answer_id: str, owner: str | None = None) -> Stored:
        """An answer that was given; `owner` None: anyone's. Raises NotFound."""
        waiting = self._recorder.pending(answer_id) if self._recorder is not None else None
        if waiting is not None and owner in (None, waiting.owner):
            return waiting
        age = age_of(answer_id)
        end = time.monotonic() + (_WAIT_S if age is not None and -_FRESH_S < age < _FRESH_S else 0.0)
        while True:
            try:
                return self.answers.get(answer_id, owner)
            except NotFound:
                if time.monotonic() >= end:
                    raise
            time.sleep(0.05)
