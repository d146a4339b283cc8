"""Sentences that claim nothing about the subject: courtesy, the line above a list, what the documents do not say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.gate.reading import read
from rag.answering.gate.tok import Reading
from rag.answering.gate.units import Unit

_HELP = (
    r"(?:contact|ask|reach|question|questions|help|support|us|me|out|to|any|other|further|more|have"
    r"|anything|else|need|if|you|let|know|free|feel|the|our|team|,|about|assist|assistance|with|this"
    r"|that|please|just)"
)
_COURTESY = re.compile(
    r"(?:(?:no worries|no problem|sure(?: thing)?|of course|certainly|absolutely|hello|hi(?: there)?"
    r"|good (?:morning|afternoon|evening)|thanks|thank you(?: for (?:your question|asking|reaching out"
    r"|contacting us))?"
    r"|you(?:'re| are) welcome|(?:i'm |i am )?(?:happy|glad) to help|(?:i )?hope (?:this|that"
    r"|it) helps|great question|good question"
    r"|(?:i'm |i am |we're |we are )?(?:so )?sorry(?: to hear (?:that|about that|this)| about that"
    r"| for the (?:inconvenience|trouble))?|don't worry|got it|understood|i understand"
    rf"|(?:let me know|feel free|if you (?:have|need)|please let|please feel)(?: {_HELP}){{1,14}})[\s.!,;:~😊👍]*)+"
    r"|(?:(?:您好|你好|亲|不客气|不用谢|没关系|没问题|别担心|请放心|不用担心"
    r"|很高兴为您(?:服务|解答)|希望(?:这|以上|这些)?(?:信息|内容"
    r"|回答)?(?:能)?(?:对您|对你)?(?:能)?(?:有所帮助|有帮助|帮到您"
    r"|帮到你)"
    r"|(?:如果?|若)?您?(?:还)?有(?:其他|任何|别的)?(?:问题"
    r"|疑问)[，,]?(?:请|欢迎|可以)?(?:随时)?(?:联系|咨询|告诉"
    r"|问)(?:我们|我|客服)?|感谢您的?(?:咨询|提问|耐心|反馈)|好的|明白了"
    r"|(?:非常|很)?抱歉(?:给您带来不便)?)[，。！!~,.\s]*)+",
    re.IGNORECASE,
)
_PAPERS = (
    r"(?:documents?|documentation|passages?|sources?|help pages?|information|context|texts?|manuals?"
    r"|material|excerpts?)"
)
_ABSENT = re.compile(
    rf"\b(?:not|n't|nowhere|neither) (?:\w+ )?(?:given|mentioned|stated|specified|included|found"
    rf"|covered|provided|available|described|listed|addressed|say|mention|state|specify|include|cover"
    rf"|give|provide|contain|list|describe|address)\b.{{0,60}}\b{_PAPERS}\b"
    rf"|\b{_PAPERS}\b.{{0,40}}\b(?:do(?:es)?(?:n['’]t| not)|did(?:n['’]t| not)|lacks?|no) ?(?:say"
    rf"|mention|state|specify|include|cover|give|provide|contain|list|describe|address|information"
    rf"|details?)"
    r"|\b(?:there is|there's|i (?:found|have|see)|we have) no (?:\w+ )?(?:information|details?"
    r"|mention)\b|\bno information (?:about|on|is|was)\b"
    r"|(?:资料|文档|文件|材料|原文|内容|文中|页面|信息)(?:里|中|上)?(?:都"
    r"|也|并)?(?:没有|未|没)(?:有)?(?:明确)?(?:提到|提及|说明|说|写"
    r"|写明|给出|给|涉及|包含|列出|介绍|找到)",
    re.IGNORECASE,
)
_LEADING = frozenset(
    (
        "step follow below list way option instruct "
        "detail summari here overview proceed process "
        "procedur need must can do 步骤 如下 以下 方法 操作 流程 按 "
        "请 分 方式 具体 要点 几步 这样 办法 设置 规则 情况 有 处理"
    ).split()
)


def courtesy(text: str) -> bool:
    """Whether it is a phrase of courtesy, whole."""
    return bool(_COURTESY.fullmatch(text.strip())) and not re.search(r"\d|https?:|@", text)


def leads_in(text: str, claim: Reading, known: frozenset[str]) -> bool:
    """Whether it only announces what follows. known: words of question and headings."""
    if not text.rstrip("*_ ").endswith((":", "：")) and not re.search(
        r"(?:these steps|as follows|如下|以下步骤)[*_.。 ]*$", text, re.IGNORECASE
    ):
        return False
    if any(key not in ("can", "must", "if", "after", "before") for clause in claim.clauses for key in clause.operators):
        return False
    return all(t.key in known or t.key in _LEADING or t.soft for t in claim.tokens if t.content)


def absent(text: str) -> bool:
    """Whether it says that the documents do not say something."""
    return bool(_ABSENT.search(text))


def found_after_all(text: str, units: Sequence[Unit]) -> bool:
    """Whether a passage has all words of what is said to be missing, so that it may well be there."""
    remainder = read(_ABSENT.sub(" ", text))
    words = {
        t.key
        for t in remainder.tokens
        if t.content and t.key not in ("document", "inform", "detail", "资料", "文档", "文件", "说明")
    }
    return bool(words) and any(words <= unit.keys | unit.context.keys and words & unit.keys for unit in units)
