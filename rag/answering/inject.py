"""Text in a document that tells an assistant what to do: it is no evidence, and it is not quoted as an answer."""

from __future__ import annotations

import re

_ASSISTANT = r"(?:AI|LLM|language model|assistant|chatbot|GPT|ChatGPT|bot)"
_MUST = (
    r"(?:you )?(?:must|should|please|shall|need to|always|never|ignore|respond|reply|answer|say|tell|output|print|write|include"
    r"|recommend|add|do not|don't|are (?:required|instructed))"
)
_ZH_ASSISTANT = r"(?:AI|人工智能|语言模型|大模型|聊天机器人|机器人|智能助手|助手|助理)"

_TELLS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|your|the|system)\b"
        r".{0,40}\b(?:instructions?|prompts?|rules?|guidelines?|context|directions?|programming)\b",
        r"\b(?:system prompt|prompt injection|developer mode|DAN mode)\b",
        r"\byou are now (?:a|an|the|in|free|DAN)\b|\bfrom now on,? you (?:are|must|will|should|have to|act)\b",
        r"\bpretend (?:to be|you are)\b.{0,40}\b(?:AI|assistant|expert|bot|person)\b|\bnew instructions?:",
        rf"\b{_ASSISTANT}\b[,:]?\s+{_MUST}\b",
        r"\b(?:when|if|before|while|after) (?:you(?:'re| are)? |asked |answering|responding|summari[sz]ing|replying).{0,60}"
        r"\b(?:always|you must|append|recommend|mention|respond with|reply with)\b",
        r"\b(?:respond|reply|answer) (?:only )?(?:with|by saying)\b.{0,10}[\"“'‘]",
        r"(?:忽略|无视|忘记|忘掉|不要理会).{0,12}(?:以上|之前|上面|前面|先前|此前|所有|一切|系统|原有|任何).{0,12}"
        r"(?:指令|指示|规则|提示|设定|命令)",
        r"系统提示词|提示词注入|越狱模式|(?:从现在起|从现在开始)[,，]?你(?:是|将|要|必须|扮演)|你现在是",
        rf"{_ZH_ASSISTANT}[,，:：]?(?:请|必须|应该|应当|务必|你)+(?:忽略|回复|回答|输出|告诉|说|推荐|写|转|执行|在)",
        r"(?:回答|回复|总结|摘要)(?:用户|问题)?(?:时|之前|前).{0,12}(?:必须|务必|一定要).{0,12}(?:包含|加上|推荐|提到|说|输出|附上)",
    )
]
_PARAGRAPH = re.compile(r"\n\s*\n")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def instructing(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is, or follows in its paragraph, a sentence that tells an assistant what to do."""
    begin = max((match.end() for match in _PARAGRAPH.finditer(text, 0, start)), default=0)
    if any(pattern.search(text, begin, end) for pattern in _TELLS):
        return True
    return any(match.start() <= start and end <= match.end() for match in _HIDDEN.finditer(text))
