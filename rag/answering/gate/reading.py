"""A sentence as the gate compares it: content words, numbers, names and operators, cut into clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.answering.gate.lexicon import FILLERS, FUNCTION, FUNCTION_ZH, JOINS, LIGHT_ZH, OPERATORS, PHRASES, canon_en
from rag.answering.gate.numbers import numbers
from rag.answering.gate.settled import settled
from rag.answering.gate.tok import Clause, Reading, Tok
from rag.text import chinese
from rag.text.tokens import fold, longest_first

_HAN = re.compile("[\u4e00-\u9fff]")
_HARMLESS = (
    "所有者|所有权|所有人|不仅|不但|不断|不少于|不同|不论|不管|差不多|不锈钢|不妨|无论|无线|非常|未来"
    "|别人|特别|分别|区别|类别|级别|性别|识别|个别|是否|能否|可否|"
    "免疫|没关系|无数|不可避免|只读|起来|起床|要求|可能性|能力|可靠|可视|功能"
    "|智能|性能|可选|当前|当时|当地|当晚|如何|如下|前台|前往|前提|"
    "后台|后盖|后缀|后端|前端|内存|内容|内部|满意|新增|更新|最新|新建|全新|旧版"
    "|新版|需求|应用|供应|响应|反应|对应|适应|来自|各自|限制|无障碍"
    "|老旧|陈旧|无理由|无门槛|约定|预约|约束|一般纳税人"
)
_MANY_WORDS = longest_first(w for w in {*OPERATORS, *PHRASES, *JOINS, *FILLERS} if not w[0] >= "\u2e80" and not w.isalnum())
_LONG_HAN = longest_first(w for w in {*OPERATORS, *PHRASES, *JOINS, *LIGHT_ZH} if _HAN.match(w) and len(w) > 1)
_MARKUP = re.compile(
    r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()]*\))*\)|</?[A-Za-z][^<>]{0,200}>|[*`#]+|~~+|(?<![A-Za-z\d])_+|_+(?![A-Za-z\d])"
)
_TOKEN = re.compile(
    r"(?P<url>https?://[^\s，。；）】<>\"']*[^\s，。；）】<>\"'.,;:!?)])|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<harmless>{_HARMLESS})|(?P<han>{'|'.join(map(re.escape, _LONG_HAN))})"
    rf"|(?P<many>(?<![A-Za-z])(?:{'|'.join(map(re.escape, _MANY_WORDS))})(?![A-Za-z]))"
    r"|(?P<neg>(?<=not)['’]t\b|(?<=n)['’]t\b|n['’]t\b)|(?P<poss>['’]s?\b)"
    r"|(?P<code>[A-Za-z]*\d[A-Za-z\d]*(?:[-._/][A-Za-z\d]+)*[+]*"
    r"|[A-Za-z]+(?:[-_.][A-Za-z\d]*\d[A-Za-z\d]*)+|[A-Za-z]+(?:_[A-Za-z\d]+)+)"
    r"|(?P<word>[A-Za-z\u00c0-\u024f]+(?:-[A-Za-z\u00c0-\u024f]+)*)"
    # Signs without small letters, as such: else all 35,000 of them are folded one by one when this is compiled.
    r"|(?P<other>(?:[\u0370-\u04ff]|(?-i:[\uac00-\ud7af]))+)|(?P<run>(?-i:[\u3400-\u9fff]+))"
    r"|(?P<stop>[。！？!?；;]|\.(?=\s|$))|(?P<colon>[:：])|(?P<pause>[,，、()（）/|—–→]|\s-\s)|(?P<sign>[≤≥<>✓✔√✗×])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_HYPHENED = frozenset(w for w in {*OPERATORS, *PHRASES, *JOINS, *FUNCTION} if "-" in w)
_WHOLE = frozenset("不错 不久 不少 不足 不锈 不良 未来 不明 未知 不一 不等".split())
_PHRASE = re.compile(rf"(?:{_HARMLESS})|(?P<han>{'|'.join(map(re.escape, _LONG_HAN))})")
_NEGATION = re.compile(
    r"\b(ca|wo|sha)n['’]t\b|\b(do|does|did|is|are|was|were|has|have|had|could|would|should|must|need)n['’]t\b", re.IGNORECASE
)
_ESCAPED = re.compile(r"\\([_.*-])")
_DAY_LONG = re.compile(r"\b24 hours a day\b|(?<!\d)24 ?小时(?=营业|开放|服务|不打烊)", re.IGNORECASE)
_ONE = re.compile(r"\b(by|for|within|after|than|another|to|until) an? (?=(?:year|month|week|day|hour|minute)\b)", re.IGNORECASE)
_SUBORDINATE = frozenset(("if", "unless", "while"))
_NAMES_TOO = frozenset("may max min new old half more".split())  # with a capital inside a sentence: May, Home Max
# 恢复不了, 连不上: cannot be restored, cannot be connected. Not 少不了, 免不了, which say something else.
_CANNOT_ZH = re.compile(r"(?<=[\u4e00-\u9fff])(?<![少免大受对])不(?:了(?![解起])|(?<=[连登传充][不])上|(?<=[打解拆][不])开)")
_UNDONE = re.compile(
    r"\bun(?=(?:worn|used|opened|washed|paid|read|sold|damaged|signed|registered|verified|saved|sealed|packed)\b)",
    re.IGNORECASE,
)
_NO_FEE_ZH = re.compile(r"(?:没有|不收取?|不用[交付]|无需[交付]|免[收去])(?=[\u4e00-\u9fff]{0,3}费(?![用率额]))")
_LONG_NEGATION = {"ca": "cannot", "wo": "will not", "sha": "shall not"}


@lru_cache(maxsize=20_000)
def read(text: str) -> Reading:
    """Cached: the same passages come back for many sentences."""
    clauses: list[Clause] = []
    now: list[Tok] = []
    join = mark = ""
    hard = False

    def end(next_join: str, next_hard: bool, next_mark: str) -> None:
        nonlocal now, join, hard, mark
        if now:
            clauses.append(Clause(tuple(now), join, hard, mark))
            now, join, hard, mark = [], next_join, next_hard, next_mark
        else:
            join, hard, mark = next_join or join, hard or next_hard, mark or next_mark

    for token in settled(list(_tokens(plain(text)))):
        if isinstance(token, str):
            end("", token == "stop", token)
        elif token.kind == "join":
            end(token.key, False, "join")
            now.append(token)
        elif (
            token.kind == "operator"
            and token.key in _SUBORDINATE
            and any(t.content for t in now)
            and token.text.isascii()
            and token.text.lower() != "once~"
        ):
            end("", False, "sub")
            now.append(token)
        else:
            now.append(token)
    end("", False, "")
    return Reading(tuple(clauses), frozenset(t.key for c in clauses for t in c.tokens if t.content))


def unmarked(text: str) -> str:
    """Without markup."""
    return _MARKUP.sub(lambda m: m[1] if m[1] is not None else " " if m.group().startswith("<") else "", text)


def plain(text: str) -> str:
    """Folded, without markup, contractions written out."""
    text = _ONE.sub(r"\1 1 ", _DAY_LONG.sub("non-stop", unmarked(_ESCAPED.sub(r"\1", fold(text)))))
    text = _UNDONE.sub("not ", text)
    if _HAN.search(text):
        text = _NO_FEE_ZH.sub("免", _CANNOT_ZH.sub("不能", text))
    return _NEGATION.sub(lambda m: _LONG_NEGATION[m[1].lower()] if m[1] else f"{m[2]} not", text.replace("’", "'"))


def _tokens(text: str) -> Iterator[Tok | str]:
    parsed = numbers(text)
    han = len(_HAN.findall(text)) > 3
    at, number, first = 0, 0, True
    while at < len(text):
        while number < len(parsed) and parsed[number].start < at:
            number += 1
        if number < len(parsed) and parsed[number].start == at:
            one = parsed[number]
            yield Tok(one.key, "number", text[one.start : one.end], one.unit, one.word)
            at, first = one.end, False
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            at += 1
            continue
        limit = parsed[number].start if number < len(parsed) else len(text)
        if match.end() > limit and match.lastgroup in ("run", "han", "harmless", "many", "word"):
            yield from _han(text[at:limit]) if match.lastgroup == "run" else ()
            at = limit
            continue
        for token in _made(match, han, first):
            yield token
            first = token in ("stop", "colon")
        at = match.end()


def _made(match: re.Match[str], han: bool, first: bool) -> Iterator[Tok | str]:
    """The tokens, or the mark, of what one pattern found."""
    kind, written, text = match.lastgroup or "", match.group(), match.string
    if written == "/" and text[match.start() - 1 : match.start()].isalpha() and text[match.end() : match.end() + 1].isalpha():
        kind = "han"  # credit/debit card
    if kind in ("stop", "pause", "colon"):
        yield "bracket" if written in "()（）" else "dash" if written.strip() in "—–→/|-" else kind
    elif kind == "run":
        yield from _han(written)
    elif kind == "word" and "-" in written and written.lower() not in _HYPHENED:
        for n, word in enumerate(_WORD.findall(written)):  # check-in, check in
            yield _latin(word, word.lower(), han, first and n == 0)
    elif (token := _one(match, kind, han, first)) is not None:
        yield token


def _one(match: re.Match[str], kind: str, han: bool, first: bool) -> Tok | None:
    text = match.group()
    lower = text.lower()
    if kind in ("url", "mail"):
        return Tok(lower, "name", text)
    if kind == "sign":
        return Tok({"≤": "le", "<": "lt", "≥": "ge", ">": "gt"}.get(text, "yes" if text in "✓✔√" else "not"), "operator", text)
    if kind == "neg":
        return Tok("not", "operator", text)
    if kind == "poss":
        return Tok("'s", "function", text)
    if kind in ("han", "many"):
        return _known(lower, text)
    if kind == "harmless":
        return Tok(lower, "word", text)
    if kind == "code":
        return Tok(lower.replace("-", ""), "name", text)
    if kind == "other":
        return Tok(lower, "word", text)
    return _latin(text, lower, han, first)


def _latin(text: str, lower: str, han: bool, first: bool) -> Tok:
    capital = text[0].isupper() and (
        not first or any(char.isupper() for char in text[1:]) or (len(text) == 1 and lower not in "ai")
    )
    if lower == "while" and first:
        return Tok("while", "operator", text)
    if lower in JOINS and not (text.isupper() and len(text) > 1):  # OR: odds ratio
        return Tok(JOINS[lower], "join", text)
    if lower in OPERATORS and not (capital and lower in _NAMES_TOO):
        return Tok(OPERATORS[lower], "operator", text)
    letter = len(text) == 1 and capital and lower not in "ai"  # a key, a size: W, S
    if (lower in FUNCTION and not letter) or (len(lower) == 1 and not capital and not han):
        return Tok(lower, "function", text)
    key = canon_en(lower)
    if key in OPERATORS and not capital:
        return Tok(OPERATORS[key], "operator", text)
    return Tok(key, "name" if capital or han else "word", text, opens=first)


def _known(lower: str, text: str) -> Tok:
    if lower in JOINS:
        return Tok(JOINS[lower], "join", text)
    if lower in OPERATORS:
        return Tok(OPERATORS[lower], "operator", text)
    if lower in PHRASES:
        return Tok(PHRASES[lower], "word", text)
    return Tok(lower, "function", text)


def _han(run: str) -> Iterator[Tok]:
    """A run of Han characters: known phrases first, the rest as it is cut into words."""
    at = 0
    for match in _PHRASE.finditer(run):
        yield from _cut(run[at : match.start()])
        yield _known(match.group(), match.group()) if match["han"] else Tok(match.group(), "word", match.group())
        at = match.end()
    yield from _cut(run[at:])


def _cut(run: str) -> Iterator[Tok]:
    for word in chinese.cut(run, False) if run else ():
        if word in JOINS or word in OPERATORS or word in PHRASES or word in LIGHT_ZH:
            yield _known(word, word)
        elif len(word) > 1 and word[0] in "只仅" and word[1:] in PHRASES:
            yield Tok("only", "operator", word[0])
            yield from _cut(word[1:])
        elif len(word) > 1 and word[0] in "不没未勿" and word not in _WHOLE:
            yield Tok("not", "operator", word[0])
            yield from _cut(word[1:])
        elif (
            len(word) > 2
            and (at := next((n for n, char in enumerate(word) if n and char in "不没未勿"), 0))
            and word[at:] not in _WHOLE
        ):
            yield from _cut(word[:at])
            yield from _han(word[at:])
        elif (len(word) == 1 and word in FUNCTION_ZH) or all(char in FUNCTION_ZH for char in word):
            yield Tok(word, "function", word)
        else:
            yield Tok(word, "word", word)
