"""Conversations: what was asked, and where the answers stood. No text of a document is kept, so none can outlive it.

A turn is the question and references (passage and span). When it is read, each reference is looked up in the ledger: what
was deleted, replaced, or is not for this caller gives no text any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Engine

from rag.domain import Answer, Language, Message, Question
from rag.library.quotes import Reference, live_quotes
from rag.library.tokens import is_chinese
from rag.remote import Remote
from rag.settings.memory import Conversation as Told

_PREFIX = "xiansou:conversation:"
_NO_ANSWER: dict[Language, str] = {"zh": "（文档里没有答案）", "en": "(The documents had no answer.)"}
_CHANGED: dict[Language, str] = {
    "zh": "（这个回答依据的文档已经修改或删除）",
    "en": "(The documents behind this answer have been changed or deleted.)",
}


class Conversations:
    """Turns by owner and conversation id, in Redis. Safe for threads; without Redis nothing is remembered."""

    def __init__(self, remote: Remote, engine: Engine, told: Told):
        self._remote, self._engine, self._told = remote, engine, told

    def recall(self, question: Question) -> tuple[Message, ...]:
        """Messages before the question, oldest first; empty for an unknown conversation."""
        key = _key(question)
        if key is None:
            return ()
        rows = self._remote.attempt(lambda r: r.lrange(key, -self._told.turns, -1))
        turns = [orjson.loads(row) for row in rows or ()]
        references = [Reference(*one) for turn in turns for one in turn["references"]]
        quotes = live_quotes(self._engine, references, question.scope) if references else {}
        return tuple(message for turn in turns for message in _messages(turn, quotes))

    def remember(self, question: Question, answer: Answer) -> None:
        """Adds a turn and prolongs the conversation's life."""
        key = _key(question)
        if key is None:
            return
        references = [(c.passage_id, c.start, c.end) for c in answer.citations]
        turn = orjson.dumps({"question": question.text, "status": answer.status, "references": references})

        def push(client: Any) -> Any:
            with client.pipeline(transaction=True) as commands:
                commands.rpush(key, turn)
                commands.ltrim(key, -self._told.turns, -1)
                commands.expire(key, self._told.lifetime_s)
                return commands.execute()

        self._remote.attempt(push)

    def forget(self, owner: str, conversation_id: str) -> None:
        """Removes a conversation."""
        key = _name(owner, conversation_id)
        self._remote.attempt(lambda r: r.delete(key))


def merged(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Messages of one role in a row as one: backends want roles that alternate. Empty ones are left out."""
    turns: list[Message] = []
    for message in messages:
        if not message.content.strip():
            continue
        if turns and turns[-1].role == message.role:
            turns[-1] = Message(message.role, f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(message)
    return tuple(turns)


def _messages(turn: dict[str, Any], quotes: dict[Reference, str]) -> list[Message]:
    asked = turn["question"]
    language: Language = "zh" if is_chinese(asked) else "en"
    texts = [quotes[reference] for one in turn["references"] if (reference := Reference(*one)) in quotes]
    instead = _CHANGED if turn["status"] == "answered" else _NO_ANSWER
    said = "\n".join(dict.fromkeys(texts)) or instead[language]
    return [Message("user", asked), Message("assistant", said)]


def _key(question: Question) -> str | None:
    return None if question.conversation_id is None else _name(question.owner, question.conversation_id)


def _name(owner: str, conversation_id: str) -> str:
    return _PREFIX + hashlib.sha256(f"{owner}\0{conversation_id}".encode()).hexdigest()[:40]
