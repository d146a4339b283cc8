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


def question_of(messages: Sequence[Mapping[str, Any]], field: str = "messages") -> tuple[str, tuple[Message, ...]]:
    """(question, history before it, oldest first) of messages with `role` and `content`.

    The question is the last message alone: what was sent before it without a reply may be another question, which was stopped
    (`rag.search.rewrite.settle`). Raises InputError naming the message and part at fault, e.g. `messages.2.content.0`.
    """
    turns: list[Message] = []
    for number, message in enumerate(messages):
        role = _role(message.get("role"), f"{field}.{number}.role")
        text = text_of(message.get("content"), f"{field}.{number}.content", optional=role == "assistant")
        if text.strip():
            turns.append(Message(role, text))
    if not turns or turns[-1].role != "user":
        raise InputError("the last message must be the user's question.", field=field, fix="End with one of role `user`.")
    return _question(turns.pop().content, field), tuple(turns[-MAX_TURNS:])


def text_of(content: Any, field: str, *, optional: bool = False) -> str:
    """The text of a message: a string, or parts of text. Raises InputError naming `field`."""
    if isinstance(content, str):
        return content
    if content is None and optional:
        return ""
    if not isinstance(content, list):
        raise InputError("`content` must be a text or a list of parts.", field=field, fix="Send a text.")
    return "".join(_part(part, f"{field}.{number}") for number, part in enumerate(content))


def _part(part: Any, field: str) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind in _TEXT_PARTS and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return str(part["refusal"])
    named = f"a part of type `{kind}`" if isinstance(kind, str) else "a part without a type"
    raise InputError(f"{named} cannot be read; only text is.", field=field, fix="Send parts of type `text`.")


def _role(role: Any, field: str) -> Literal["user", "assistant", "system"]:
    if isinstance(role, str) and role in _ROLES:
        return _ROLES[role]
    if role in ("tool", "function"):
        raise InputError("this service calls no tools, so it takes no tool results.", field=field, fix="Leave them out.")
    raise InputError("unknown role.", field=field, fix="Use `user`, `assistant`, `system` or `developer`.")


def _question(text: str, field: str) -> str:
    try:
        return check_question(text)
    except InputError as exc:
        raise InputError(exc.detail, field=field, fix=f"At most {MAX_QUESTION:,} characters in the user's last turn.") from exc
