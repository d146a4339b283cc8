"""What must not stay in a question set: repeats, questions that give their answer away, questions without one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from eval.make.rules import Candidate
from eval.texts import squad_tokens
from rag.text.tokens import words

_SAME = 0.8  # Jaccard similarity of two questions' words from which on they are one
_LEAKED = 0.8  # share of the answer's words in the question
_POINTS = re.compile(
    r"\b(?:the|this) (?:section|passage|document|text|article|page)\b|(?:本|该|上述|这)(?:节|段|文|文档|文章|章节|页)", re.I
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")

Check = Callable[[Candidate], bool]


@dataclass(slots=True)
class Sieve:
    """Keeps what passes; `dropped` counts the rest by reason: duplicate, leak, unanswerable, vague."""

    answerable: Check | None = None
    kept: list[Candidate] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    _words: list[frozenset[str]] = field(default_factory=list)
    _with: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def put(self, candidates: Iterable[Candidate]) -> None:
        """In order: of two that are the same the first stays."""
        for candidate in candidates:
            reason = self._fault(candidate)
            if reason:
                self.dropped[reason] += 1
                continue
            question_words = frozenset(words(candidate.question))
            for word in question_words:
                self._with[word].append(len(self._words))
            self._words.append(question_words)
            self.kept.append(candidate)

    def _fault(self, candidate: Candidate) -> str | None:
        question_words = frozenset(words(candidate.question))
        if len(question_words) < 2 or _POINTS.search(candidate.question):
            return "vague"
        if leaks(candidate):
            return "leak"
        if not grounded(candidate):
            return "unanswerable"
        if self._repeats(question_words):
            return "duplicate"
        if self.answerable is not None and candidate.method == "llm" and not self.answerable(candidate):
            return "unanswerable"
        return None

    def _repeats(self, question_words: frozenset[str]) -> bool:
        shared = Counter(at for word in question_words for at in self._with[word])
        return any(count / len(question_words | self._words[at]) >= _SAME for at, count in shared.items())


def leaks(candidate: Candidate) -> bool:
    """Whether the question says its own answer: the fact that was left out, or most of the answer's words."""
    tokens = squad_tokens(candidate.question)
    if candidate.fact:
        fact = squad_tokens(candidate.fact)
        return any(tokens[at : at + len(fact)] == fact for at in range(len(tokens)))
    answer = words(candidate.answer)
    return bool(answer) and sum(word in set(words(candidate.question)) for word in answer) >= _LEAKED * len(answer)


def grounded(candidate: Candidate) -> bool:
    """Whether the section holds the answer: its numbers, and (of an LLM's answer) at least half of its words."""
    source, answer = candidate.section.text, candidate.fact or candidate.answer
    if not set(_NUMBER.findall(answer)) <= set(_NUMBER.findall(source)):
        return False
    answer_words = set(words(answer))
    return candidate.method != "llm" or (
        bool(answer_words) and len(answer_words & set(words(source))) >= 0.5 * len(answer_words)
    )


def sources(candidate: Candidate, everywhere: Sequence[tuple[str, str]]) -> list[str]:
    """Documents in which the same sentence stands: each of them answers. `everywhere`: (document id, text without space)."""
    sentence = "".join(candidate.answer.split())
    same = [document for document, text in everywhere if sentence in text] if len(sentence) >= 12 else []
    return list(dict.fromkeys([candidate.section.document_id, *same]))
