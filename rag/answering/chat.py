"""What is said to messages that are not searched: greetings, thanks, a wish for a person."""

from __future__ import annotations

from collections.abc import Mapping

from rag.domain import Intent, Language, Question
from rag.domain.grounding import Handoff

GENERATOR = "chat"
"""`generator` of a reply that was not looked for in the documents."""

_TEXTS: dict[Language, dict[Intent, str]] = {
    "zh": {
        "greeting": "您好！请告诉我您想了解什么，我会在帮助文档里查找答案。",
        "thanks": "不客气！还有其他问题，随时问我。",
        "goodbye": "再见！有问题欢迎随时再来。",
        "person": "好的，您希望由人工客服处理。这次对话已标记为转接人工。",
        "complaint": "很抱歉给您带来了不好的体验。这需要人工客服来处理，这次对话已标记为转接人工。",
        "identity": "我是自动问答助手，不是真人。我只根据帮助文档回答问题，并注明出处；需要人工客服时，请告诉我。",
        "empty": "我没有看到您的问题。请用一句话说说您想了解什么。",
    },
    "en": {
        "greeting": "Hello! Tell me what you would like to know, and I'll look for the answer in the help documents.",
        "thanks": "You're welcome! Ask me whenever you have another question.",
        "goodbye": "Goodbye! Come back whenever you have a question.",
        "person": "Understood: you would like to speak to a person. This conversation is marked for our staff.",
        "complaint": "I'm sorry about your experience. This is for a person to look into; the conversation is marked for "
        "our staff.",
        "identity": "I'm an automated assistant, not a person. I answer from the help documents only and name my sources. "
        "If you want a person, just say so.",
        "empty": "I can't see a question in your message. Tell me in a sentence what you would like to know.",
    },
}
_FOR_A_PERSON: frozenset[Intent] = frozenset(("person", "complaint"))


def chat_text(intent: Intent, language: Language, own: Mapping[Intent, str]) -> str:
    """The profile's own text where it has one."""
    return own.get(intent) or _TEXTS[language][intent]


def chat_handoff(intent: Intent, question: Question, summary: str | None) -> Handoff:
    """A person is suggested where one is wished for or complained to."""
    if intent not in _FOR_A_PERSON:
        return Handoff()
    return Handoff(True, intent, question.text, summary)
