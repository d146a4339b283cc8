"""A sentence as the gate compares it: content words, numbers, names and operators, cut into clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.answering.gate.lexicon import FILLERS, FUNCTION, FUNCTION_ZH, JOINS, LIGHT_ZH, OPERATORS, PHRASES, VERBS, canon_en
from rag.answering.gate.numbers import numbers
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
_ONE = re.compile(r"\b(by|for|within|after|than|another) an? (?=(?:year|month|week|day|hour|minute)\b)", re.IGNORECASE)
_SUBORDINATE = frozenset(("if", "unless", "while"))
_DONE = frozenset("好 掉 走".split())  # behind a verb: that it is done
_HOW_OFTEN = frozenset("a an per every each in daily weekly monthly unless if for only".split())
_NAMES_TOO = frozenset("may max min new old half more".split())  # with a capital inside a sentence: May, Home Max
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

    for token in _settled(list(_tokens(plain(text)))):
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
    text = _ONE.sub(r"\1 1 ", unmarked(_ESCAPED.sub(r"\1", fold(text))))
    return _NEGATION.sub(lambda m: _LONG_NEGATION[m[1].lower()] if m[1] else f"{m[2]} not", text.replace("’", "'"))


def _tokens(text: str) -> Iterator[Tok | str]:  # noqa: C901 - one place for what a character may begin
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
            if match.lastgroup == "run":
                yield from _han(text[at:limit])
            at = limit
            continue
        kind = match.lastgroup or ""
        if match.group() == "/" and text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha():
            kind = "han"  # credit/debit card
        if kind in ("stop", "pause", "colon"):
            yield "bracket" if match.group() in "()（）" else "dash" if match.group().strip() in "—–→/|-" else kind
            first = kind != "pause"
        elif kind == "run":
            yield from _han(match.group())
            first = False
        elif kind == "word" and "-" in match.group() and match.group().lower() not in _HYPHENED:
            for word in _WORD.finditer(text, at, match.end()):  # check-in, check in
                yield _latin(word.group(), word.group().lower(), han, first)
                first = False
        elif (token := _one(match, kind, han, first)) is not None:
            yield token
            first = False
        at = match.end()


def _settled(tokens: list[Tok | str]) -> Iterator[Tok | str]:
    """`not able to` is one operator; `from $49` without an end is a lower limit."""
    for at, token in enumerate(tokens):
        if isinstance(token, str):
            yield token
        elif (settled := _in_place(tokens, at, token)) is not None:
            yield settled


def _in_place(tokens: list[Tok | str], at: int, token: Tok) -> Tok | None:  # noqa: C901 - one place for it
    """What a token is where it stands; None where it is part of another."""
    near = [t for t in (*tokens[max(at - 1, 0) : at], *tokens[at + 1 : at + 3]) if not isinstance(t, str)]
    before = next((t for t in tokens[max(at - 1, 0) : at] if not isinstance(t, str)), None)
    after = next((t for t in tokens[at + 1 : at + 2] if not isinstance(t, str)), None)
    if token.text.lower() == "once" and before is not None and (after is None or after.text.lower() in _HOW_OFTEN):
        return Tok("1 time", "number", token.text)
    if token.key == "can" and token.kind == "operator" and any(t.kind == "operator" and t.key == "not" for t in near):
        return None
    if token.text == "只" and before is not None and (before.kind == "number" or before.text.endswith("每")):
        return None
    if token.text == "部分" and before is not None and before.content and (after is None or not after.content):
        return Tok("部分", "function", token.text)  # 续重部分
    if token.text == "前" and after is not None and after.kind == "number" and after.unit != "date":
        return Tok("first", "word", token.text)  # 前 30 分钟
    if token.text == "过" and before is not None and before.content and (after is None or after.text != "了"):
        return Tok("过", "function", token.text)  # 换开过一次
    if token.text in _DONE and before is not None and before.kind == "word" and before.key in VERBS:
        return Tok(token.text, "function", token.text)  # 选好角色
    if (
        token.text in ("之前", "以前", "此前")
        and (before is None or before.kind == "join")
        and after is not None
        and after.content
    ):
        return Tok(token.text, "function", token.text)  # 之前换开过: formerly
    if token.key == "1 ord" and token.text.startswith("第一次"):
        return Tok("new", "operator", token.text)
    if token.text in ("外", "以外", "之外"):
        if any(not isinstance(t, str) and t.text in ("除", "除了", "除去") for t in tokens[max(at - 16, 0) : at]):
            return None
        return Tok("gt", "operator", token.text) if before is not None and before.kind == "number" else token
    if token.kind == "number" and token.key == "5 off":
        return Tok("half", "operator", token.text)
    return _limited(tokens, at, token, after)


def _limited(tokens: list[Tok | str], at: int, token: Tok, after: Tok | None) -> Tok:
    """Prepositions that are limits only before a number: under 5 kg, from $49, since 2020."""
    if (
        token.kind == "operator"
        and token.text.lower() in ("under", "about", "over", "above", "below")
        and not _counted(tokens, at)
    ):
        return Tok(token.text.lower(), "function", token.text)
    if token.key == "ge" and token.text.lower().startswith(("reach", "达到", "到达")) and not _counted(tokens, at):
        return Tok("reach", "word", token.text)
    if token.key == "from" and after is not None and after.kind == "number" and ".." not in after.key:
        if after.unit in ("usd", "eur", "gbp", "cny"):
            return Tok("ge", "operator", token.text)
        if after.unit == "date":
            return Tok("since", "operator", token.text)
    return token


def _counted(tokens: list[Tok | str], at: int) -> bool:
    return any(not isinstance(t, str) and t.kind == "number" for t in tokens[at + 1 : at + 4])


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
