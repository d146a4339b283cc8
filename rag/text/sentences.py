"""Sentences of Chinese, English and Markdown text, as exact spans. Used to quote answers and to split long passages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Span = tuple[int, int]

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
_CJK_CHAR = re.compile(f"[{_CJK}]")
_END = re.compile(r"[。！？；!?]+[。！？；!?.…]*|…+|\.+")
_CLOSERS = "\"'”’」』）)]】》〉"
_EMPHASIS = re.compile(r"([*_`~])\1*")

# Sentence ends inside these are part of the sentence around them. Quantifiers are bounded: time stays linear.
_PROTECTED = re.compile(
    r"`[^`]{1,300}`|\]\([^()\s]{1,500}\)|（[^（）]{1,200}）|\([^()]{1,200}\)|“[^“”]{1,200}”|「[^「」]{1,200}」"
    r"|『[^『』]{1,200}』|\"[^\"]{1,200}\"|\*\*[^*\n]{1,200}\*\*"
)

_WORD_BEFORE = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]+$")
_ZONE = re.compile(r"\s*(?:Eastern|Central|Mountain|Pacific|Greenwich|local|[A-Z]{2,4})\b")  # behind a.m. and p.m.
_NUMBERED_STEP = re.compile(r"^(?:[Ss]teps?|步骤|第)?\s*\d{1,3}$")
_NEVER = frozenset(["mr", "mrs", "ms", "dr", "prof", "vs", "e.g", "i.e", "cf", "approx", "resp", "st", "mt"])
_BEFORE_NUMBER = frozenset(["no", "nos", "fig", "figs", "sec", "ch", "eq", "p", "pp", "vol", "ver", "v", "art", "tab", "app"])
_MAYBE = frozenset(["etc", "inc", "ltd", "co", "corp", "jr", "sr", "al"])

_BULLET = re.compile(
    r"(?:[-*+•·●○▪■◆–]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)](?:\s+|(?=[" + _CJK + r"]))|\d{1,3}、\s*"
    r"|[(（]\d{1,3}[)）]\s*|[①-⑳]\s*|[a-zA-Z][.)]\s+|[一二三四五六七八九十]{1,3}、\s*|[(（][一二三四五六七八九十]{1,3}[)）]\s*)"
)
_LEAD = re.compile(r"(?:>\s?|#{1,6}\s+|:::\s*\w*(?:\[)?\s*)")
_MARKUP_ONLY = re.compile(
    r"(?:`{3,}|~{3,}).*|[-*_=:|+\s]+|(?:</?[A-Za-z][^<>]*>\s*)+|(?:!\[[^\]]*\]\([^)]*\)\s*)+|\{\{[<%].*[%>]\}\}|<!--.*-->"
    r"|\[!\w+\]|\{/\*.*\*/\}"
)
_ELEMENT = re.compile(r"<([A-Za-z][\w.]*)(?:\s[^<>]*)?>")

_WRAP_COLUMNS = 60
_MARK_LIMIT = 8


def split_sentences(text: str) -> list[Span]:
    """Spans of the sentences of `text`, in order, in code points, half open.

    A span has no surrounding whitespace, no list bullet, no quote or heading mark, and holds at least one letter or digit.
    Ends are 。！？；…… and .!? (not in abbreviations, decimals, URLs, or inside brackets, quotes and code); closing quotes
    and brackets stay with their sentence. A newline ends a sentence, except where prose was wrapped at a fixed width. A
    Markdown table row is one sentence; lines of markup alone (fences, tags, images, rules) are none.
    """
    spans: list[Span] = []
    for start, end in _runs(text):
        if text[start] == "|":
            spans.extend(_trim(text, start, end, " \t|"))
        else:
            for sentence_start, sentence_end in _ends(text, start, end):
                spans.extend(_trim(text, sentence_start, sentence_end))
    return spans


def _trim(text: str, start: int, end: int, also: str = "") -> Iterator[Span]:
    """The span without whitespace around it, or nothing when it has no letter or digit."""
    held = text[start:end].lstrip()
    start, held = end - len(held), held.rstrip()
    end = start + len(held)
    while start < end and (text[start].isspace() or text[start] in also):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in also):
        end -= 1
    if any(map(str.isalnum, held)):
        yield start, end


def _runs(text: str) -> Iterator[Span]:
    """Stretches of text that newlines do not end: single lines, or lines of one wrapped paragraph."""
    run: Span | None = None
    previous_line: Span | None = None
    for match in re.finditer(r"[^\r\n]+", text):
        start, end, marked = _line_content(text, match.start(), match.end())
        if start >= end:
            if run:
                yield run
            run = previous_line = None
            continue
        if run and previous_line and not marked and _wraps(text, previous_line, start):
            run = (run[0], end)
        else:
            if run:
                yield run
            run = (start, end)
        previous_line = (match.start(), match.end())
    if run:
        yield run


def _line_content(text: str, start: int, end: int) -> tuple[int, int, bool]:
    """The line without indent, quote and heading marks, bullet and enclosing tags; empty when it is markup alone.

    The third value says whether the line opened with a mark, so that it cannot continue the line before.
    """
    content = text[start:end]
    start += len(content) - len(content.lstrip())
    end -= len(content) - len(content.rstrip())
    if _MARKUP_ONLY.fullmatch(text, start, end):
        return start, start, True
    marked = False
    for _ in range(_MARK_LIMIT):
        match = _LEAD.match(text, start, end) or _BULLET.match(text, start, end)
        if match is None:
            break
        marked = marked or not text.startswith(">", match.start())
        start = match.end()
    if _MARKUP_ONLY.fullmatch(text, start, end):
        return start, start, True
    while (match := _ELEMENT.match(text, start, end)) and text.endswith(close := f"</{match[1]}>", start, end):
        if text.find(close, start, end) != end - len(close):
            break
        start, end, marked = match.end(), end - len(close), True
    return start, end, marked or text.startswith("|", start)


def _wraps(text: str, previous: Span, start: int) -> bool:
    """Whether prose goes on from the line `previous` to the line whose content begins at `start`."""
    line = text[previous[0] : previous[1]]
    if text[previous[1] : start].count("\n") > 1 or line.lstrip().startswith(("|", "#")):
        return False
    last = line.rstrip()[-1:]
    if not (last.isalnum() or last in ",，、)）`"):
        return False
    columns = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line.strip())
    return columns >= _WRAP_COLUMNS and (text[start].isalnum() or text[start] in '(（`“"*[')


def _ends(text: str, start: int, end: int) -> Iterator[Span]:
    """Cuts one run at its sentence ends."""
    protected = [match.span() for match in _PROTECTED.finditer(text, start, end)]
    inside = 0
    sentence = start
    for match in _END.finditer(text, start, end):
        stop = match.end()
        stop = _past_closers(text, sentence, stop, end)
        while inside < len(protected) and protected[inside][1] <= match.start():
            inside += 1
        if inside < len(protected) and protected[inside][0] < match.start() and stop < protected[inside][1]:
            continue
        if stop < end and not _is_end(text, sentence, match, stop, end):
            continue
        yield sentence, stop
        sentence = stop
    yield sentence, end


def _past_closers(text: str, sentence: int, stop: int, end: int) -> int:
    """The place behind closing quotes, brackets and emphasis. Emphasis not opened before begins the next sentence."""
    while stop < end:
        if text[stop] in _CLOSERS:
            stop += 1
        elif (mark := _EMPHASIS.match(text, stop, end)) and text.count(mark[0], sentence, stop) % 2:
            stop = mark.end()
        else:
            return stop
    return stop


def _is_end(text: str, sentence: int, match: re.Match[str], stop: int, end: int) -> bool:
    """Whether the mark that `match` found ends the sentence that began at `sentence`; more text follows at `stop`."""
    mark = match.group()
    if mark[0] in "。！？；":
        return True
    spaced = text[stop].isspace()
    follower = text[stop : min(end, stop + 8)].lstrip()[:1]
    if mark.startswith("…"):
        return len(mark) > 1 or spaced
    before = text[max(sentence, match.start() - 1) : match.start()]
    if not spaced and not (_CJK_CHAR.match(text[stop]) and (mark[0] != "." or _CJK_CHAR.match(before))):
        return False
    quoted = any(char in "\"'”’" for char in text[match.end() : stop])
    if quoted and follower.islower():
        return False
    if mark[0] != ".":
        return True
    if len(mark) > 1:
        return not follower.islower()
    return not _abbreviates(text, sentence, match.start(), follower)


def _abbreviates(text: str, sentence: int, dot: int, follower: str) -> bool:
    """Whether the full stop at `dot` belongs to an abbreviation or a step number, and the sentence goes on."""
    before = text[max(sentence, dot - 24) : dot]
    if _NUMBERED_STEP.match(before.strip()) and dot - sentence <= len(before):
        return True
    word = _WORD_BEFORE.search(before)
    if word is None:
        return False
    token = word.group().lower()
    if token in _NEVER:
        return True
    if token in _BEFORE_NUMBER:
        return follower.isdigit()
    if token in ("a.m", "p.m") and _ZONE.match(text, dot + 1):
        return True
    if token in _MAYBE or "." in token:
        return follower.islower() or follower.isdigit() or follower in ",;"
    return len(token) == 1 and word.group().isupper() and word.group() != "I" and follower.isupper()
