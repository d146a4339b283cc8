"""Questions that are after the assistant itself: its instructions, or a role without its rules.

Questions about dangerous subjects are not meant: those the documents do not answer anyway, and words such as `kill` are part
of harmless questions too.
"""

from __future__ import annotations

import re

_DROP = r"(?:ignore|disregard|forget|override|bypass|skip)"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|your|all|any|the|system)"
_RULES = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|programming|restrictions?|filters?|safeguards?"
    r"|training|commands?)"
)
_TELL = (
    r"(?:repeat|print|show|reveal|output|display|tell|give|write|share|recite|copy|return|translate|summari[sz]e|leak|list|dump"
    r"|expose|disclose|provide|spell|encode|echo|what (?:is|are|was|were)|what's)"
)
_PROMPT = r"(?:system prompt|system message|initial prompt|original prompt|hidden prompt|prompt above|prompt verbatim)"
_YOURS = r"(?:your|these|those|initial|original|previous|prior|above|hidden|secret|system|custom|exact|full)"
_PLAY = (
    r"(?:you are|you're|you will|act as|pretend|roleplay as|role-play as|behave like|simulate|become|imagine you are"
    r"|play the role of)"
)
_FREEDOM = r"(?:restrictions?|rules|limits?|filters?|ethic(?:s|al)|moral(?:s|ity)?|guidelines|limitations?|restraints?)"
_MODES = (
    r"(?:system prompt|sysprompt|jailbreak|jailbroken|developer mode|DAN mode|do anything now|god mode|prompt injection"
    r"|AIM mode|evil confidant|opposite mode|unfiltered (?:mode|ai|assistant|response))"
)
_ZH_DROP = r"(?:忽略|无视|忘记|忘掉|绕过|跳过|不要理会|不用管)"
_ZH_BEFORE = r"(?:以上|之前|上面|前面|先前|此前|所有|一切|系统|你的|任何|全部)"
_ZH_RULES = r"(?:指令|指示|规则|提示|要求|设定|限制|命令|内容)"
_ZH_TELL = r"(?:重复|复述|打印|显示|输出|告诉我|透露|泄露|给我|展示|说出|列出|翻译|写出|公开|念出)"
_ZH_PROMPT = (
    r"(?:系统提示|提示词|系统指令|初始指令|初始提示|你的指令|你的规则|你的设定|系统消息|上面的(?:内容|文字|指令)"
    r"|以上(?:内容|文字|指令|所有))"
)

_UNSAFE = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"\b{_DROP}\b.{{0,30}}\b{_BEFORE}\b.{{0,30}}\b{_RULES}\b",
        rf"\b{_TELL}\b.{{0,50}}\b{_PROMPT}\b",
        rf"\b{_TELL}\b.{{0,50}}\b{_YOURS} (?:\w+ )?(?:instructions?|prompt)\b",
        r"\b(?:text|words|everything|content|message|sentences?|lines?|instructions?|tokens?) (?:above|before|prior to) "
        r"(?:this|the (?:line|message|prompt|question))\b",
        r"\b(?:repeat|print|output|return|copy|recite) (?:everything|all|the (?:words|text|sentences?|content|conversation"
        r"|lines?|message)|what(?:ever)?)\b.{0,20}\b(?:above|before|verbatim|so far)\b",
        rf"\b{_MODES}\b",
        rf"\b{_PLAY}\b.{{0,160}}\b(?:no {_FREEDOM}|without (?:any )?{_FREEDOM}|unrestricted|uncensored|unfiltered|amoral"
        r"|not bound|free from|freed from|broken free)\b",
        r"\b(?:your|initial|original|hidden|secret) (?:system )?(?:prompt|instructions)\b.{0,30}"
        r"\b(?:say|contain|include|read|look like|verbatim)\b",
        r"\b(?:what|which) (?:were|are) you (?:told|instructed|not supposed to tell|not allowed to (?:say|tell|reveal))\b",
        r"\b(?:text|instructions?|prompt|message|context) (?:that )?you were (?:given|told|provided|initiali[sz]ed with)\b",
        r"\bI was (?:instructed|told|programmed) to\b.{0,5}$|\bMy instructions are\b",
        r"\b(?:system_?prompt|systemPrompt|initial configuration|initiali[sz]ation string|system configuration)\b",
        r"\b(?:repeat|print|output) (?:this entire conversation|the above|all of the above|everything)\b",
        r"\b(?:never refuses?|cannot refuse|stays? in character|no matter how (?:dangerous|illegal|unethical"
        r"|immoral|harmful|reckless)|regardless of (?:legality|ethics|morality|how (?:illegal|unethical|immoral)))\b",
        r"\b(?:amoral|immoral|unethical|unrestrained|uncensored|unfiltered|unhinged)\b.{0,60}"
        r"\b(?:AI|bot|chatbot|assistant|character|persona|model|response|answers?)\b",
        r"\b(?:immerse yourself into the role|role of another AI|(?:OpenAI|Anthropic|content) (?:policy|policies|guidelines)"
        r"|(?:two|both) (?:responses|ways|answers)\b.{0,120}\b(?:DAN|jailbr|unfiltered|normal|GPT))",
        r"\b(?:DAN|STAN|DUDE|AIM|UCAR|BasedGPT|EvilBOT|AntiGPT)\b.{0,200}\b(?:AI|rules|restrictions|character|answer|act)\b",
        rf"{_ZH_DROP}.{{0,12}}{_ZH_BEFORE}.{{0,12}}{_ZH_RULES}",
        rf"{_ZH_TELL}.{{0,14}}(?:{_ZH_PROMPT}|prompt)",
        r"(?:你的|系统)(?:提示词|系统提示|prompt|初始指令|指令)(?:是|有|里|写)",
        r"开发者模式|越狱模式|无限制模式|(?:没有|不受|解除|无视)(?:任何|所有|一切)?(?:道德|内容|安全)?(?:限制|约束|规则).{0,20}(?:AI|助手|模型|角色|模式|回答)",
        r"(?:扮演|假装|你现在是|从现在起你是).{0,30}(?:没有|不受|无视|解除).{0,6}(?:限制|规则|道德|约束)",
    )
]


def unsafe(question: str) -> bool:
    """Whether the question wants the assistant's instructions, or wants it to drop its rules."""
    return any(pattern.search(question) for pattern in _UNSAFE)
