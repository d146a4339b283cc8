"""What a question must be, checked in one place for every way in."""

from __future__ import annotations

import secrets
import unicodedata

from rag.errors import InputError

MAX_QUESTION = 4000  # characters
NEW = "new"  # `conversation_id` that asks for one


def check_question(text: str) -> str:
    """The question without surrounding space. Raises InputError naming `question`."""
    stripped = text.strip()
    if not any(unicodedata.category(char)[0] in "LNSP" for char in stripped):
        raise InputError("the question is empty.", field="question", fix="Send some text.")
    if len(stripped) > MAX_QUESTION:
        raise InputError(
            f"the question has {len(stripped):,} characters; at most {MAX_QUESTION:,} are allowed.",
            field="question",
            fix="Shorten it.",
        )
    if any(0xD800 <= ord(char) <= 0xDFFF for char in stripped):
        raise InputError("the question is not valid Unicode.", field="question", fix="Send UTF-8.")
    return stripped


def check_document_id(document_id: str) -> str:
    """The id as it is. Raises InputError naming `id`."""
    if not document_id.strip() or len(document_id) > 512:
        raise InputError("a document id has 1 to 512 characters.", field="id", fix="Use a shorter or non-blank id.")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in document_id):
        raise InputError("a document id must not hold control characters.", field="id", fix="Remove them.")
    return document_id


def conversation(conversation_id: str | None) -> str | None:
    """The conversation's id; `new` begins one, with an id that cannot be guessed."""
    return f"conv_{secrets.token_hex(16)}" if conversation_id == NEW else conversation_id
