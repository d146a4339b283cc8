"""Whose fact it is: a sentence that names nobody must not give one product's, or one version's, facts for another's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.gate.reading import read
from rag.answering.gate.tok import Reading
from rag.answering.gate.units import Unit
from rag.domain import Passage

_OUTDATED = re.compile(
    r"旧版|老版|已废止|废止|停用|已失效|作废|历史版本|执行到|有效期?至|截至|\b(?:valid|in force|applied|applies"
    r"|effective)?\s*(?:until|till|through) (?:the end of |end of )?(?:\d|[A-Z])"
    r"|\b(?:superseded|replaced|outdated|obsolete|deprecated|archived|withdrawn|no longer valid"
    r"|old version|former rules|previous version)\b",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"旧|原来|以前|之前|此前|曾|当时|至今?|截至|until|till|formerly|previous|old|used to|before|then|was\b|were\b|had\b",
    re.IGNORECASE,
)


def coded(reading: Reading) -> frozenset[str]:
    """Names with a digit: models and versions."""
    return frozenset(
        t.key
        for t in reading.tokens
        if t.kind == "name"
        and any(c.isdigit() for c in t.key)
        and any(c.isalpha() for c in t.key)
        and "@" not in t.key
        and "/" not in t.key
    )


def another(question: Reading, claim: Reading, units: Sequence[Unit]) -> bool:
    """Whether the question is about one model, the evidence about another, and the claim names neither."""
    question_codes, claim_codes = coded(question), coded(claim)
    for unit in units:
        about = coded(unit.context)
        if (
            question_codes
            and about
            and not question_codes & about
            and not claim_codes & about
            and not question_codes & coded(unit.reading)
        ):
            return True
    return False


def outdated(passage: Passage, others: Sequence[Passage]) -> bool:
    """Whether it is an older version of what another passage of the prompt says now."""
    head = f"{passage.title}\n{' '.join(passage.section)}"
    if not _OUTDATED.search(head):
        return any(_follows(_head(other), head) for other in others if other.id != passage.id)
    words = _topic(head)
    for other in others:
        if other.id == passage.id:
            continue
        also = f"{other.title}\n{' '.join(other.section)}"
        if not _OUTDATED.search(also) and 2 * len(words & _topic(also)) >= min(len(words), len(_topic(also))) > 0:
            return True
    return False


_EDITION = re.compile(
    r"\b(?:version|release|edition|firmware|v)\s*\.?(\d+(?:\.\d+)*)\b|(?<![\d.])(\d+(?:\.\d+)*)\s*版|版本\s*(\d+(?:\.\d+)*)",
    re.IGNORECASE,
)


def _head(passage: Passage) -> str:
    return f"{passage.title}\n{' '.join(passage.section)}"


def edition(head: str) -> tuple[int, ...]:
    """The number of the version that a heading names: (4, 2) of `Version 4.2 (May 2026)`; () of one that names none."""
    match = _EDITION.search(head)
    return tuple(int(n) for n in next(filter(None, match.groups())).split(".")) if match else ()


def _follows(newer: str, older: str) -> bool:
    """Whether two headings are the same but for the version, and the first names the later one."""
    one, other = edition(newer), edition(older)
    if not one or not other or one <= other:
        return False
    plain = (re.sub(r"[(（][^()（）]*[)）]|\d{4}[-年/.]?\d*|\s", "", _EDITION.sub(" ", head)) for head in (newer, older))
    return len({*plain}) == 1


def _topic(text: str) -> frozenset[str]:
    return frozenset(t.key for t in read(re.sub(r"[(（][^()（）]*[)）]", " ", text)).tokens if t.kind in ("word", "name"))


def says_when(text: str, claim: Reading, passage: Passage, question: Reading) -> bool:
    """Whether a claim from an older version says that it is of then, or the question asks about then."""
    head = read(f"{passage.title} ; {' ; '.join(passage.section)}")
    dates = {_year(t.key) for t in head.tokens if t.unit == "date"} - {""}
    if dates & {_year(t.key) for t in claim.tokens if t.unit == "date"}:
        return True
    if (number := edition(_head(passage))) and re.search(
        rf"(?<![\d.]){re.escape('.'.join(map(str, number)))}(?![\d]|\.\d)",
        f"{text} {' '.join(t.text for t in question.tokens)}",
    ):
        return True
    years = {_year(t.key) for t in question.tokens if t.unit == "date"} - {""}
    return bool(dates & years) or bool(
        re.search(r"旧版|旧规则|以前|原来|formerly|old (?:rules|version|policy)|previously|used to", text, re.IGNORECASE)
    )


def _year(key: str) -> str:
    return key[:4] if key[:4].isdigit() else ""
