"""A suite: which documents, which questions, which thresholds. A TOML file; paths are relative to it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rag.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what a right answer rests on. No `documents`: the library does not answer it."""

    id: str
    question: str
    lang: str
    documents: tuple[str, ...]
    facts: tuple[str, ...]
    kind: str

    @property
    def answerable(self) -> bool:
        return bool(self.documents)


@dataclass(frozen=True, slots=True)
class Suite:
    """`thresholds`: metric name → least value that passes."""

    name: str
    documents: Path
    questions: tuple[Asked, ...]
    thresholds: Mapping[str, float]


def load_suite(file: Path, documents: Path | None = None) -> Suite:
    """Reads a suite; `documents` overrides its folder. Raises ConfigError that names the file and the key."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        folder = documents or file.parent / told["documents"]
        questions = load_questions(file.parent / told["questions"], told.get("set"))
        return Suite(told["name"], folder, questions, told.get("thresholds", {}))
    except OSError as exc:
        raise ConfigError(f"cannot read the suite: {exc}.", field=str(file), fix="Name a suite file.") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"the suite is not valid TOML: {exc}.", field=str(file)) from exc
    except KeyError as exc:
        raise ConfigError(f"the suite lacks {exc}.", field=str(file), fix="A suite has name, documents, questions.") from exc


def load_questions(file: Path, only: str | None = None) -> tuple[Asked, ...]:
    """Questions of a JSON Lines file; `only`: those whose `set` is this."""
    rows: list[dict[str, Any]] = [orjson.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(
        Asked(
            row["id"],
            row["question"],
            row["lang"],
            tuple(row["documents"]),
            tuple(row.get("facts", ())),
            row.get("kind", ""),
        )
        for row in rows
        if only is None or row.get("set") == only
    )
