"""Whether a sentence says in other words what a claim says: words that differ are aligned by their vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.answering.gate.aligned import Aligned, Spot
from rag.answering.gate.alike import Comparison, Known, alike, measured, weigh
from rag.answering.gate.compare import expanded, kind_of
from rag.answering.gate.lexicon import LIGHT, VERBS, key_of, opposed
from rag.answering.gate.little import counts, kin, light, timed
from rag.answering.gate.omitted import defined, omitted
from rag.answering.gate.order import LEADS
from rag.answering.gate.scope import agree
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit
from rag.ports import Vectors

_KIN = 0.36  # cosine from which on two words of one root are the same: notified, notification
NEAR = 0.46  # cosine from which on two words in two sentences may be the same in other words
_FAR = 0.2  # cosine of a word with the nearest of a sentence that has nothing to do with it
_MOST = 1.0  # of what is strange in a claim
_SHARE = 0.16  # and as a share of it
_LEAST = 0.45  # share of the claim that stands in the evidence as it is
_MOSTLY = 0.7  # from which on a word that stands nowhere in it is one that was put there
_VERBATIM = 0.8  # share of it in the evidence's own order, from which on a word that differs is one that was changed


def reworded(part: Sequence[Clause], unit: Unit, sims: Vectors, known: Known) -> Comparison:
    """As `compare`. sims: cosine of each of the claim's tokens with each of the unit's."""
    laid = align(part, unit, sims, known)
    if not laid.claim:
        return Comparison("no_support", 0)
    _borrowed(laid)
    given = weigh(t for t, how in zip(laid.claim, laid.how, strict=True) if how in ("exact", "near"))
    close = given / weigh(laid.claim)
    missing = [(t, near) for t, how, near in zip(laid.claim, laid.how, laid.near, strict=True) if how == "missing"]
    if any(t.fact and not t.opens for t, _ in missing) or strange(missing) > min(_MOST, _SHARE * weigh(laid.claim)):
        return Comparison(kind_of([t for t, _ in missing]), close)
    if missing and (known.strict or _shared(part, laid) >= _MOSTLY):  # in the evidence's own words it stands for one of them
        return Comparison("no_support", close)
    if 5 * len(missing) > len(laid.claim) or _added(part, laid) or _contrary(part, laid):
        return Comparison("no_support", close)
    exact = weigh(t for t, how in zip(laid.claim, laid.how, strict=True) if how in ("exact", "above"))
    solid = weigh(t for t, how in zip(laid.claim, laid.how, strict=True) if how not in ("verb", "light"))
    if not laid.used or exact < _LEAST * solid or given < 1 or given < _LEAST * solid:
        return Comparison("no_support", close)
    if _verbatim(part, laid) and not (
        _shortened(part, laid, known) or _other_verbs(part, laid)
    ):  # a word was changed, or moved
        return Comparison("no_support", close)
    if (left := omitted(part, laid, unit, known, verbatim=_verbatim(part, laid))) is not None:
        return Comparison("number" if left.kind == "number" else "condition", close)
    return Comparison(agree(part, laid.there, laid.place, laid.used, unit, known), close, prose=True)


def _added(part: Sequence[Clause], laid: Aligned) -> bool:
    """Whether a clause of the claim is a statement that the evidence does not make."""
    i = 0
    for clause in part:
        all_of_it = [(t, how) for t, how in zip(clause.content, laid.how[i:], strict=False) if how != "light"]
        said = [(t, how) for t, how in all_of_it if how != "verb"]
        i += len(clause.content)
        if all_of_it and not said:  # verbs alone are no evidence
            return True
        member = i > len(clause.content) and clause.join in ("and", "or") and len(said) <= 2  # one thing more of a list
        if said and weigh(t for t, how in said if how == "missing") > (0 if member else 0.5) * weigh(t for t, _ in said):
            return True
    return False


def strange(missing: Sequence[tuple[Tok, float]]) -> float:
    """How much the missing words say that the evidence does not: less for those that are near to something in it."""
    return sum(min(1.0, max(0.0, (NEAR - near) / (NEAR - _FAR))) * weigh([t]) for t, near in missing)


def align(part: Sequence[Clause], unit: Unit, sims: Vectors, known: Known) -> Aligned:
    """Each content token of the claim at the token that says it."""
    tokens = [t for clause in part for t in clause.tokens]
    moments = {id(t) for clause in part for n, t in enumerate(clause.tokens) if timed(clause.tokens, n)}
    claim = [(n, t) for n, t in enumerate(tokens) if t.content]
    there = expanded(unit.reading.clauses)
    column = {id(t): n for n, t in enumerate(unit.reading.tokens)}
    above = [t for clause in unit.context.clauses for t in clause.tokens if t.content]
    units = {t.unit for _, t in claim if t.unit}
    exact = {
        id(o) for c in there for o in c.tokens if o.content and any(alike(t, o) for _, t in claim)
    }  # what is said with its own word is not said with another one too
    every = [(c, n, t) for c, clause in enumerate(there) for n, t in enumerate(clause.tokens)]
    at: list[list[Spot]] = []
    how: list[str] = []
    near: list[float] = []
    for row, token in claim:
        near.append(float(sims[row].max()) if sims.shape[1] else 0.0)
        spots = [(c, n) for c, n, o in every if o.content and alike(token, o) and measured(token, o, units)]
        if spots:
            at.append(spots)
            how.append("exact")
            continue
        at.append([])
        if counts(token, part):
            how.append("light")
        elif any(alike(token, o) for o in above):
            how.append("above")
        elif token.kind == "word" or (token.kind == "name" and token.opens and token.text[1:].islower()):
            best = max(
                (
                    (float(sims[row, column[id(o)]]) + (NEAR - _KIN) * kin(token, o), (c, n))
                    for c, n, o in every
                    if o.kind in ("word", "name", "operator")
                    and id(o) not in exact
                    and not opposed(token.key, o.key)
                    and (token.key not in known.elsewhere or token.key in VERBS)
                ),
                default=(0.0, (0, 0)),
            )
            if best[0] >= NEAR and not _which(tokens, row):
                at[-1] = [best[1]]
                how.append("near")
            else:
                near[-1] = min(near[-1], best[0]) if token.key in known.elsewhere else near[-1]
                near[-1] = 0.0 if _which(tokens, row) else near[-1]
                adds_nothing = token.soft or (light(token) and id(token) not in moments)
                verb = token.kind == "word" and token.key in VERBS and id(token) not in moments and not _which(tokens, row)
                how.append("light" if adds_nothing else "verb" if verb else "missing")
        else:
            how.append("light" if token.soft or light(token) else "missing")
    laid = Aligned([t for _, t in claim], there, how, [None] * len(claim), sims, near)
    _place(laid, at)
    return laid


def _which(tokens: Sequence[Tok], at: int) -> bool:
    """Whether a participle at the head of a sentence tells which things are meant: opened bottles."""
    return tokens[at].opens and tokens[at].text.endswith("ed") and at + 1 < len(tokens) and tokens[at + 1].kind == "word"


def _borrowed(laid: Aligned) -> None:
    """`Delivery takes 2 days and is free`: of a clause that only lends its subject to the next, no more is held to be said."""
    for at in sorted(laid.used):
        after = next((c for c in sorted(laid.used) if c > at), None)
        tokens, held = laid.there[at].tokens, {p[1] for p in laid.place if p is not None and p[0] == at}
        content = [n for n, t in enumerate(tokens) if t.content and not t.soft]
        if after is None or not held or set(content[: len(held)]) != held or len(held) == len(content):
            continue
        if any(c.hard for c in laid.there[at + 1 : after + 1]) and laid.there[after].mark != "stop":
            continue
        if any(t.kind == "operator" and t.key in _BINDING for t in tokens):
            continue
        first = next((t for t in laid.there[after].tokens if t.kind != "join"), None)
        own = first is not None and (first.content and first.kind != "number" and first.key not in VERBS)
        if own:
            continue
        laid.there[at] = Clause(tokens[: max(held) + 1], laid.there[at].join, laid.there[at].hard, laid.there[at].mark)


_BINDING = frozenset("if unless except until before after".split())


def _contrary(part: Sequence[Clause], laid: Aligned) -> bool:
    """Whether a word that is not the evidence's says the opposite of one that is."""
    evidence_keys = {t.key if t.content else key_of(t.key) for at in laid.used for t in laid.there[at].tokens}
    said = {t.key if t.content else key_of(t.key) for clause in part for t in clause.tokens}
    yours = any(t.text.lower() in ("you", "您", "你") for clause in part for t in clause.tokens)
    return any(
        how in ("verb", "near", "missing", "light", "above")
        and any(opposed(t.key, key) for key in evidence_keys - said if not (yours and t.key == "buy"))  # you buy what is sold
        for t, how in zip(laid.claim, laid.how, strict=True)
    )


def _shortened(part: Sequence[Clause], laid: Aligned, known: Known) -> bool:
    """Whether it is the evidence's words in their order, with a clause or two left out whole, or what only describes."""
    places = {p for p in laid.place if p is not None}
    if any(
        t.content
        and t.key not in LIGHT
        and (at, n) not in places
        and not defined(laid.there[at].tokens, n, {m for c, m in places if c == at}, known.around)
        for at in laid.used
        for n, t in enumerate(laid.there[at].tokens)
    ):
        return False
    here, theirs = (
        [
            t.key
            for n, clause in enumerate(side)
            for t in clause.tokens
            if (t.kind != "function" or t.key in LEADS) and not (t.kind == "join" and n == 0)
        ]
        for side in (part, [laid.there[at] for at in sorted(laid.used)])
    )
    return all(how in ("exact", "light") for how in laid.how) and _common(here, theirs) == len(here)


_HAVING = frozenset("have has get gets having getting".split())


def _other_verbs(part: Sequence[Clause], laid: Aligned) -> bool:
    """Whether it differs from the evidence only in verbs that say little."""
    having = any(t.text.lower() in _HAVING for clause in part for t in clause.tokens)
    if any(how in ("near", "missing", "above") for how in laid.how) or not (having or "verb" in laid.how):
        return False
    places = {p for p in laid.place if p is not None}
    left = [t for at in laid.used for n, t in enumerate(laid.there[at].tokens) if t.content and (at, n) not in places]
    return all(t.key in VERBS or t.key in LIGHT for t in left)


def _place(laid: Aligned, at: Sequence[Sequence[Spot]]) -> None:
    """Words that stand in several clauses stand in the one that gives most of the claim."""
    left = {i for i, spots in enumerate(at) if spots}
    held: set[Spot] = set()
    while left:
        gain = Counter[int]()
        for i in left:
            for c in {c for c, _ in at[i]}:
                gain[c] += int(1000 * weigh([laid.claim[i]])) - 9 * min(len(laid.there[c].content), 10)
        best = max(gain, key=lambda c: (gain[c], -c))
        laid.used.add(best)
        taken: set[Spot] = set()
        for i in sorted(left):
            here = [p for p in at[i] if p[0] == best]
            if here:
                free = [p for p in here if p not in taken]
                elsewhere = [p for p in at[i] if p[0] != best and p not in held]
                laid.place[i] = (free or elsewhere or here)[0]
                taken.add(laid.place[i])  # type: ignore[arg-type]
                laid.used.add(laid.place[i][0])  # type: ignore[index]
                left.discard(i)
        held |= taken


def _shared(part: Sequence[Clause], laid: Aligned) -> float:
    """Share of the claim's words that are the evidence's own, in their order."""
    here, there = (
        [word for clause in side for t in clause.tokens for word in t.text.lower().split()] for side in (part, laid.there)
    )
    return _common(here, there) / len(here)


def _verbatim(part: Sequence[Clause], laid: Aligned) -> bool:
    """Whether the claim is the evidence's own sentence but for a word or two."""
    here = [t.text.lower() for clause in part for t in clause.tokens]
    theirs = [t.text.lower() for at, c in enumerate(laid.there) if at in laid.used or not c.content for t in c.tokens]
    return _common(here, theirs) >= _VERBATIM * len(here)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest run of words, gaps allowed, that both have in their order."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for n, counterpart in enumerate(other, 1):
            kept = row[n]
            row[n] = before + 1 if word == counterpart else max(row[n], row[n - 1])
            before = kept
    return row[-1]
