"""How a sentence opens: phrases that say nothing, and the Yes or No that is a claim of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rag.answering.gate.tok import Clause, Reading, Tok
from rag.answering.gate.units import Unit

# Phrases before what is said, which say nothing themselves.
_PAPERS = r"(?:documents?|documentation|passages?|sources?|help pages?|information|text|manual|faq|instructions)"
_GIVEN = r"(?:provided|given|available|above|following|retrieved|supplied)"
_THE = rf"(?:the|this|our|your|these)?(?: ?{_GIVEN})?"
_ZH_PAPERS = r"(?:资料|文档|文件|信息|内容|说明|材料)"
_EMPTY = re.compile(
    r"^(?:(?:in short|in summary|overall|"
    r"unfortunately|fortunately|sorry|basically|actually|generally speaking"
    r"|specifically|in general|in other words|therefore|thus"
    r"|additionally|also|furthermore|moreover|however"
    r"|on the other hand|by comparison|in comparison|simply put"
    r"|in addition|finally|first|firstly|secondly|then|next|after that|besides|that said|similarly|likewise"
    r"|(?:(?:it is|it's) (?:important|worth) (?:to note|noting)|(?:please )?note|(?:please )?(?:keep"
    r"|bear) in mind|(?:please )?be aware)(?: that)?"
    rf"|as (?:described|stated|noted|mentioned|explained|shown|outlined)(?: (?:in|by|on) {_THE} {_PAPERS})?"
    rf"|(?:according to|based on|per|from|as per) {_THE} ?{_PAPERS}(?: {_GIVEN})?"
    rf"|{_THE} {_PAPERS} (?:says?|states?|notes?|explains?|mentions?|indicates?|specif(?:y|ies))(?: that)?)[,:]? )+"
    r"|^(?:(?:您好|你好|好的|答|总之|综上(?:所述)?|抱歉|很抱歉|很遗憾|遗憾的是|可惜|放心|因此|所以|也就是说"
    r"|简单来说|具体来说|具体而言|此外|另外|同时|不过|温馨提示|补充一点|最后|首先|其次"
    r"|接着|(?:具体)?(?:操作|步骤|做法|方法|流程)(?:步骤|方法)?(?:是|如下|为)|具体如下|简而言之|总的来说|换句话说"
    r"|(?:需要|请|值得)?注意(?:的是)?|(?:按照|根据|依据|依照)(?:相关|有关)?规定"
    rf"|(?:根据|按照|依据|从)(?:以上|上述|所给|您?提供的|现有|我们的"
    rf"|相关)?(?:的)?{_ZH_PAPERS}(?:中的)?{_ZH_PAPERS}?(?:来看"
    rf"|可知)?"
    rf"|{_ZH_PAPERS}中?(?:说明|指出|提到|显示|介绍|表明|规定|写明))[,，:：!！。]? ?)+",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:(?:yes|yeah|yep|sure|certainly|of course|absolutely|correct|indeed|right)\b[,.!:;–—-]+\s*"
    r"|(?:是的|是|对的?|没错|可以的?|能的?|会的?|有的?|支持的?|需要的?|要的?"
    r"|行|没问题|当然(?:可以)?|可以退|能退|可以用|还在"
    r"|算)[，,。！!：:；]\s*)",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^(?:(?:no|nope|unfortunately(?:,)? (?:no|not)|not really|sorry, no)\b[,.!:;–—-]+\s*"
    r"|(?:抱歉[，,])?(?:不是的?|暂不支持|不可以的?|不能的?|不行|不会的?|没有"
    r"|不支持|不需要|不用的?|不必|无法|否|不"
    r"|不[一-鿿]{1,2})[，,。！!：:；]\s*)",
    re.IGNORECASE,
)
_NEGATIVE = frozenset("not without avoid exclude only except instead fail refuse stop".split())
_GONE = frozenset("lose delete expire stayclosed 没了 cancel".split())


@dataclass(frozen=True, slots=True)
class Opened:
    """`rest`: what is said after the opening; `answer`: yes, no or neither."""

    rest: str
    answer: bool | None = None
    word: str = ""


def opened(text: str) -> Opened:
    """The sentence without what says nothing before it, and without its Yes or No."""
    rest = _EMPTY.sub("", text)
    for pattern, answer in ((_YES, True), (_NO, False)):
        match = pattern.match(rest)
        if match is not None:
            return Opened(_EMPTY.sub("", rest[match.end() :]), answer, match.group())
    return Opened(rest)


def bare(text: str) -> bool:
    """Whether a sentence is a Yes or No alone, which belongs to the next one."""
    opening = opened(text.strip() + " ")
    return opening.answer is not None and not opening.rest.strip()


def agrees(answer: bool, rest: Reading, units: Sequence[Unit], question: Reading, around: Sequence[Unit]) -> bool:
    """Whether Yes or No is what the rest of the sentence, which the units say, answers to the question.

    around: the other units of the passage, which may except what was asked about.
    """
    if not question.clauses or any(c.operators.count("not") % 2 for c in question.clauses):
        return True
    if any(t.kind == "operator" and t.text.startswith("没") for t in question.tokens):  # 会不会没了
        return True
    main = next((c for c in rest.clauses if not _conditional(c)), rest.clauses[0])
    negative = _negated(main)
    fits = _fits(question, units)
    if answer:
        return not negative and fits is not False and not _excepted(rest, question, units, around)
    if negative or fits is False:
        return True
    keys = {t.key for t in question.tokens}
    return any(_NEGATIVE & set(c.operators) or "stayclosed" in {t.key for t in c.tokens} for c in rest.clauses) or bool(
        _GONE & keys
    )


def _conditional(clause: Clause) -> bool:
    first = next((t for t in clause.tokens if t.kind != "join"), None)
    return (
        first is not None
        and first.kind == "operator"
        and first.key in ("if", "unless", "after", "before", "since", "until", "except")
    )


def _negated(clause: Clause) -> bool:
    return sum(key in ("not", "without", "avoid") for key in clause.operators) % 2 == 1 or "stayclosed" in {
        t.key for t in clause.tokens
    }


def _fits(question: Reading, units: Sequence[Unit]) -> bool | None:
    """Whether a number of the question keeps to the limit that the evidence gives for its unit; None: there is none."""
    for wanted in (t for t in question.tokens if t.kind == "number" and t.unit not in ("", "date", "clock", "ord")):
        for unit in units:
            for clause in unit.reading.clauses:
                for at, token in enumerate(clause.tokens):
                    if (
                        token.kind == "number"
                        and token.unit == wanted.unit
                        and (keeps := _keeps(wanted, token, clause.tokens, at)) is not None
                    ):
                        return keeps
    return None


def _keeps(wanted: Tok, limit: Tok, tokens: Sequence[Tok], at: int) -> bool | None:
    near = {t.key for t in (*tokens[max(at - 2, 0) : at], *tokens[at + 1 : at + 3]) if t.kind == "operator"}
    try:
        one, other = Decimal(wanted.key.split()[0]), Decimal(limit.key.split()[0])
    except InvalidOperation:
        return None
    if near & {"le"}:
        return one <= other
    if near & {"lt"}:
        return one < other
    if near & {"ge"}:
        return one >= other
    return one > other if near & {"gt"} else None


def _excepted(rest: Reading, question: Reading, units: Sequence[Unit], around: Sequence[Unit]) -> bool:
    """Whether the passage takes what was asked about out of what it allows."""
    evidence_keys = rest.keys.union(*(unit.context.keys for unit in units)) if units else rest.keys
    unmatched = [t for t in question.tokens if t.kind in ("word", "name") and t.key not in evidence_keys and len(t.key) > 1]
    for unit in around:
        for clause in unit.reading.clauses:
            takes_out = unit.label is None and {"not", "except", "exclude", "without"} & set(clause.operators)
            if takes_out and any(t.key in {o.key for o in clause.content} or _within(t.key, clause) for t in unmatched):
                return True
    return False


def _within(key: str, clause: Clause) -> bool:
    return (
        not key.isascii()
        and len(key) > 2
        and any(len(o.key) > 1 and o.key in key for o in clause.content if not o.key.isascii())
    )
