"""A sentence in the passage's own words: what changed its place there, and with it its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from difflib import SequenceMatcher

from rag.answering.gate.alike import alike
from rag.answering.gate.lexicon import LIGHT, VERBS
from rag.answering.gate.operators import denied_list
from rag.answering.gate.order import LEADS
from rag.answering.gate.tok import Clause, Reading, Tok
from rag.answering.gate.units import Unit
from rag.domain.grounding import Fault

_QUOTED = 0.9  # share of a sentence's words that are the passage's own, from which on their order counts
_PASSIVE = frozenset(("by", "被", "由"))
_HAVING = frozenset("have has had 有".split())
_ARTICLES = frozenset("a an the 的 了 地 得 , and".split())
# Small words of which one in the other's place turns the meaning round.
_TURNED = frozenset(
    tuple(pair.split())
    for pair in (
        "from to|first last|first second|next previous|last next"
        "|into from|over under|above below|and or|in out|on off|up down|by to|by from|by for|with without|& or"
        "|和 或|与 或|及 或|并 或|且 或|his her|he she|him her|himself herself|他 她|从 到|从 至|从 向|把 被|内 外|上 下|前 后"
    ).split("|")
)
_LISTING = frozenset("and or 和 或 与 及".split())  # not A and B, not A or B
_BEING = frozenset("is are was were be been being has have had do does did will would".split())
_HOLDING_ZH = frozenset("把 被 由 向 从 到".split())
_HOLDING = frozenset("把 被 将 由 对 比 给 向 从 到 至 是 为".split())


def rearranged(claim: Reading, units: Sequence[Unit]) -> Fault | None:
    """What is wrong with the order of its words; None as well where they are not the passage's own."""
    if any(unit.label is not None for unit in units):
        return None
    clauses = [clause for unit in sorted(units, key=lambda u: u.start) for clause in unit.reading.clauses]
    clauses = [clause for clause in clauses if any(t.key in claim.keys for t in clause.content)] or clauses
    there = _apart(clauses, claim.keys)
    here = _apart(claim.clauses, {t.key for clause in clauses for t in clause.tokens})
    evidence, said = ([t for clause in side for t in clause.tokens] for side in (there, here))
    words = {t.text.lower() for t in evidence}
    solid = [t for t in said if t.content or t.kind == "operator"]
    if sum(t.text.lower() in words for t in solid) < _QUOTED * len(solid):
        return None
    if _led_by_another(said, evidence):
        return "name"
    if _exchanged([*claim.tokens], [t for unit in sorted(units, key=lambda u: u.start) for t in unit.reading.tokens]):
        return "no_support"
    return _moved(here, said, there, evidence)


def _apart(clauses: Iterable[Clause], other: Set[str]) -> list[Clause]:
    """Words that were read as one, word by word: according to. other: what the other side says, which stays as it is."""
    return [
        replace(
            clause,
            tokens=tuple(
                word
                for t in clause.tokens
                for word in (
                    [replace(t, text=w, key=w) for w in t.text.split()]
                    if " " in t.text and not (t.content and t.key in other)
                    else [t]
                )
            ),
        )
        for clause in clauses
    ]


_FOR_NAMES = frozenset("i it they this that these those he she you we its their his her your our the a an there here".split())


def _exchanged(said: Sequence[Tok], evidence: Sequence[Tok]) -> bool:
    """Whether one word stands in another's place: `choose Want comparison`, of `choose Disable comparison`."""
    one, other = [t.text.lower() for t in evidence], [t.text.lower() for t in said]
    if sum(t.key == "all" for t in said) > sum(t.key == "all" for t in evidence):
        return True
    places = [op[1:] for op in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if op[0] == "replace"]
    facts = [[{t.key for t in run if t.fact} for run in (evidence[i1:i2], said[j1:j2])] for i1, i2, j1, j2 in places]
    if any(a and b and a == d and b == c for n, (a, b) in enumerate(facts) for c, d in facts[:n]):  # each in the other's place
        return True
    for i1, i2, j1, j2 in places:
        lost = [t for t in evidence[i1:i2] if not t.soft and not any(t.content and o.content and alike(o, t) for o in said)]
        came = [t for t in said[j1:j2] if not t.soft and not any(t.content and o.content and alike(t, o) for o in evidence)]
        if any(t.kind == "name" for t in came) and lost and not any(t.content or t.text.lower() in _FOR_NAMES for t in lost):
            return True  # `Subsystem Tip Linux`
        named = any(t.kind == "function" and t.text[:1].isupper() and other[j1] not in _FOR_NAMES for t in came[:1])
        if named and any(t.content or t.kind == "operator" for t in lost):
            return True
        if (
            any(t.content for t in lost)
            and any(t.content for t in came)
            and not all(t.kind == "word" and (t.key in VERBS or t.key in LIGHT) for t in (*lost, *came) if t.content)
        ):
            return True
        if any(t.text in _HOLDING_ZH and one.count(t.text) < other.count(t.text) for t in came) and len(lost) == len(came) - 1:
            return True
    return False


def _led_by_another(said: Sequence[Tok], evidence: Sequence[Tok]) -> bool:
    """Whether two words exchanged their prepositions: `since Tesla in the 1990s`."""
    here, there = _led(said), _led(evidence)
    wrong = [word for word, leads in here.items() if word in there and leads.isdisjoint(there[word]) and "" not in there[word]]
    return any(here[one] & there[other] and here[other] & there[one] for n, one in enumerate(wrong) for other in wrong[:n])


def _led(tokens: Sequence[Tok]) -> dict[str, set[str]]:
    """Of each content word: the prepositions that it stands behind."""
    leads: dict[str, set[str]] = {}
    lead = ""
    for token in tokens:
        if token.content:
            leads.setdefault(token.text.lower(), set()).add(lead)
            lead = ""
        elif token.key in LEADS or token.text.lower() in LEADS:
            lead = token.text.lower()
    return leads


def _moved(clauses: Sequence[Clause], said: Sequence[Tok], there: Sequence[Clause], evidence: Sequence[Tok]) -> Fault | None:
    one, other = [t.text.lower() for t in evidence], [t.text.lower() for t in said]
    ops = [op for op in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if op[0] != "equal"]
    gone = Counter(one[at] for _, i1, i2, _, _ in ops for at in range(i1, i2))
    if any(({*one} & words) != ({*other} & words) for words in (_PASSIVE, _HAVING)):  # the same from the other side
        return None
    more, keys = Counter(other) - Counter(one), Counter(t.key for t in said) - Counter(t.key for t in evidence)
    twice = {t.key for t in said if t.kind == "word" and t.text.lower() in {*more} & {*one} and t.key in keys}
    again = {t.key for t in said if t.fact and not t.soft and t.key in keys}
    if any(key in {t.key for t in evidence} for key in (*twice, *again)):  # said of something else too
        return "no_support"
    denied = denied_list(clauses) and denied_list(there)
    if any(
        ((a, b) in _TURNED or (b, a) in _TURNED) and not (denied and {a, b} <= _LISTING)
        for tag, i1, i2, j1, j2 in ops
        if tag == "replace"
        for a in one[i1:i2]
        for b in other[j1:j2]
    ):
        return "negation"
    ends, their_ends = _ends(clauses), _ends(there)
    for _, _, _, j1, j2 in ops:
        run = [t for t in said[j1:j2] if gone[t.text.lower()] > 0 and t.text.lower() not in _ARTICLES]
        if not run:
            continue
        if all(t.kind == "number" or not t.content for t in run) and any(t.content for t in run):
            measures = Counter(t.unit for t in evidence if t.kind == "number")
            if all(measures[t.unit] < 2 for t in run if t.kind == "number"):  # no other one that it could be taken for
                continue
        if not any(t.content for t in run):
            if any(t.key in LEADS or t.text.lower() in LEADS or t.key in _BEING for t in run):
                return "no_support"
            continue
        if not _whole(said, evidence, one, other, (j1, j2), ends, their_ends, ops):
            return "name" if any(t.fact for t in run) else "no_support"
    return None


def _ends(clauses: Sequence[Clause]) -> set[int]:
    """Where clauses begin and end, among the tokens."""
    ends, at = {0}, 0
    for clause in clauses:
        at += len(clause.tokens)
        ends.add(at)
    return ends


def _passes_a_phrase(
    evidence: Sequence[Tok],
    one: Sequence[str],
    ops: Sequence[tuple[str, int, int, int, int]],
    run: tuple[int, int],
    first: int,
    size: int,
    their_ends: set[int],
) -> bool:
    """Whether it only changed places with a phrase that has its preposition: `in the menu, click Save`."""
    op = next((op for op in ops if op[3:] == run), None)
    if op is None:
        return False
    start, end = (op[2], first) if first >= op[2] else (first + size, op[1])
    while start < end and (one[start] in _ARTICLES or evidence[start].kind == "join"):
        start += 1
    return start < end and (evidence[start].key in LEADS or one[start] in LEADS) and (end in their_ends or start in their_ends)


def _whole(
    said: Sequence[Tok],
    evidence: Sequence[Tok],
    one: Sequence[str],
    other: Sequence[str],
    run: tuple[int, int],
    ends: set[int],
    their_ends: set[int],
    ops: Sequence[tuple[str, int, int, int, int]],
) -> bool:
    """Whether what moved is a phrase with its own preposition, or a clause."""
    start, end = run
    while start < end and (other[start] in _ARTICLES or said[start].kind == "join"):
        start += 1
    while end > start and other[end - 1] in _ARTICLES:
        end -= 1
    words = list(other[start:end])
    spots = [at for at in range(len(one) - len(words) + 1) if list(one[at : at + len(words)]) == words]
    if not spots:
        return False
    first, size = spots[0], len(words)
    led = said[start].key in LEADS or said[start].text.lower() in LEADS or said[start].kind == "operator"
    exchanged = any(op[3:] == run and any(t.content for t in evidence[op[1] : op[2]]) for op in ops)
    if led or (start > 0 < first and not exchanged and other[start - 1] == one[first - 1] and other[start - 1] in LEADS):
        return True
    if _passes_a_phrase(evidence, one, ops, run, first, size, their_ends):
        return True
    bounded = {start, end} <= ends or {first, first + size} <= their_ends
    if bounded and ({start, end} & ends):
        return True
    han = not words[0].isascii() and not any(t.fact for t in said[start:end])
    return han and len([op for op in ops if op[4] > op[3]]) == 1 and not {*one} & _HOLDING
