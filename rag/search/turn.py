"""What a question is in its conversation: a new one, one that may stand alone, or one that needs what was said before.

A follow-up is known by what it lacks: a topic of its own (`How much?`, 怎么安装), what its pronoun stands for (`Does it float?`,
那款呢), a verb (`And in winter?`, `128 GB`), a subject (`won't connect`, 连不上). Being short says nothing: `Do you ship abroad?`
and 运费多少 are whole questions.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from rag.library.tokens import is_chinese
from rag.search import lacking_en, lacking_zh

Kind = Literal["new", "open", "follow_up"]

LONGEST = 400  # characters that the rules look at; a longer message says itself what it is about
_SPACE = re.compile(r"\s+")
_ASKS = re.compile(r"[?？]")


@dataclass(frozen=True, slots=True)
class Turn:
    """`text`: on one line. `open`: it can be read alone or after the former question; `follow_up`: only after that one.

    `lacks`: what makes it so, for explanations.
    """

    text: str
    kind: Kind
    lacks: str = ""


def understand(text: str) -> Turn:
    """One message by itself, without the conversation."""
    line = tidy(text)
    if len(line) > LONGEST:
        return Turn(line, "new")
    found = lacking_zh.lacks(line) if is_chinese(line) else lacking_en.lacks(line)
    if found is None:
        return Turn(line, "new")
    kind, what = found
    return Turn(line, kind, what)


def tidy(text: str) -> str:
    """One line, compatibility forms folded, control characters dropped."""
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isprintable():
        folded = "".join(c for c in folded if c.isspace() or unicodedata.category(c)[0] != "C")
    return _SPACE.sub(" ", folded).strip()


def asks(text: str) -> bool:
    """Whether a message asks or demands something by itself; else it is what people write before they ask."""
    line = tidy(text[:LONGEST])
    return bool(_ASKS.search(line)) or (lacking_zh if is_chinese(line) else lacking_en).asks(line)


def gives_context(text: str) -> bool:
    """Whether a message only says what the next one is about: `I have the blue one`, 我买的 C2 Pro 摄像头."""
    line = tidy(text[:LONGEST])
    return (lacking_zh if is_chinese(line) else lacking_en).gives_context(line)
