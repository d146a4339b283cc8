"""What is said when the documents do not say: a value with a typed reason, in the question's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.answering.options import distinct, option_of
from rag.domain import Language, Question, Reason, Retrieved
from rag.domain.grounding import Clarification, Handoff
from rag.index.languages import plainly_chinese
from rag.text.tokens import words

_TEXTS: dict[Language, dict[Reason, str]] = {
    "zh": {
        "no_relevant_content": "抱歉，现有文档里没有这个问题的答案，我不能随意猜测。您可以换一种说法再问，或转接人工客服。",
        "unknown_name": "抱歉，现有文档里没有您提到的名称。请核对型号、编号或名称后再问，或转接人工客服。",
        "low_grounding": "抱歉，我没能从文档里得出可以核对的答案，建议转接人工客服。",
        "unsafe_question": "抱歉，这个问题我不能回答。",
        "backend_unavailable": "抱歉，回答服务暂时不可用，请稍后再试，或转接人工客服。",
        "deadline": "抱歉，这次没能在限定时间内完成回答，请稍后再试，或转接人工客服。",
    },
    "en": {
        "no_relevant_content": "Sorry, the documents don't answer this question, and I won't guess. "
        "Try asking in other words, or ask for a person.",
        "unknown_name": "Sorry, the documents don't mention that name. Please check the model, code or name, or ask for a "
        "person.",
        "low_grounding": "Sorry, I couldn't find an answer in the documents that can be checked. Please ask for a person.",
        "unsafe_question": "Sorry, I can't answer this question.",
        "backend_unavailable": "Sorry, the answering service is unavailable right now. Try again shortly, or ask for a person.",
        "deadline": "Sorry, I couldn't finish an answer in time. Try again shortly, or ask for a person.",
    },
}


_FOREIGN: dict[Language, str] = {
    "zh": "（以下内容来自英文资料。）",
    "en": "(The documents say this in Chinese.)",
}


_WORDS, _HAN = re.compile(r"[A-Za-z]{3,}"), re.compile(r"[\u4e00-\u9fff]")
_BESIDE = 5  # Han characters a word up to which a text says all in both languages: `City 城市：Munich 慕尼黑`


def foreign(text: str, language: Language) -> str | None:
    """What is said before an answer that the library only has in the other language; None for one in the question's own."""
    chinese = plainly_chinese(text)
    if chinese is None or chinese == (language == "zh"):
        return None
    counts = len(_WORDS.findall(text)), len(_HAN.findall(text))
    return _FOREIGN[language] if not chinese or counts[0] * _BESIDE < counts[1] else None


CUT: dict[Language, str] = {
    "zh": "（回答到此中断，可能不完整。）",
    "en": "(The answer breaks off here and may be incomplete.)",
}
_WHICH: dict[Language, str] = {
    "zh": "您的问题在文档里有几处相关内容，您想了解的是哪一个？",
    "en": "Your question fits several parts of the documents. Which one do you mean?",
}
_VAGUE_TERMS = 3  # words up to which a question may be ambiguous
_OPTIONS = 4
_SHOWN = 3  # passages that are handed to a person
_SHOWN_TEXT = 400
_TURNS, _TURN_TEXT = 6, 160


def refusal_text(reason: Reason, language: Language, own: Mapping[Reason, str]) -> str:
    """The profile's own text where it has one."""
    return own.get(reason) or _TEXTS[language][reason]


def handoff(reason: Reason, question: Question, retrieved: Retrieved, *, suggested: bool) -> Handoff:
    """Whether a person should take over, with what that person needs. Not for questions that are after the assistant."""
    if reason == "unsafe_question":
        return Handoff(suggested=False, reason=reason)
    looked_at = tuple(
        {
            "document_id": hit.passage.document_id,
            "version": hit.passage.version,
            "passage_id": hit.passage.id,
            "title": hit.passage.title,
            "url": hit.passage.url,
            "text": hit.passage.text[:_SHOWN_TEXT],
            "probability": round(hit.probability, 4),
        }
        for hit in retrieved.hits[:_SHOWN]
    )
    return Handoff(suggested, reason, question.text, summary(question), looked_at)


def summary(question: Question) -> str | None:
    """The conversation in short: its last turns, each cut."""
    turns = [turn for turn in question.history if turn.role != "system"][-_TURNS:]
    lines = [f"{turn.role}: {_short(turn.content)}" for turn in turns]
    return "\n".join(lines) or None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TURN_TEXT else f"{line[:_TURN_TEXT]}…"


def question_back(options: Sequence[str], language: Language) -> str:
    """A question back with its options, numbered so that a number can answer it."""
    return "\n".join([_WHICH[language], *(f"{number}. {option}" for number, option in enumerate(options, 1))])


def clarify(question: Question, retrieved: Retrieved, language: Language) -> Clarification | None:
    """A question back where a few words fit several things that the documents have, and nothing tells which one is meant.

    Its options are the questions and headings under which passages stand that hold all of the words.
    """
    if not retrieved.hits or not retrieved.terms or len(retrieved.terms) > _VAGUE_TERMS:
        return None
    near = [hit for hit in retrieved.hits if set(retrieved.terms) <= set(words(f"{hit.passage.context} {hit.passage.text}"))]
    options = distinct((name for hit in near if (name := option_of(hit.passage, retrieved.terms))), question.text)[:_OPTIONS]
    return Clarification(question_back(options, language), options) if len(options) > 1 else None
