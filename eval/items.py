"""Questions with what a right answer rests on, and the files that hold them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from rag.domain import Message
from rag.errors import ConfigError
from rag.text.tokens import is_chinese


@dataclass(frozen=True, slots=True)
class SuiteItem:
    """A question. No `documents`, or `unanswerable`: the library does not answer it.

    Attributes:
        documents: ids of documents that answer it; `grades` says how well (1 where it is silent).
        facts: pieces of text that a good answer says.
        answers: reference answers, any of them right; for exact match, F1, ROUGE-L and BLEU.
        kind: type of question, for the figures by type.
        history: the conversation before it.
        without: ids of documents that are left out while it is asked.
    """

    id: str
    question: str
    lang: str
    documents: tuple[str, ...]
    facts: tuple[str, ...] = ()
    kind: str = ""
    grades: Mapping[str, int] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    history: tuple[Message, ...] = ()
    unanswerable: bool = False
    without: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.documents) and not self.unanswerable

    def as_dict(self) -> dict[str, Any]:
        """A row of a question file."""
        row: dict[str, Any] = {"id": self.id, "lang": self.lang, "question": self.question, "documents": list(self.documents)}
        row |= {key: value for key, value in (("facts", list(self.facts)), ("answers", list(self.answers))) if value}
        if self.kind:
            row["kind"] = self.kind
        if self.unanswerable:
            row["answerable"] = False
        if self.without:
            row["without"] = list(self.without)
        if self.history:
            row["history"] = [{"role": turn.role, "content": turn.content} for turn in self.history]
        return row


def load_questions(file: Path, only: str | None = None) -> tuple[SuiteItem, ...]:
    """Questions of a JSON Lines file; `only`: those whose `set` is this. Raises ConfigError that names line and field."""
    rows = ((at, row) for at, row in json_lines(file) if only is None or row.get("set") == only)
    questions = tuple(_item(f"{file}:{at}", row, row.get("documents")) for at, row in rows)
    return _checked(file, questions)


def load_queries(file: Path, qrels: Path, answers: Path | None, rename: Mapping[str, str]) -> tuple[SuiteItem, ...]:
    """Questions of a public set: `{id, text, lang, …}` a line, and `{query id: [document ids] or {document id: grade}}`.

    A query without documents is left out unless it says `answerable: false`. `rename`: prefixes of document ids to replace,
    where the corpus names the same document otherwise. Raises ConfigError.
    """
    right, written = _json(qrels), _json(answers) if answers else {}
    questions = []
    for at, row in json_lines(file):
        where = f"{file}:{at}"
        relevant = right.get(str(row.get("id")), [])
        grades = dict(relevant) if isinstance(relevant, dict) else dict.fromkeys(relevant, 1)
        grades = {_renamed(str(key), rename): int(grade) for key, grade in grades.items() if int(grade) > 0}
        if not grades and row.get("answerable", True):
            continue
        row = row | {"question": row.get("text"), "kind": row.get("kind") or row.get("type") or ""}
        if not row.get("answers") and str(row.get("id")) in written:
            row = row | {"answers": _written(written[str(row["id"])])}
        questions.append(_item(where, row, list(grades), grades))
    return _checked(file, tuple(questions))


def json_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of a JSON Lines file, plain or `.gz`. Raises ConfigError that names the line."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for at, line in enumerate(lines, 1):
                if line.strip():
                    row = orjson.loads(line)
                    if not isinstance(row, dict):
                        raise ConfigError(f"line {at} is not a JSON object.", field=f"{file}:{at}")
                    yield at, row
    except orjson.JSONDecodeError as exc:
        raise ConfigError(f"line {at} is not JSON: {exc}.", field=f"{file}:{at}", fix="One JSON object a line.") from exc
    except (OSError, EOFError, zlib.error) as exc:
        raise ConfigError(f"cannot read {file}: {exc}.", field=str(file), fix="Check the path in the suite.") from exc


def _json(file: Path) -> dict[str, Any]:
    """Read by Python's own parser, which takes NaN, as pandas writes it for a value that is not there: None here."""
    try:
        raw = file.read_bytes()
        content = json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw, parse_constant=lambda _: None)
    except (OSError, EOFError, zlib.error, ValueError) as exc:
        raise ConfigError(f"cannot read {file}: {exc}.", field=str(file), fix="Check the path in the suite.") from exc
    if not isinstance(content, dict):
        raise ConfigError(f"{file} is not a JSON object.", field=str(file))
    return content


def _item(where: str, row: Mapping[str, Any], documents: object, grades: Mapping[str, int] | None = None) -> SuiteItem:
    for name in ("id", "question"):
        if not isinstance(row.get(name), str | int) or not str(row[name]).strip():
            raise ConfigError(f"`{name}` is missing.", field=where, fix='A row has "id", "question" and "documents".')
    question = str(row["question"])
    return SuiteItem(
        id=str(row["id"]),
        question=question,
        lang=str(row.get("lang") or ("zh" if is_chinese(question) else "en")),
        documents=_texts(where, "documents", documents),
        facts=_texts(where, "facts", row.get("facts", [])),
        kind=str(row.get("kind", "")),
        grades=grades or {},
        answers=_texts(where, "answers", row.get("answers") or []),
        history=_history(where, row.get("history", [])),
        unanswerable=row.get("answerable") is False,
        without=_texts(where, "without", row.get("without", [])),
    )


def _texts(where: str, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ConfigError(f"`{name}` must be a list of texts.", field=where, fix=f'Example: "{name}": ["…"], or [] for none.')
    return tuple(value)


def _history(where: str, value: object) -> tuple[Message, ...]:
    try:
        return tuple(Message(turn["role"], turn["content"]) for turn in value)  # type: ignore[attr-defined]
    except (TypeError, KeyError) as exc:
        raise ConfigError("`history` must be a list of {role, content}.", field=where) from exc


def _written(answers: Any) -> list[str]:
    """An answer given as a text, a list of texts, or an object with one of the usual names."""
    if isinstance(answers, dict):
        answers = next((answers[key] for key in ("answer", "answers", "text", "答案文本", "答案") if key in answers), None)
    parts = answers if isinstance(answers, list) else [answers]
    return [str(part) for part in parts if part is not None]


def _renamed(key: str, rename: Mapping[str, str]) -> str:
    for prefix, other in rename.items():
        if key.startswith(prefix):
            return other + key[len(prefix) :]
    return key


def _checked(file: Path, questions: tuple[SuiteItem, ...]) -> tuple[SuiteItem, ...]:
    seen: set[str] = set()
    for item in questions:
        if item.id in seen:
            raise ConfigError(f"two questions have the id {item.id!r}.", field=str(file), fix="Give each its own.")
        seen.add(item.id)
    if not questions:
        raise ConfigError("there is no question in it.", field=str(file), fix="Name a file with at least one question.")
    return questions


def sample(questions: Iterable[SuiteItem], limit: int | None) -> tuple[SuiteItem, ...]:
    """At most `limit` of them, the same ones every time, in their order."""
    import random

    every = tuple(questions)
    if limit is None or limit >= len(every):
        return every
    return tuple(every[at] for at in sorted(random.Random(0).sample(range(len(every)), limit)))
