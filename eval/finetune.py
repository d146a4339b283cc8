"""Question sets in the form that fine-tuning platforms take, for those who later do fine-tune."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from eval.asked import Asked
from rag.domain import Message
from rag.errors import ConfigError


def row(asked: Asked) -> dict[str, object] | None:
    """`{"context": [question, answer, …, question], "target": answer}`; None without a reference answer.

    Turns of one role in a row are joined and an opening answer is left out, so that questions and answers alternate.
    """
    if not asked.answers:
        return None
    turns = [turn for turn in asked.history if turn.role != "system"]
    context: list[str] = []
    for turn in (*turns, Message("user", asked.question)):
        expects_question = len(context) % 2 == 0
        if (turn.role == "user") == expects_question:
            context.append(turn.content)
        elif context:
            context[-1] = f"{context[-1]}\n{turn.content}"
    return {"context": context, "target": asked.answers[0]}


def save(questions: Sequence[Asked], file: Path) -> tuple[int, int]:
    """Returns (rows written, questions left out for want of an answer). Raises ConfigError."""
    rows = [line for asked in questions if (line := row(asked)) is not None]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in rows))
    except OSError as exc:
        raise ConfigError(f"cannot write {file}: {exc.strerror}.", field="--out", fix="Name a writable path.") from exc
    return len(rows), len(questions) - len(rows)
