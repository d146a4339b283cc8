"""What the evidence says and the claim leaves out: nothing may be cut off that limits what is kept."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.gate.alike import Known, Laid, alike
from rag.answering.gate.lexicon import LIGHT
from rag.answering.gate.little import light
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit
from rag.domain.grounding import Fault


def _means_back(part: Sequence[Clause]) -> bool:
    """Whether a pronoun stands for the subject."""
    return next((t.key for t in part[0].tokens if t.kind != "join"), "") in (
        "it",
        "they",
        "this",
        "these",
        "he",
        "she",
        "它",
        "他们",
        "其",
        "该",
        "这",
    )


def cut_off(
    part: Sequence[Clause], claim: Sequence[Tok], there: Sequence[Clause], laid: Laid, main: int, unit: Unit, known: Known
) -> Fault | None:
    """What the used clauses say and the claim does not: nothing may be cut off but what is known anyway."""
    said = {key for t in claim for key in (t.key,)}
    meant = _means_back(part)
    lent = any(p is None and not t.soft and not light(t) for t, p in zip(claim, laid.place, strict=True))
    for at in laid.used:
        held = {p[1] for p in laid.place if p is not None and p[0] == at}
        for n, token in enumerate(there[at].tokens):
            if not token.content or n in held or token.key in said or token.soft or any(alike(t, token) for t in claim):
                continue
            if token.key in unit.context.keys and token.kind != "number":
                if lent:  # one word of what stands above in the place of another
                    return "name"
                continue
            if token.key in known.words and token.kind == "name":
                continue
            if token.key in LIGHT or (meant and n < min(held, default=0) and (known.first or token.key in known.words)):
                continue
            if _starting_point(there[at].tokens, n, held):
                continue
            return "number" if token.kind == "number" else "condition"
    return None


def _starting_point(tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """`of delivery` behind `within 14 days`: from when a period counts, at the end of its clause."""
    before = [t for t in tokens[max(at - 3, 0) : at]]
    led = any(t.key in ("of", "from") for t in before) and any(
        t.kind == "number" and t.unit in ("day", "bday", "s", "month") for t in tokens[max(at - 5, 0) : at]
    )
    return led and not any(t.content and n in held for n, t in enumerate(tokens) if n > at)


_WHEN = frozenset(("before", "after", "while", "since"))
_BINDING = frozenset(
    "if unless except only until before after while exclude instead usually seldom since firstof without".split()
)


OF_THOSE = frozenset("的 时 的时候 者".split())  # at the end of a Chinese clause: of those that, when


def conditional_left(there: Sequence[Clause], used: set[int]) -> Fault | None:
    """没有凭证的，…: those without a receipt."""
    first, last = min(used), max(used)
    start = max((at for at in range(first + 1) if there[at].hard), default=0)
    for at in range(start, last):
        if at in used or not there[at].tokens:
            continue
        if there[at].tokens[-1].key in OF_THOSE and not there[at + 1].hard:
            return "condition"
        after = next((t for t in there[at + 1].tokens if t.kind != "join"), None)
        if first < at and there[at].join == "and" and at + 1 in used and after is not None and after.key in _MAY:
            return "condition"  # 学完全部课时并且考试不低于 80 分，可以申请: one of two conditions
    return None


_MAY = frozenset("can must not".split())


def left_out(there: Sequence[Clause], used: set[int], part: Sequence[Clause]) -> Fault | None:
    """A clause of the same sentence that was left out whole, though it limits what was kept."""
    if (fault := conditional_left(there, used)) is not None:
        return fault
    first = min(used)
    last = max(used)
    if there[first].join == "or" and not there[first].hard:
        return "condition"
    start = max((at for at in range(first + 1) if there[at].hard), default=0)
    end = next((at for at in range(last + 1, len(there)) if there[at].hard), len(there))
    for at in range(start, end):
        clause = there[at]
        if at in used or not clause.tokens or clause.join == "but":
            continue
        if not clause.content and at - 1 not in used:
            continue
        if clause.mark == "sub" and clause.content:
            return "condition"
        lost = (_BINDING & set(clause.operators)) - {key for c in part for key in c.operators}
        facts = any(t.kind == "number" for t in clause.tokens)
        lead = next((t for t in clause.tokens if t.kind != "function"), None)
        used_keys = {t.key for u in used for t in there[u].content}
        if lost <= _WHEN and any(
            t.key in used_keys for t in clause.content
        ):  # of another case: `the rest ship on the next day`
            continue
        if lost <= _WHEN and at > last and any(t.unit == "date" for u in used for t in there[u].tokens):
            continue
        if lost & {"if", "unless", "except", "only", "until", "exclude", "instead", "firstof"}:
            return "condition"
        if lost and at < first and clause.tokens[-1].kind == "operator" and clause.tokens[-1].key in lost:  # 绑定手机后，…
            return "condition"
        if (
            lost
            and (not facts or (lead is not None and lead.kind == "operator"))
            and len(clause.content) < 7
            and not _own(clause)
        ):
            return "condition"
    return None


def _own(clause: Clause) -> bool:
    """Whether it is a statement of its own: joined by and, with more than a phrase."""
    return clause.join in ("and", "or") or len(clause.content) > 3
