"""Messages of a chat become a question and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rag.domain import Message
from rag.domain.validation import MAX_QUESTION, check_question
from rag.errors import InputError

MAX_TURNS = 50  # of a history; clients send whole conversations, and what is older says nothing about the question
_TEXT_PARTS = ("text", "input_text", "output_text")
_ROLES: Mapping[str, Literal["user", "assistant", "system"]] = {
    "user": "user", "assistant": "assistant", "system": "system", "developer": "system",
}  # fmt: skip
_TOOLS = ("tool", "function")  # results for another model, in a chat that it had part in


def question_of(messages: Sequence[Mapping[str, Any]], field: str = "messages") -> tuple[str, tuple[Message, ...]]:
    """(question, history before it, oldest first) of messages with `role` and `content`.

    The question is the last message alone: what was sent before it without a reply may be another question, which was stopped
    (`rag.search.rewrite.settle`). Only the question must be text: a picture, an over-long text or a tool's result of an
    earlier turn, refused or meant for another model, does not stand in its way. Raises InputError naming the message and part
    at fault, e.g. `messages.2.content.0`.
    """
    turns: list[Message] = []
    for number, message in enumerate(messages):
        if message.get("role") in _TOOLS:
            continue
        role = _role(message.get("role"), f"{field}.{number}.role")
        is_question = role == "user" and number == len(messages) - 1
        text = text_of(message.get("content"), f"{field}.{number}.content", earlier=not is_question)
        if role == "user" and not is_question and len(text.strip()) > MAX_QUESTION:
            continue  # was refused
        if text.strip():
            turns.append(Message(role, text))
        elif is_question:
            _question(text, field)  # says that it is empty
    if not turns or turns[-1].role != "user" or messages[-1].get("role") in _TOOLS:
        raise InputError("the last message must be the user's question.", field=field, fix="End with one of role `user`.")
    return _question(turns.pop().content, field), tuple(turns[-MAX_TURNS:])


def text_of(content: Any, field: str, *, earlier: bool = False) -> str:
    """The text of a message: a string, or parts. Raises InputError naming `field`; `earlier`: what is no text is left out."""
    if isinstance(content, str):
        return content
    if content is None and earlier:
        return ""
    if not isinstance(content, list):
        raise InputError("`content` must be a text or a list of parts.", field=field, fix="Send a text.")
    return "".join(_part(part, f"{field}.{number}", earlier) for number, part in enumerate(content))


def _part(part: Any, field: str, earlier: bool) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind in _TEXT_PARTS and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return str(part["refusal"])
    if earlier:
        return ""
    named = f"a part of type `{kind}`" if isinstance(kind, str) else "a part without a type"
    raise InputError(f"{named} cannot be read; only text is.", field=field, fix="Send parts of type `text`.")


def _role(role: Any, field: str) -> Literal["user", "assistant", "system"]:
    if isinstance(role, str) and role in _ROLES:
        return _ROLES[role]
    raise InputError("unknown role.", field=field, fix="Use `user`, `assistant`, `system` or `developer`.")


def _question(text: str, field: str) -> str:
    try:
        return check_question(text)
    except InputError as exc:
        raise InputError(exc.detail, field=field, fix=f"At most {MAX_QUESTION:,} characters in the user's last turn.") from exc
