"""Words that changed their places between a claim and its evidence, and with them their parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.answering.gate.alike import Laid, alike
from rag.answering.gate.operators import turned
from rag.answering.gate.tok import Clause, Tok
from rag.domain.grounding import Fault

_SAME_WORDS = 0.8
_PRONOUNS = frozenset("you your we it they 您 你 我们".split())
_SEQUENCE = frozenset("先 再 然后 接着 随后 then next first finally afterwards".split())
_HAVING = frozenset("have has had 有".split())
_POSSESSIVE = frozenset(("'s", "的"))
_PASSIVE = frozenset(("by", "被", "由"))
LEADS = frozenset(
    (
        "in on at by after before during from for with "
        "to if when while because as since under until "
        "upon within without unless of over under "
        "above below 把 将 被 对 给 到 至 以 在 从 由 向 为 用 的 's "
        "via per through than"
    ).split()
)


_TO_WHOM = frozenset("向 给 对 被 把 将 由 从 from to by into onto".split())


def _governs_another(flat: Sequence[Tok], there: Sequence[Clause]) -> bool:
    """Of a claim of just the evidence's words: whether a preposition stands before another word."""
    pairs = []
    for tokens in (flat, [token for clause in there for token in clause.tokens]):
        governed = set()
        for at, token in enumerate(tokens):
            if token.key in _TO_WHOM and token.kind == "function":
                after = next((t for t in tokens[at + 1 :] if t.content), None)
                governed.add((token.key, after.key if after is not None else ""))
        pairs.append(governed)
    words, shared = {t.key for t in flat if t.content}, {key for key, _ in pairs[0]} & {key for key, _ in pairs[1]}
    for key, word in pairs[0]:
        keys = {k for k, w in pairs[1] if w == word}
        if word in words and key not in keys and (shared or any(turned(key, k) for k in keys)):
            return True
    return False


def moved(part: Sequence[Clause], claim: Sequence[Tok], there: Sequence[Clause], laid: Laid) -> Fault | None:
    """Words that changed places, where no preposition, passive or clause of its own explains it."""
    flat = [token for clause in part for token in clause.tokens]
    index = [i for i, token in enumerate(flat) if token.content]
    held = [(i, p) for i, p in enumerate(laid.place) if p is not None]
    same = sum(claim[i].text.lower() == there[c].tokens[t].text.lower() for i, (c, t) in held)
    if same >= _SAME_WORDS * len(claim) and len(held) > 1:
        if _strayed(flat, there):
            return "negation"
        if same >= len(claim) and _governs_another(flat, there):
            return "name"
        passive = any(t.key in _PASSIVE for t in flat) != any(t.key in _PASSIVE for c in there for t in c.tokens)
        return None if (_turned_round(claim, there) if passive else _blocks(part, claim, there, held)) else "name"
    for at in laid.used:
        row = [(i, p[1]) for i, p in held if p[0] == at and claim[i].kind != "number"]
        if len(row) < 3 or ((_PRONOUNS & {t.key for t in flat}) and not _PRONOUNS & {t.key for t in there[at].tokens}):
            continue
        kept = _rising([e for _, e in row])
        moved = [pair for n, pair in enumerate(row) if n not in kept]
        tokens = there[at].tokens
        if not moved or any(t.key in _PASSIVE for t in flat) != any(t.key in _PASSIVE for t in tokens):
            continue
        for i, e in moved:
            crossed = [pair for pair in row if (pair[0] < i) != (pair[1] < e)]
            if any(_exchanged(flat, index, tokens, (i, e), pair) for pair in crossed):
                return "name"
    return None


_MOVABLE = frozenset("only all can must always yes not".split())


def _strayed(flat: Sequence[Tok], there: Sequence[Clause]) -> bool:
    """Of a claim with just the evidence's words in their order: whether an operator, or a `from`, stands elsewhere."""
    tokens = [token for clause in there for token in clause.tokens]
    here, theirs = ([t.key for t in side if t.content] for side in (flat, tokens))
    if here != theirs:
        return False
    full = [
        [t.key for t in side if t.content or t.key == "from" or (t.kind == "operator" and t.key not in _MOVABLE)]
        for side in (flat, tokens)
    ]
    return full[0] != full[1]


def _turned_round(claim: Sequence[Tok], there: Sequence[Clause]) -> bool:
    """Whether one is the passive of the other: Y founded X, X was founded by Y."""
    here = [token.key for token in claim]
    theirs = [token.key for clause in there for token in clause.content if token.key in here]
    return any(theirs == [*here[at + 1 :], here[at], *here[:at]] for at in range(1, len(here) - 1)) or theirs == here


def _blocks(
    part: Sequence[Clause], claim: Sequence[Tok], there: Sequence[Clause], held: Sequence[tuple[int, tuple[int, int]]]
) -> bool:
    """Whether words in another order moved as whole phrases: each with its own preposition, or a clause of both texts."""
    if (run := _in_order(claim, there)) is not None:
        held = run
    flat = [token for clause in part for token in clause.tokens]
    index = [i for i, token in enumerate(flat) if token.content]
    if any(turned(_lead(flat, index[i]), _lead(there[c].tokens, t)) for i, (c, t) in held):
        return False
    units = Counter(t.unit for t in claim if t.kind == "number")
    held = [(i, p) for i, p in held if claim[i].kind != "number" or units[claim[i].unit] > 1]
    order = {spot: rank for rank, spot in enumerate(sorted({p for _, p in held}))}
    ranks = [order[p] for _, p in held]
    ordered = any(t.text.lower() in _SEQUENCE for c in (*part, *there) for t in c.tokens)
    if not ordered and _one_phrase(claim, there, held, ranks, flat, index):
        return True
    begins = set() if ordered else set(_begins(part))
    for n, (i, (c, t)) in enumerate(held):
        leads = {_lead(flat, index[i]), _lead(there[c].tokens, t)}
        if len(leads) == 2 and (turned(*leads) or "from" in leads):
            return False
        if n == 0 or ranks[n] in (ranks[n - 1] + 1, ranks[n - 1]):
            continue
        here, theirs = _lead(flat, index[i]), _lead(there[c].tokens, t)
        first = all(not token.content for token in there[c].tokens[:t])
        if here in ("把", "将") and not any(t.key in ("把", "将", "被") for k in there for t in k.tokens):
            continue
        if here in _POSSESSIVE and n and _lead(there[held[n - 1][1][0]].tokens, held[n - 1][1][1]) in ("of", "for", "的"):
            continue
        if any(t.key in _HAVING for t in flat[index[held[n - 1][0]] : index[i]]) and _lead(
            there[held[0][1][0]].tokens, held[0][1][1]
        ) in ("to", "for", "of"):
            continue
        if not ((here and here == theirs) or (i in begins and first)):
            return False
    return True


_BETWEEN = frozenset("是 由 为 比 被 给 向 对 于 与 和 或 到 至 从".split())


def _one_phrase(
    claim: Sequence[Tok],
    there: Sequence[Clause],
    held: Sequence[tuple[int, tuple[int, int]]],
    ranks: Sequence[int],
    flat: Sequence[Tok],
    index: Sequence[int],
) -> bool:
    """Of Chinese: whether one phrase of one clause moved to its other end, as objects do; roles change places with two."""
    if len({c for _, (c, _) in held}) != 1 or claim[0].text.isascii() or len(ranks) < 3:
        return False
    breaks = [n for n in range(1, len(ranks)) if ranks[n] != ranks[n - 1] + 1]
    if len(breaks) != 1 or {t.key for c in there for t in c.tokens} & _BETWEEN:
        return False
    first, last = index[held[breaks[0] - 1][0]], index[held[breaks[0]][0]]
    return not {t.key for t in flat[first : last + 1]} & _BETWEEN


def _in_order(claim: Sequence[Tok], there: Sequence[Clause]) -> list[tuple[int, tuple[int, int]]] | None:
    """Where the claim's words stand if they stand in the evidence's order, however often one comes."""
    spots = [(c, t) for c, clause in enumerate(there) for t, token in enumerate(clause.tokens) if token.content]
    placed, at = [], 0
    for i, token in enumerate(claim):
        while at < len(spots) and not alike(token, there[spots[at][0]].tokens[spots[at][1]]):
            at += 1
        if at == len(spots):
            return None
        placed.append((i, spots[at]))
        at += 1
    return placed


def _begins(part: Sequence[Clause]) -> list[int]:
    """Which content tokens are the first of their clauses."""
    starts, at = [], 0
    for clause in part:
        starts.append(at)
        at += len(clause.content)
    return starts


def _lead(tokens: Sequence[Tok], at: int) -> str:
    """The preposition right before the phrase that begins with this word; '' for none."""
    for step in range(1, 4):
        if at - step < 0 or tokens[at - step].content:
            return ""
        if tokens[at - step].key in LEADS:
            return tokens[at - step].key
    return ""


def _exchanged(
    flat: Sequence[Tok], index: Sequence[int], tokens: Sequence[Tok], one: tuple[int, int], other: tuple[int, int]
) -> bool:
    """Whether two words that changed their order changed their parts too: no preposition went along with either."""
    led = [(_led(flat, index[i]), _led(tokens, e)) for i, e in (one, other)]
    if not any(any(pair) for pair in led):
        return True
    return all(here != there for here, there in led)


def _led(tokens: Sequence[Tok], at: int) -> bool:
    """Whether a preposition stands before the phrase that this word is in."""
    for step in range(1, 4):
        if at - step < 0:
            return False
        token = tokens[at - step]
        if token.key in LEADS:
            return True
        if token.content and step > 1:
            return False
    return False


def _rising(values: Sequence[int]) -> set[int]:
    """Positions of a longest rising run."""
    best: list[list[int]] = []
    for n, value in enumerate(values):
        earlier: list[int] = []
        for run in best:
            if values[run[-1]] <= value and len(run) > len(earlier):
                earlier = run
        best.append([*earlier, n])
    return set(sorted(best, key=len)[-1]) if best else set()
