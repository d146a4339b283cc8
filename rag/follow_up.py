"""A follow-up as a question that stands alone: condensed by an LLM where one is asked to, else by the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rag.answering import condense
from rag.answering.condense import Condenser
from rag.answering.generate import Backend
from rag.answering.inbox import Pause
from rag.answering.run import Run
from rag.answering.unsafe import unsafe
from rag.domain import Question, Usage
from rag.domain.condensed import Condensed
from rag.search.rewrite import former, is_follow_up, rewrite, without_last
from rag.search.searcher import Searcher
from rag.search.swap import SIBLINGS, swapped
from rag.search.turn import Turn

_BACK = 3  # follow-ups in a row that are resolved, each with a search of its own


class FollowUps:
    """Completes follow-ups from what was said before. Safe for any mix of threads."""

    def __init__(self, searcher: Searcher, condensers: Mapping[Backend, Condenser]):
        self._searcher, self._condensers = searcher, condensers

    def complete(self, run: Run) -> Iterator[Pause]:
        """Puts the question that stands alone into `run`, with what it took; pauses while an LLM is silent.

        Raises IndexBehind; Cancelled once `run.gone`.
        """
        question, first, settings = run.question, run.chain[0], run.profile.generator
        if first is not None and self._condenses(run):
            condensed = yield from self._condensers[first].condense(question, settings, run.deadline, run.gone)
            run.question = replace(question, condensed=replace(condensed, rules=rewrite(question)))
        if (spent := run.question.condensed) is not None:
            run.usage = Usage(spent.prompt_tokens, spent.completion_tokens)
        run.question = self._swapped(run.question)

    def prompt(self, run: Run) -> list[dict[str, str]]:
        """The messages that an LLM would be sent; empty where none is."""
        return condense.prompt(run.question, run.profile.generator) if self._condenses(run) else []

    def _condenses(self, run: Run) -> bool:
        """Only what the rules take for a follow-up: no other question costs a call and its time."""
        question, wanted = run.question, run.chain[0] is not None and run.profile.generator.condense
        return wanted and question.condensed is None and is_follow_up(question) and not unsafe(question.text)

    def _swapped(self, question: Question) -> Question:
        """A follow-up that names another thing, as the former question about that: the documents tell what is a thing."""
        if (question.condensed is not None and question.condensed.text) or (before := former(question)) is None:
            return question
        if (text := self._resolved(question, before, _BACK)) is None:
            return question
        return replace(question, condensed=replace(question.condensed or Condensed(), text=text, rules=text))

    def _resolved(self, question: Question, before: tuple[str, Turn], back: int) -> str | None:
        """The former question with what the message puts in its place: 三人间多少钱 for 那三人间呢, also after 那套房呢."""
        standing, turn = before
        earlier = without_last(question)
        if back and earlier is not None and is_follow_up(earlier) and (its := former(earlier)) is not None:
            standing = self._resolved(earlier, its, back - 1) or standing
        return swapped(standing, turn, lambda: self._searcher.siblings(standing, question, SIBLINGS).hits)
