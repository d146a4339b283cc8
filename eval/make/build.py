"""Makes a set: candidates by rules or by an LLM, filtered, a few of each document, as rows of a question file."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from eval.make import llm, rules
from eval.make.filters import Sieve, sources
from eval.make.rules import Candidate
from eval.make.sections import Section, by_document
from rag.errors import ConfigError, UpstreamError
from rag.ports import Generator
from rag.text.tokens import is_chinese, words

Progress = Callable[[int, int], None]
_LLM_SECTION = 80  # characters below which a section is not worth a call


@dataclass(frozen=True, slots=True)
class MadeSet:
    """Rows of a question file, and how many candidates fell by each filter. `notes`: what went wrong on the way."""

    rows: list[dict[str, Any]]
    dropped: dict[str, int]
    notes: list[str] = field(default_factory=list)


def make(
    sections: Sequence[Section],
    *,
    limit: int,
    per_document: int,
    seed: int = 0,
    methods: Sequence[str] = ("faq", "heading", "cloze"),
    backend: Generator | None = None,
    timeout_s: float = 60.0,
    progress: Progress | None = None,
) -> MadeSet:
    """At most `limit` questions, `per_document` of each document, spread over all documents; the same for the same seed."""
    notes: list[str] = []
    sieve = Sieve((lambda one: llm.answerable(one, backend, timeout_s)) if backend else None)
    if backend is not None and "llm" in methods:
        _write(sections, sieve, backend, limit, per_document, seed, timeout_s, notes, progress)
    sieve.put(one for one in rules.candidates(sections, seed) if one.method in methods)
    chosen = _spread(sieve.kept, limit, per_document, seed)
    everywhere = [(section.document_id, "".join(section.text.split())) for section in sections]
    return MadeSet([_row(one, sources(one, everywhere)) for one in chosen], dict(sieve.dropped), notes)


def _write(
    sections: Sequence[Section], sieve: Sieve, backend: Generator, limit: int, per_document: int, seed: int, timeout_s: float,
    notes: list[str], progress: Progress | None,
) -> None:  # fmt: skip
    """Sections of all documents in turn, until there is enough; a backend that fails ends it, what there is stays."""
    long = [section for section in sections if len(section.text) >= _LLM_SECTION]
    groups = [random.Random(seed).sample(group, len(group))[:per_document] for group in by_document(long)]
    turns = [group[turn] for turn in range(per_document) for group in groups if turn < len(group)]
    try:
        for candidates in llm.pairs(turns, backend, each=2, timeout_s=timeout_s):
            sieve.put(candidates)
            if progress:
                progress(min(len(sieve.kept), limit), limit)
            if len(sieve.kept) >= limit:
                return
    except UpstreamError as exc:
        notes.append(f"the LLM wrote {len(sieve.kept)} questions, then: {exc}")


def _spread(kept: Sequence[Candidate], limit: int, per_document: int, seed: int) -> list[Candidate]:
    """One of each document, then a second of each, …; within a document the methods take turns."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for one in random.Random(seed).sample(list(kept), len(kept)):
        groups[one.section.document_id].append(one)
    rounds: list[Candidate] = []
    mixed = {key: _by_turns(group, at)[:per_document] for at, (key, group) in enumerate(sorted(groups.items()))}
    for turn in range(per_document):
        rounds += [group[turn] for group in mixed.values() if turn < len(group)]
    return rounds[:limit]


def _by_turns(group: Sequence[Candidate], first: int) -> list[Candidate]:
    """The methods take turns, another one first in each document."""
    by_method: dict[str, list[Candidate]] = defaultdict(list)
    for one in group:
        by_method[one.method].append(one)
    order = sorted(by_method, key=("llm", "faq", "heading", "cloze").index)
    order = order[first % len(order) :] + order[: first % len(order)]
    return [by_method[m][turn] for turn in range(len(group)) for m in order if turn < len(by_method[m])]


def _row(one: Candidate, documents: Sequence[str]) -> dict[str, Any]:
    """`overlap`: share of the question's words that stand in the passage: how much easier it is than a customer's words."""
    question_words = set(words(one.question))
    there = question_words & set(words(f"{one.section.asks}\n{' '.join(one.section.headings)}\n{one.section.text}"))
    key = sha256(f"{one.section.document_id}\0{one.question}".encode()).hexdigest()[:10]
    return {
        "id": f"{one.method}-{key}",
        "lang": "zh" if is_chinese(one.question) else "en",
        "question": one.question,
        "documents": list(documents),
        "facts": [one.fact] if one.fact else [],
        "answers": [one.answer],
        "kind": one.method,
        "overlap": round(len(there) / len(question_words), 2) if question_words else 0.0,
        "passage": one.section.text,
    }


def save(rows: Sequence[dict[str, Any]], file: Path, documents: str = ".", *, suite: bool = True) -> Path:
    """Writes the set and, beside it, a suite of it; returns the suite's path. Raises ConfigError."""
    beside = file.with_suffix(".toml")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        if suite and not beside.exists():  # thresholds that someone set stay
            name = orjson.dumps(file.stem).decode()
            folder, questions = orjson.dumps(documents).decode(), orjson.dumps(file.name).decode()
            text = f"name = {name}\ndocuments = {folder}\nquestions = {questions}\n\n[thresholds]\nrecall_at_5 = 0.8\n"
            beside.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write {file}: {exc.strerror}.", field="--out", fix="Name a writable path.") from exc
    return beside
