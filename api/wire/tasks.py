"""Prompts that chat clients send of their own: a title, tags, follow-up questions, a summary of the chat for themselves.

They are no questions of anybody: answered from the prompt alone, without a search, and kept nowhere. Such a prompt orders
something about the conversation and says how it must look; a person who asks how to rename a chat does neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from api.wire.messages import text_of
from rag.domain import Answer, Usage
from rag.domain.grounding import Handoff
from rag.errors import InputError

Task = Literal["follow_ups", "tags", "queries", "emoji", "autocompletion", "summary", "title"]
GENERATOR = "none"  # nobody worded it
ORDERED = "(an order of the client)"  # where a question is wanted

_SHORTEST, _READ = 30, 6_000  # characters of an order, and of its two ends that are read
_FIRST = 150  # characters in which instructions that stand alone must say what they order
_TITLE_CHARS, _SUMMARY_TURNS = 40, 6

# What is ordered, each with a word for making it: English, then Chinese.
_MAKE = (
    r"\b(?:generat|creat|writ|suggest|provid|produc|giv|predict|propos|summari[sz]|categori[sz]|analy[sz]|determin|respond"
    r"|return|output|nam|decompos|com(?:e|ing) up|extract|complet|condens|act as|make up)\w*\b"
)
_RULES: tuple[tuple[Task, str, str], ...] = (
    (
        "follow_ups",
        _MAKE + r".{0,120}?\b(?:follow[- ]?ups?|(?:next|likely|relevant|related)(?: likely)? questions?)\b",
        r"(?:生成|预测|给出|推荐|提出|建议).{0,40}?(?:后续问题|追问|下一个问题|下一步.{0,6}?问题|可能.{0,8}?问题|相关问题)",
    ),
    (
        "tags",
        _MAKE + r".{0,80}?\b(?:tags?|categor(?:y|ies)|keywords?)\b",
        r"(?:生成|给出|提取|归纳).{0,20}?(?:标签|关键词|分类)",
    ),
    (
        "queries",
        _MAKE + r".{0,160}?\b(?:search|web|retrieval) quer(?:y|ies)\b",
        r"(?:生成|改写).{0,30}?(?:搜索|检索)(?:词|语句|查询|关键词)",
    ),
    (
        "emoji",
        _MAKE + r".{0,60}?\bemojis?\b(?!.{0,40}\btitle)",
        r"(?:选|给出|生成|返回).{0,20}?(?:一个)?(?:表情|emoji)",
    ),
    ("autocompletion", r"\b(?:auto-?complet\w+|text completion)\b.{0,80}?\b(?:system|task|engine)\b", r"自动补全"),
    (
        "title",
        _MAKE + r".{0,120}?\b(?:titles?|subject line|headlines?|names?|topic)\b|\btitle\b.{0,40}?\bconversation\b",
        r"(?:生成|总结|概括|起|拟|返回|给出|取|提取|归纳).{0,60}?(?:标题|主题|题目|名称|名字)",
    ),
    (
        "summary",
        r"\bsummari[sz]e?\w*\b.{0,80}?\b(?:conversation|chat|dialog|discussion|history|messages)\b",
        r"(?:总结|概括|压缩|摘要).{0,30}?(?:对话|会话|聊天|历史|内容)",
    ),
)
_TASKS = tuple((name, re.compile(f"{english}|{chinese}", re.I)) for name, english, chinese in _RULES)

_ABOUT = re.compile(
    r"\b(?:conversations?|chats?(?: history)?|dialog(?:ue)?s?|messages?|exchange|discussion|<?chat_history>?"
    r"|user(?:'s)? input)\b|会话|对话|聊天|这句话|聊天记录",
    re.I,
)
# How it must look, or what it is about, written out: one of these at least.
_SHAPE = re.compile(
    r"</?(?:chat_history|conversation|messages|text|type|context)\b|^#{2,}\s*(?:task|guidelines|output)\b|\bjson\b"
    r"|\b\d+\s*(?:-|–|to)\s*\d+[- ]words?\b|\b\d+[- ]?words?[- ]or[- ]less\b"
    r"|\b(?:within|at most|no more than|under|max(?:imum)?(?: of)?|up to|fewer than|less than|in)\s+\w+\s+"
    r"(?:words|characters)\b|\b\d+ characters max\b"
    r"|\bno (?:quotation|punctuation)|\b(?:without|do not use|no) (?:any )?(?:punctuation|quotes|quotation)"
    r"|\bonly (?:return|output|respond|reply)|\b(?:return|output|respond with|reply with) only\b|\bnothing else\b"
    r"|\d+\s*(?:个)?字(?:以内|之内|左右)?|[一二三四五六七八九十两到至]+(?:个)?字|(?:直接|只|仅)(?:返回|输出|回复)"
    r"|不要(?:使用|加|带|解释|输出)"
    r"|^\s*(?:\|\|>)?\s*(?:user|human|assistant|ai|response|用户|助手)\s*[:：]",
    re.I | re.M,
)
_LINE = re.compile(r"^\W{0,4}(?:user|human|用户)\W{0,4}\s*[:：]\s*(.+)$", re.I | re.M)
_ASSISTANT = re.compile(r"\b(?:assistant|ai|response)\s*[:：]|(?:助手|回答)\s*[:：]", re.I)
_JSON_USER = re.compile(r'"(?:role|mainText|content)"\s*:\s*"')
_SAID = re.compile(r'"(?:mainText|content)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_CHINESE = re.compile("[\u4e00-\u9fff]")
_QUESTION = re.compile(
    r"^\s*(?:how|where|why|when|who|can|could|do|does|is|are|which)\b[^\n]*\?\s*$|^[^\n]*(?:怎么|如何|哪里|吗)[^\n]*$", re.I
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a client wants for itself. `json`: as JSON; `said`: what users said in the chat that it is about."""

    task: Task
    json: bool
    said: tuple[str, ...]

    def text(self) -> str:
        """As cheap as it can be: clients have something of their own where lists are empty."""
        if self.task == "title":
            title = _cut(self.said[0]) if self.said else "Support"
            return _json(title=title) if self.json else title
        if self.task == "summary":
            return "; ".join(_cut(line, 80) for line in self.said[-_SUMMARY_TURNS:])
        if self.task == "emoji":
            return "💬"
        if self.task == "autocompletion":
            return _json(text="")
        return _json(**{self.task: []}) if self.json else "[]"


def order_of(messages: Sequence[Mapping[str, Any]]) -> Order | None:
    """What a request orders for the client itself; None: it asks something.

    The order is the last message, or the instructions that stand alone before it, where no assistant has spoken.
    """
    texts = [(str(message.get("role")), _text(message.get("content"))) for message in messages]
    if not texts or texts[-1][0] not in ("user", "system", "developer"):
        return None
    others = [text for role, text in texts[:-1] if role in ("user", "assistant")]
    order = _ordered(texts[-1][1], texts[-1][1])
    if order is None and not others:
        leads = "\n".join(text for role, text in texts[:-1] if role in ("system", "developer"))
        order = _ordered(leads, leads + "\n" + texts[-1][1], alone=True) if leads else None
        if order is not None and not order.said:
            order = Order(order.task, order.json, tuple(filter(None, (_plain(texts[-1][1]),))))
    if order is not None and not order.said:
        said = tuple(_plain(text) for role, text in texts[:-1] if role == "user")
        order = Order(order.task, order.json, tuple(filter(None, said)))
    return order


def answer_to(order: Order, index_version: int, profile: str) -> Answer:
    """The reply as an answer that was never given to anybody: without an id, kept nowhere."""
    return Answer(
        answer_id="",
        conversation_id=None,
        status="chat",
        reason=None,
        answer=order.text(),
        citations=(),
        handoff=Handoff(),
        index_version=index_version,
        generator=GENERATOR,
        usage=Usage(),
        timings_ms={},
        profile=profile,
    )


def _ordered(text: str, whole: str, *, alone: bool = False) -> Order | None:
    if len(text.strip()) < (_SHORTEST if not _CHINESE.search(text) else _SHORTEST // 2):
        return None
    ends = text if len(text) <= 2 * _READ else f"{text[:_READ]}\n{text[-_READ:]}"
    plain = " ".join(ends.split())
    if _QUESTION.fullmatch(text.strip()) or not _ABOUT.search(plain[:_FIRST] if alone else plain):
        return None
    if not _SHAPE.search(ends[: 2 * _FIRST] if alone else ends):
        return None
    # Instructions of an assistant may speak of titles and the like, too: alone they must be about nothing else.
    where = plain[:_FIRST] if alone else plain
    matches = [(one.end(), name) for name, rule in _TASKS if (one := rule.search(where)) and (name == "title" or not alone)]
    task = min((one for one in matches if one[1] != "summary"), default=matches[0] if matches else (0, None))[1]  # named first
    return None if task is None else Order(task, bool(re.search(r"\bjson\b", ends, re.I)), _said(whole))


def _said(text: str) -> tuple[str, ...]:
    return tuple(line for match in _LINE.finditer(text) if (line := _plain(_ASSISTANT.split(match[1])[0])))


def _plain(text: str) -> str:
    plain = text.strip()
    if plain[:1] in "[{" and _JSON_USER.search(plain):
        match = _SAID.search(plain)
        plain = match[1] if match else ""
    return " ".join(plain.strip(' "“”').split())


def _cut(text: str, most: int = _TITLE_CHARS) -> str:
    line = text.rstrip("?？.。!！ ")
    if len(line) <= most:
        return line
    return f"{line[:most].rpartition(' ')[0] or line[:most]}…"


def _text(content: Any) -> str:
    try:
        return text_of(content, "", earlier=True)
    except InputError:
        return ""


def _json(**fields: Any) -> str:
    return orjson.dumps(fields).decode()
