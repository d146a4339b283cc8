"""Question sets in the form that fine-tuning platforms take, for those who later do fine-tune."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from eval.items import SuiteItem
from rag.domain import Message
from rag.errors import ConfigError


def row(item: SuiteItem) -> dict[str, object] | None:
    """`{"context": [question, answer, …, question], "target": answer}`; None without a reference answer.

    Turns of one role in a row are joined and an opening answer is left out, so that questions and answers alternate.
    """
    if not item.answers:
        return None
    turns = [turn for turn in item.history if turn.role != "system"]
    context: list[str] = []
    for turn in (*turns, Message("user", item.question)):
        expects_question = len(context) % 2 == 0
        if (turn.role == "user") == expects_question:
            context.append(turn.content)
        elif context:
            context[-1] = f"{context[-1]}\n{turn.content}"
    return {"context": context, "target": item.answers[0]}


def save(questions: Sequence[SuiteItem], file: Path) -> tuple[int, int]:
    """Returns (rows written, questions left out for want of an answer). Raises ConfigError."""
    rows = [line for item in questions if (line := row(item)) is not None]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in rows))
    except OSError as exc:
        raise ConfigError(f"cannot write {file}: {exc.strerror}.", field="--out", fix="Name a writable path.") from exc
    return len(rows), len(questions) - len(rows)
