"""Sentences that only say where something else is told, or what a page is about: 退款见《…》, `See Billing.`, 本页列出…"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 300  # characters; a longer sentence says more than that
_CLAUSE = re.compile(r"[，；;。！]|,\s|\.\s|\.$|:\s")
_POINTS = re.compile(
    r"(?:见|参见|参阅|参考|请看|详见|查看|请查阅|阅读)\s*[《“\"「][^》”\"」]+[》”\"」]"
    r"|^(?:更多|其他|其它|详情|详细).{0,12}(?:见|参见|参阅|请看|查看)"
    r"|\b(?i:see|refer to|described in|explained in|covered in) "
    r"(?:also )?(?:the (?:page|section|article|guide|chapter) )?[“\"*_[‘']?[A-Z]"
    r"|\bRead [“\"*_]?[A-Z].{2,60} instead"
    r"|\b(?i:work|go) (?:down|through) (?:this|the|these) (?:list|steps|points)"
    r"|\b(?i:follow|try) (?:the|these) steps(?: below| in order)?$"
    r"|(?:按|照|依)(?:以下|下面|下列|下述|顺序)(?:的)?(?:步骤|顺序|方法|办法)?.{0,6}(?:排查|操作|检查|处理|进行|来)$"
    r"|\b(?i:see|refer to) (?:below|above|the (?:next|table|section|page|list)|page \d)",
)
_ABOUT = re.compile(
    r"^(?:本页|本文|本文档|本手册|本指南|本章|本节|这里)(?:只|主要|将)?(?:讲|介绍|列出|说明|描述|汇总|适用于|涵盖)"
    r"|^(?:this|the following) (?:page|article|guide|document|manual|section|chapter|list|table) "
    r"(?:only )?(?:lists?|explains?|describes?|covers?|is about|shows?|deals? with)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def only_refers(text: str) -> bool:
    """Whether each clause of a sentence points to another page, or says what this one is about."""
    plain = text.strip()
    if not plain or len(plain) > _LONGEST:
        return False
    clauses = [clause for part in _CLAUSE.split(plain) if (clause := part.strip(" *_。.")) and len(clause) > 1]
    return bool(clauses) and all(_POINTS.search(one) or _ABOUT.search(one) for one in clauses)
