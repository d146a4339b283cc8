"""Conversations: what was asked, and where the answers stood. No text of a document is kept, so none can outlive it.

A turn is the question and references (passage and span). When it is read, each reference is looked up in the ledger: what
was deleted, replaced, or is not for this caller gives no text any more. The options of a question back are headings of
documents, so they are read from the record of answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from sqlalchemy import Engine

from rag.answering.refuse import question_back
from rag.domain import Answer, Language, Message, Question
from rag.record.quotes import Reference, live_quotes
from rag.runtime.remote import Remote
from rag.settings.memory import Conversation as ConversationSettings
from rag.text.tokens import is_chinese

_PREFIX = "xiansou:conversation:"
_NO_ANSWER: dict[Language, str] = {"zh": "（文档里没有答案）", "en": "(The documents had no answer.)"}
_CHANGED: dict[Language, str] = {
    "zh": "（这个回答依据的文档已经修改或删除）",
    "en": "(The documents behind this answer have been changed or deleted.)",
}


Options = Callable[[str], tuple[str, ...]]
"""What an answer (by its id) offered to choose from; empty when that is not known any more."""


class Conversations:
    """Turns by owner and conversation id, in Redis. Safe for threads; without Redis nothing is remembered."""

    def __init__(self, remote: Remote, engine: Engine, settings: ConversationSettings):
        self._remote, self._engine, self._settings = remote, engine, settings

    def recall(self, question: Question, options: Options = lambda _: ()) -> tuple[Message, ...]:
        """Messages before the question, oldest first; empty for an unknown conversation. Small talk is left out."""
        key = _key(question)
        if key is None:
            return ()
        rows = self._remote.attempt(lambda r: r.lrange(key, -self._settings.turns, -1))
        turns = [orjson.loads(row) for row in rows or ()]
        references = [Reference(*one) for turn in turns for one in turn["references"]]
        quotes = live_quotes(self._engine, references, question.scope) if references else {}
        return tuple(message for turn in turns for message in _messages(turn, quotes, options))

    def remember(self, question: Question, answer: Answer) -> None:
        """Adds a turn and prolongs the conversation's life."""
        key = _key(question)
        if key is None:
            return
        references = [(c.passage_id, c.start, c.end) for c in answer.citations]
        record: dict[str, Any] = {"question": question.text, "status": answer.status, "references": references}
        if answer.status in ("clarify", "chat"):
            record |= {"answer_id": answer.answer_id, "intent": answer.intent}
        turn = orjson.dumps(record)

        def push(client: Any) -> Any:
            with client.pipeline(transaction=True) as commands:
                commands.rpush(key, turn)
                commands.ltrim(key, -self._settings.turns, -1)
                commands.expire(key, self._settings.lifetime_s)
                return commands.execute()

        self._remote.attempt(push)

    def forget(self, owner: str, conversation_id: str) -> None:
        """Removes a conversation."""
        key = _name(owner, conversation_id)
        self._remote.attempt(lambda r: r.delete(key))


def spoken(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Without those that say nothing, such as a reply that was stopped before its first word."""
    return tuple(message for message in messages if message.content.strip())


def _messages(turn: dict[str, Any], quotes: dict[Reference, str], options: Options) -> list[Message]:
    question, status = turn["question"], turn["status"]
    if status == "chat":
        return []
    language: Language = "zh" if is_chinese(question) else "en"
    if status == "clarify":
        return [Message("user", question), Message("assistant", question_back(options(turn["answer_id"]), language))]
    texts = [quotes[reference] for one in turn["references"] if (reference := Reference(*one)) in quotes]
    instead = _CHANGED if status == "answered" else _NO_ANSWER
    said = "\n".join(dict.fromkeys(texts)) or instead[language]
    return [Message("user", question), Message("assistant", said)]


def _key(question: Question) -> str | None:
    return None if question.conversation_id is None else _name(question.owner, question.conversation_id)


def _name(owner: str, conversation_id: str) -> str:
    return _PREFIX + hashlib.sha256(f"{owner}\0{conversation_id}".encode()).hexdigest()[:40]
