"""The approved answer of a FAQ, word for word, when the question is one of its phrasings or nearly that.

The rule is strict on purpose: whoever is not sure that two questions ask the same takes the usual way, which quotes the
entry anyway when it is the best hit. Measured on 230 distinct questions of a real FAQ and 244 labelled paraphrases
(docs/decisions/0019): no question got another one's answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.compose.choose import flowing
from rag.domain import Claim, Hit, Span
from rag.ports import Embedder
from rag.text.tokens import fold, is_chinese, words

GENERATOR = "faq"
"""`generator` of a reply that is an approved answer."""

_NEAR = 0.98  # cosine of the two questions, both embedded as questions
_SHARED = 0.6  # of the content words of both
_MARKS = re.compile(r"[\W_]+")
_NEGATION = re.compile(r"\b(?:not?|never|without|cannot|neither|nor)\b|n['’]t\b|不|没|无|未|别|勿|非", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:who(?:m|se)?|when|where|why|which|what|how (?:long|much|many|often|far|soon)|how)\b"
    r"|谁|何时|什么时候|哪里|哪儿|在哪|为什么|为何|为啥|多久|多长|多少|几|怎么样|怎么|如何|怎样|什么|哪",
    re.IGNORECASE,
)
_SAME_ASKING = {"如何": "怎么", "怎样": "怎么", "何时": "什么时候", "哪儿": "哪里", "在哪": "哪里", "为何": "为什么"}
_VARIANT = r"(?:\s+(?:pro|max|plus|mini|lite|ultra|air|se)\b)?"  # `C2 Pro` is not the `C2`
_NAME = re.compile(rf"[A-Za-z]{{0,20}}\d[\w.+-]*(?i:{_VARIANT})|\b[A-Z][\w+-]*[A-Z0-9][\w+-]*\b|\b[A-Z]\b")
_LATIN = re.compile(r"[A-Za-z0-9][\w.+-]*")


def approved(question: str, hits: Sequence[Hit], embedder: Embedder) -> Claim | None:
    """The answer of the entry that the question is a phrasing of; None when there is none, or when two disagree."""
    entries = [(at, _phrasing(hit)) for at, hit in enumerate(hits) if hit.passage.kind == "faq"]
    plain_question = plain(question)
    same = [at for at, phrasing in entries if plain(phrasing) == plain_question]
    if not same:
        alike = [(at, phrasing) for at, phrasing in entries if may_be_same(question, phrasing)]
        if not alike:
            return None
        vectors = embedder.embed_queries([question, *(phrasing for _, phrasing in alike)])
        same = [at for (at, _), cosine in zip(alike, vectors[1:] @ vectors[0], strict=True) if cosine >= _NEAR]
    if len({hits[at].passage.text for at in same}) != 1:  # none, or two products' answers to one question
        return None
    passage = hits[same[0]].passage
    places = [at for at, one in enumerate(passage.statements) if one.kind != "field" or passage.kind != "faq"]
    text = flowing(hits[same[0]], places) if places else passage.text
    return Claim(text, (Span(same[0], passage.start, passage.end),))


def plain(question: str) -> str:
    """A question without case, width, spaces and marks."""
    return _MARKS.sub("", fold(question).casefold())


def may_be_same(one: str, other: str) -> bool:
    """Whether nothing speaks against two questions being the same: they differ by a few words on one side at most.

    Names and numbers, negation and what is asked for (who, when, how long) must be equal.
    """
    if _names(one) != _names(other) or _asks(one) != _asks(other):
        return False
    if len(_NEGATION.findall(one)) != len(_NEGATION.findall(other)):
        return False
    a, b = set(words(one)), set(words(other))
    if a - b and b - a:  # one word in the place of another: `open` for `close`, `Berlin` for `Paris`
        return False
    return bool(a & b) and len(a & b) / len(a | b) >= _SHARED


def _names(text: str) -> frozenset[str]:
    """Numbers, codes and capitalised names; in Chinese everything that is written in Latin letters."""
    names = (_LATIN if is_chinese(text) else _NAME).findall(fold(text))
    return frozenset(name.casefold().strip(".-") for name in names) - {"i"}


def _asks(text: str) -> frozenset[str]:
    words = (match.group().casefold() for match in _ASKS.finditer(fold(text)))
    return frozenset(_SAME_ASKING.get(word, word) for word in words)


def _phrasing(hit: Hit) -> str:
    """The question under which the passage was found: the last line of what stands before it."""
    return hit.passage.context.rsplit("\n", 1)[-1]
