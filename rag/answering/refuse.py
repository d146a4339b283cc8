"""What is said when the documents do not say: a value with a typed reason, in the question's language."""

from __future__ import annotations

from collections.abc import Mapping

from rag.domain import Handoff, Language, Reason

_TEXTS: dict[Language, dict[Reason, str]] = {
    "zh": {
        "no_relevant_content": "抱歉，现有文档里没有这个问题的答案，我不能随意猜测。您可以换一种说法再问，或转接人工客服。",
        "low_grounding": "抱歉，我没能从文档里得出可以核对的答案，建议转接人工客服。",
        "unsafe_question": "抱歉，这个问题我不能回答。",
        "backend_unavailable": "抱歉，回答服务暂时不可用，请稍后再试，或转接人工客服。",
        "deadline": "抱歉，这次没能在限定时间内完成回答，请稍后再试，或转接人工客服。",
    },
    "en": {
        "no_relevant_content": "Sorry, the documents don't answer this question, and I won't guess. "
        "Try asking in other words, or ask for a person.",
        "low_grounding": "Sorry, I couldn't find an answer in the documents that can be checked. Please ask for a person.",
        "unsafe_question": "Sorry, I can't answer this question.",
        "backend_unavailable": "Sorry, the answering service is unavailable right now. Try again shortly, or ask for a person.",
        "deadline": "Sorry, I couldn't finish an answer in time. Try again shortly, or ask for a person.",
    },
}


def refusal(reason: Reason, language: Language, own: Mapping[Reason, str]) -> tuple[str, Handoff]:
    """The text, the profile's own where it has one, and whether a person should take over."""
    return own.get(reason) or _TEXTS[language][reason], Handoff(suggested=reason != "unsafe_question", reason=reason)
