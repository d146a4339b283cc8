"""From a question in its conversation to the texts that are searched for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.domain import Message, Question
from rag.search import intent
from rag.search.turn import LONGEST, asks, gives_context, tidy, understand

__all__ = ["is_follow_up", "readings", "rewrite", "settle", "tidy"]

_BACK = 3  # messages back to which the topic of a chain of follow-ups is looked for


def rewrite(question: Question) -> str:
    """The best single text to search for: the first of `readings`."""
    return readings(question)[0]


def readings(question: Question) -> tuple[str, ...]:
    """What is searched, the best single text first: what an LLM made of the question, where one did; else by rules.

    A new question has one reading, its own words. A follow-up has several, which are searched and fused: after the user's last
    message, after the question that this one followed itself, after the first and the last, and as it stands.
    """
    if question.condensed is not None and question.condensed.text:
        return (question.condensed.text,)
    question = settle(question)
    turn, before = understand(question.text), _earlier(question.history)
    if turn.kind == "new" or not before:
        return (turn.text,)
    after_last = [before[-1], turn.text]
    if turn.kind == "open":
        return _distinct([turn.text], after_last)
    return _distinct(after_last, [*_standing(before), turn.text], [before[0], *after_last], [turn.text])


def is_follow_up(question: Question) -> bool:
    """Whether, by the rules, it says too little without the conversation before it."""
    question = settle(question)
    return understand(question.text).kind != "new" and bool(_earlier(question.history))


def settle(question: Question) -> Question:
    """The question with what was written just before it to introduce it; the history ends with a reply.

    Chat clients send two messages in a row after a reply that was stopped or failed: the former is a question of its own, and
    is left out unless the last one needs it. `hi`, `my camera`, `won't connect` are one question.
    """
    history = question.history
    start = len(history)
    while start and history[start - 1].role != "assistant":
        start -= 1
    pending = [message.content for message in history[start:] if message.role == "user"]
    if not pending:
        return question
    kept = tuple(message for message in history[start:] if message.role == "system")
    return replace(question, text=_joined([*pending, question.text]), history=(*history[:start], *kept))


def _joined(messages: Sequence[str]) -> str:
    """Messages in a row as one: the last one with those before it that it needs, or that only introduce it."""
    last, *before = [text for text in reversed(messages) if text.strip()] or [""]
    parts = [last]
    for text in before:
        if intent.of(text) is not None:
            continue
        line = tidy(" ".join(parts))
        needs = understand(line).kind == "follow_up"
        if not (needs or (not asks(text) and gives_context(text))):
            break
        parts.insert(0, text)
        if asks(text):
            break
    return "\n".join(parts)


def _earlier(history: Sequence[Message]) -> list[str]:
    """The user's messages before, oldest first, each on one line; small talk left out."""
    found: list[str] = []
    run: list[str] = []
    for message in (*history, Message("assistant", "")):
        if message.role == "user":
            run.append(message.content[:LONGEST])
        elif message.role == "assistant" and run:
            text = tidy(_joined(run))
            if text and intent.of(text) is None:
                found.append(text[:LONGEST])
            run = []
    return found


def _standing(before: Sequence[str]) -> list[str]:
    """The last message with, where it is a follow-up itself, the question that it followed."""
    found: list[str] = []
    for text in reversed(before[-_BACK:]):
        found.insert(0, text)
        if understand(text).kind != "follow_up":
            break
    return found


def _distinct(*parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(dict.fromkeys(part)) for part in parts))
