"""What a question is in its conversation: a new one, one that may stand alone, or one that needs what was said before.

A follow-up is known by what it lacks: a topic of its own (`How much?`, 怎么安装), what its pronoun stands for (那款呢,
`Does it float?`), a verb (`And in winter?`, `128 GB`), a subject (`won't connect`, 连不上). Being short says nothing:
运费多少 and `Do you ship abroad?` are whole questions.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.domain import Language, Question
from rag.search import lacking_en, lacking_zh
from rag.text.tokens import is_chinese

Kind = Literal["new", "open", "follow_up"]

LONGEST = 400  # characters that the rules look at; a longer message says itself what it is about
_SPACE = re.compile(r"\s+")
_ASKS = re.compile(r"[?？]")
_STILL = re.compile(
    r"\b(?:still|again|also)\b.{0,20}\b(?:not|n't|no|doesn't|won't|can't|fails?|broken|the same|nothing)\b"
    r"|\b(?:didn't|did not|doesn't|does not|not) (?:help|work|solve|fix)\b"
    r"|\b(?:no luck|same (?:problem|issue|error|result)|nothing (?:changed|happened|works|helped)|tried "
    r"(?:that|this|it|all|everything))\b"
    r"|还是.{0,6}(?:不|没|失败|报错|一样|老样子)|(?:都|也)?(?:试过|试了|按(?:你|您|上面)).{0,12}(?:不|没)"
    r"|(?:不管用|没用|没效果|不起作用|没解决|没有解决|没反应|不奏效|依然不|仍然不)|^不行[了啊的呀。!！]*$",
    re.IGNORECASE,
)
_STILL_LONGEST = 60  # characters; a longer message tells the problem anew


@dataclass(frozen=True, slots=True)
class Turn:
    """`text`: on one line. `open`: it can be read alone or after the former question; `follow_up`: only after that one.

    `lacks`: what makes it so: topic, pronoun, verb, subject, opening, question.
    """

    text: str
    kind: Kind
    lacks: str = ""


@lru_cache(maxsize=4096)
def understand(text: str) -> Turn:
    """One message by itself, without the conversation."""
    line = tidy(text)
    if len(line) > LONGEST:
        return Turn(line, "new")
    lack = lacking_zh.lacks(line) if is_chinese(line) else lacking_en.lacks(line)
    if lack is None:
        return Turn(line, "new")
    kind, what = lack
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
    return lacking_zh.gives_context(line) if is_chinese(line) else lacking_en.gives_context(line)


def names_an_aspect(text: str) -> bool:
    """Whether a follow-up says what it wants to know (the price, how to install), so that only the thing is missing."""
    line = tidy(text[:LONGEST])
    return lacking_zh.names_an_aspect(line) if is_chinese(line) else lacking_en.names_an_aspect(line)


def still_failing(text: str) -> bool:
    """Whether a message says that what was answered does not help: `still not working`, 还是不行."""
    line = tidy(text[:LONGEST])
    return len(line) <= _STILL_LONGEST and bool(_STILL.search(line))


def language_of(question: Question) -> Language:
    """The question's own language; without any letter that of the user's last message."""
    texts = [question.text, *(m.content for m in reversed(question.history) if m.role == "user")]
    spoken = next((text for text in texts if any(char.isalpha() for char in text[:LONGEST])), "")
    return "zh" if is_chinese(spoken) else "en"
