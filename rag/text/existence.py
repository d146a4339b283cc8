"""Whether a thing exists at all is asked (do you have a gym? 有没有健身房？), and which thing that is.

A passage that does not name the thing hardly tells whether there is one, however near its subject is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.tokens import one_line

_READ = 300  # characters of a question that are read
_THING = r"(?P<thing>[^?？.!;；]{2,60})"
_HAVE = r"(?:have|has|got|sell|stock|offer|carry|provide|rent|serve|accept|take|support|include|comes? with|come in|feature)"
_ASKS = r"(?:you|they|we|i|it|(?:the|your|my|this|a) (?:[\w.+-]+ ){1,4}?|[\w.+-]+(?: [\w.+-]+)?)"
_EN = re.compile(
    rf"\b(?:(?:do|does|did) {_ASKS} ?(?:guys |also |even |still |already )?{_HAVE}"
    rf"|(?:is|are|was|will) there(?: be)?|have you got|has (?:it|the \w+) got) {_THING}"
)
_FIRST = re.compile(
    r"^(?:(?:a|an|any|some|the|your|my|its|other|more|such|kind|sort|type|of|also|still|even|like|separate|own|built-in|one) )+"
)
_END = re.compile(
    r"(?: |^)(?:in|at|for|on|from|near|with|to|when|if|that|which|while|during|by|inside|of|as well|too|also|available|yet|now"
    r"|and|or|where|who|i|we|you|instead|before|after|between|without|per|than|about|left|here|there|please|then|so|because)\b(?!-).*$"
    r"|,.*$"
)
_EMPTY = frozenset(
    "one ones option options something anything thing things way ways problem problems difference limit more else that it them "
    "this these choice alternative chance plan place need trick tricks workaround long much time ages effect part".split()
)
_ZH = (
    re.compile(r"(?:有没有|有无|是否有|是不是有|卖不卖|提供不提供|支不支持|支持不支持|带不带|能不能用|收不收)(?P<thing>[^，。？?！,；]{1,10})"),
    re.compile(r"(?:有|卖|出售|提供|支持|自带|附带|带|配|接受)(?P<thing>[^，。？?！,；有]{1,9}?)(?:吗|么|嘛|没有|没|不)(?:[？?，。！]|$)"),
)  # fmt: skip
_FIRST_ZH = re.compile(r"^(?:用|卖|过|一个|个|其他|别的|什么|啥|这种|那种|任何)+")
_EMPTY_ZH = re.compile(r"办法|法子|方法|途径|问题|区别|要求|可能|必要|什么|多少|要加|人")
_LAST_ZH = re.compile(r"(?:的|吗|么|呢|呀|啊|可以|能|卖|版本?|功能|服务)+$")


_PRICED = (
    re.compile(rf"\bhow much (?:is|are|does|do|would|will|for) (?:it cost (?:to |for )?)?{_THING}"),
    re.compile(r"\bwhat (?:does|do|would) (?P<thing>[^?？.!;,]{2,60}?) cost\b"),
    re.compile(rf"\b(?:price|cost|fee|fare)s? (?:of|for) {_THING}"),
    re.compile(r"\bwhat(?:'s| is| are) (?:the|your) (?P<thing>[^?？.!;,]{2,40}?) (?:fee|price|cost|fare|charge|rate)s?\b"),
)
_VERB = re.compile(r"\b(?:costs?|charged?|take|last|weigh|be)\b.*$")


@lru_cache(maxsize=4_096)
def thing_priced(question: str) -> str | None:
    """The thing whose price is asked in English, as `thing_asked`: what others cost is no answer."""
    plain = one_line(question[:_READ])
    for pattern in _PRICED:
        if (match := pattern.search(plain)) is not None:
            thing = _END.sub("", _FIRST.sub("", _VERB.sub("", match["thing"]).strip())).strip()
            return thing if thing and thing.split()[-1] not in _EMPTY else None
    return None


@lru_cache(maxsize=4_096)
def thing_asked(question: str) -> str | None:
    """The thing whose existence a question asks about, without articles and what it is for; None for any other question."""
    plain = one_line(question[:_READ])
    if (match := _EN.search(plain)) is not None:
        thing = _END.sub("", _FIRST.sub("", match["thing"].strip())).strip()
        return thing if thing and thing.split()[-1] not in _EMPTY else None
    for pattern in _ZH:
        if (match := pattern.search(plain)) is not None:
            thing = _LAST_ZH.sub("", _FIRST_ZH.sub("", match["thing"])).strip()
            return thing if thing and not _EMPTY_ZH.search(thing) else None
    return None
