"""A follow-up that puts another thing in the place of the one spoken of: 那银卡呢 after 金卡多少钱, `and Basel?`.

Which words of a question are a thing is told by the documents: rows of one table, its columns, sections of one page are
called alike, and the former question names one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.domain import Hit
from rag.search.families import families, tables
from rag.search.turn import Turn, names_an_aspect
from rag.search.validity import asked_period
from rag.text.attributes import attributes_asked, is_called, without_attributes
from rag.text.in_force import FORMER
from rag.text.labels import flat
from rag.text.names import names_in
from rag.text.places import names_of, places_in
from rag.text.siblings import apart, meant_among, named_among
from rag.text.term_coverage import word_set
from rag.text.tokens import is_chinese

SIBLINGS = 8  # hits of the former question that are read for names
_PHRASE = 24  # characters of a message's own thing
_OPENING_ZH = re.compile(r"^(?:那么?|那个|还有|另外|然后|要是|如果是?|换成|换|改成|至于|对于|在|去|到)+(?=\S)")
_CLOSING_ZH = re.compile(r"(?:的?(?:呢|呐|吗|怎么样|怎样|如何)?)[？?。!！\s]*$")
_OPENING_EN = re.compile(
    r"^(?:(?:and|or|but|so|ok|then|what|how|about|what's|whats|instead|if|it's|is|a|an|the|in|on|at|to|for|with|from|of|by"
    r"|my|your|same|question)\b[\s,]*)+",
    re.IGNORECASE,
)
_CLOSING_EN = re.compile(r"[\s,]*(?:instead|then|please|too)?[\s?.!]*$", re.IGNORECASE)
_EVERY_MODEL_HAS = frozenset({"warranty", "price", "weight", "size"})  # a battery may be another model's
_ASKING = frozenset("多久 多长 多少 几 long much many big".split())  # of an attribute, no thing of its own
_WORD = re.compile(r"\w\w|[\u4e00-\u9fff]")
_PARTS = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z][A-Za-z ]+[A-Za-z]")  # of a name in two languages


def asks_of_before(text: str) -> bool:
    """Whether a message asks for nothing but a former time: 那以前呢, `and before that?`"""
    return asked_period(text, 1) == FORMER and len(word_set(without_attributes(text))) <= 1


def swapped(standing: str, turn: Turn, read: Callable[[], Sequence[Hit]]) -> str | None:
    """The former question about the thing that the message names; None where it names none, or nothing tells which one it
    stands for. `read` gives the hits of the former question; it is asked only where they can tell."""
    phrase = thing(turn.text)
    if asks_of_before(turn.text):
        return f"以前{standing}" if is_chinese(standing) else f"{standing.rstrip(' ?')} previously?"
    if attributes_asked(turn.text) and (turn.kind != "new" or word_set(without_attributes(turn.text)) <= _ASKING):
        return _further(standing, turn, read())
    if turn.kind == "new":
        return None
    if not phrase or len(phrase) > _PHRASE or names_an_aspect(phrase):
        return None
    text, put = standing, set[str]()
    for names in families(read()):
        former = named_among(text, names)
        if len(former) != 1 or former & put:
            continue
        old = next(iter(former))
        # The message may name two things: 周末套房呢. The second one only by its own name.
        named = named_among(phrase, names) if put else frozenset[str]()
        new = (next(iter(named)) if len(named) == 1 else None) if put else _new(phrase, names, old, standing)
        if new is not None and flat(new) != flat(old) and (changed := _put(text, old, new, names)) is not None:
            text = changed
            put.add(new)
    return text if put else None


def _new(phrase: str, names: Sequence[str], old: str, standing: str) -> str | None:
    return _meant(phrase, names) or (phrase if _alike(phrase, old, standing) else None)


def _further(standing: str, turn: Turn, hits: Sequence[Hit]) -> str | None:
    """What a message asks of the thing spoken of, where a table has it or it is a model: 上海店 几点关门 after 上海店在哪里."""
    for hit in hits:
        rows = [one for one in hit.passage.statements if one.kind == "row" and one.cells]
        called = [*(cell.name for one in rows for cell in one.cells), *(one.label for one in rows)]
        if not any(is_called(attribute, name) for attribute in attributes_asked(turn.text) for name in called):
            continue
        for names in tables(hit):
            former = named_among(standing, names)
            if len(former) == 1 and not named_among(turn.text, names):
                return f"{next(iter(former))} {turn.text}"
    models = {name.key: name.text for name in names_in(standing)}
    alone = turn.kind == "new" and not names_in(turn.text)  # what plainly goes on is read together with what it goes on from
    if len(models) == 1 and alone and attributes_asked(turn.text) <= _EVERY_MODEL_HAS:
        return f"{next(iter(models.values()))} {turn.text}"
    return None


def thing(text: str) -> str:
    """What a message names, without what introduces it: 佛山 of 那佛山呢, `Basel` of `and in Basel?`."""
    if is_chinese(text) or not text.isascii():
        return _CLOSING_ZH.sub("", _OPENING_ZH.sub("", text.strip())).strip()
    return _CLOSING_EN.sub("", _OPENING_EN.sub("", text.strip())).strip()


def _meant(phrase: str, names: Sequence[str]) -> str | None:
    """The only one of the names that the phrase can be."""
    exact = [name for name in names if flat(name) == flat(phrase)]
    if exact:
        return exact[0]
    meant = meant_among(phrase, names)
    if len(meant) == 1:
        return next(iter(meant))
    phrase_words = word_set(phrase)
    inside = [
        name
        for name in names
        if (phrase_words and phrase_words <= word_set(name)) or (len(phrase) > 1 and flat(phrase) in flat(name))
    ]
    return inside[0] if len(inside) == 1 else None


def _alike(phrase: str, old: str, standing: str) -> bool:
    """Whether a thing that the library may not have is called as the former one is: a place for a place, 银卡 for 金卡."""
    if places_in(phrase) and places_in(old):
        return True
    if phrase.isascii() and old.isascii():
        return phrase[0].isupper() and old[0].isupper()
    if phrase.isascii() or old.isascii() or old not in standing:
        return False
    return phrase[-1] == old[-1] or bool(places_in(phrase) and places_in(old))


def _put(standing: str, old: str, new: str, names: Sequence[str]) -> str | None:
    """The question with the new name where the old one stands, whole or by its own part."""
    called = (other for place in places_in(old) for other in names_of(place))
    for surface in (old, apart(names).get(old, ""), *_PARTS.findall(old), *called):
        if not _WORD.search(surface):
            continue
        pattern = r"\s*".join(map(re.escape, "".join(surface.split())))
        text, count = re.subn(pattern, lambda _: new, standing, count=1, flags=re.IGNORECASE)
        if count:
            return text
    return None
