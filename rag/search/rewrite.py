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


def rewrite(question: Question) -> str:
    """The question on one line; a follow-up gets the user's previous question before it."""
    text = tidy(question.text)
    before = _last_user_message(question.history)
    if before and (_FOLLOW_UP.search(text) or len(words(text)) < _SHORT):
        return f"{tidy(before)} {text}"
    return text


def tidy(text: str) -> str:
    """One line, compatibility forms folded, control characters dropped."""
    folded = unicodedata.normalize("NFKC", text)
    return _SPACE.sub(" ", "".join(c for c in folded if c.isspace() or unicodedata.category(c)[0] != "C")).strip()


def _last_user_message(history: tuple[Message, ...]) -> str | None:
    return next((message.content for message in reversed(history) if message.role == "user"), None)
