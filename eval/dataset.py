"""A suite: which documents, which questions, which thresholds. A TOML file; paths are relative to it.

Two forms. Files as a customer has them: `documents` (a folder) and `questions` (JSON Lines). A public retrieval set:
`corpus`, `queries` and `qrels` below `folder`; a folder of that layout is a suite by itself, without a TOML file.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from eval.items import SuiteItem, load_queries, load_questions, sample
from eval.names import check_metric
from rag.errors import ConfigError

DATA = "XIANSOU_DATA"
_KEYS = (
    "name", "documents", "questions", "set", "thresholds", "metrics", "alternatives",
    "folder", "corpus", "queries", "qrels", "answers", "rename",
)  # fmt: skip
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Suite:
    """`thresholds`: metric name → least value that passes (`max_` before the name: the greatest).

    Attributes:
        documents: folder of files; None when `corpus` gives the documents as JSON Lines.
        alternatives: a question's documents say the same (one in each language, say): finding one of them is finding all.
            Otherwise recall counts each.
        metrics: names to print; empty: all that were measured.
    """

    name: str
    documents: Path | None
    questions: tuple[SuiteItem, ...]
    thresholds: Mapping[str, float]
    corpus: Path | None = None
    alternatives: bool = True
    metrics: tuple[str, ...] = field(default=())

    @property
    def digest(self) -> str:
        """Identity of the questions, whatever the documents."""
        rows = [item.as_dict() | {"grades": dict(item.grades)} for item in self.questions]
        return sha256(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    def limited(self, limit: int | None) -> Suite:
        """With at most so many questions."""
        return replace(self, questions=sample(self.questions, limit))


def load_suite(file: Path, documents: Path | None = None) -> Suite:
    """Reads a suite; `documents` overrides its folder. Raises ConfigError that names the file and the key."""
    if file.is_dir():
        return _public({"name": file.resolve().name}, file, documents or file)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot read the suite: {exc}.", field=str(file), fix="Name a suite file.") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"the suite is not valid TOML: {exc}.", field=str(file)) from exc
    _check_keys(file, table)
    if "documents" in table:
        _need(file, table, ("name", "documents", "questions"))
        folder = documents or file.parent / _expanded(file, table["documents"])
        questions = load_questions(file.parent / _expanded(file, table["questions"]), table.get("set"))
        return _suite(file, table, questions, folder, None)
    if not {"folder", "corpus", "queries", "qrels"} & table.keys():
        raise ConfigError(
            "the suite lacks `documents`.",
            field=str(file),
            fix="A suite has name, documents, questions; or name, corpus, queries, qrels.",
        )
    return _public(table, file, documents or file.parent / _expanded(file, table.get("folder", ".")))


def _public(table: Mapping[str, Any], file: Path, folder: Path) -> Suite:
    _need(file, table, ("name",))
    corpus, queries = (_file(folder, table.get(key), key) for key in ("corpus", "queries"))
    qrels = folder / table.get("qrels", "qrels.json")
    answers = folder / table["answers"] if "answers" in table else None
    return _suite(file, table, load_queries(queries, qrels, answers, table.get("rename", {})), None, corpus)


def _file(folder: Path, given: str | None, name: str) -> Path:
    if given is not None:
        return folder / given
    for candidate in (folder / f"{name}.jsonl.gz", folder / f"{name}.jsonl"):
        if candidate.is_file():
            return candidate
    raise ConfigError(
        f"{folder} holds no {name}.jsonl.gz and no {name}.jsonl.", field=name, fix="Name the set's folder by --documents."
    )


def _suite(
    file: Path, table: Mapping[str, Any], questions: tuple[SuiteItem, ...], documents: Path | None, corpus: Path | None
) -> Suite:
    thresholds = table.get("thresholds", {})
    if not isinstance(thresholds, dict):
        raise ConfigError("`thresholds` must be a table.", field=f"{file}: thresholds", fix="Example: {recall_at_5 = 0.9}.")
    for name, bound in thresholds.items():
        check_metric(name.removeprefix("max_"), f"{file}: thresholds.{name}")
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise ConfigError(f"threshold `{name}` must be a number.", field=f"{file}: thresholds.{name}")
    for name in table.get("metrics", []):
        check_metric(name, f"{file}: metrics")
    thresholds = {name.replace("@", "_at_"): float(bound) for name, bound in thresholds.items()}
    alternatives = bool(table.get("alternatives", documents is not None))
    metrics = tuple(str(name).replace("@", "_at_") for name in table.get("metrics", []))
    return Suite(table["name"], documents, questions, thresholds, corpus, alternatives, metrics)


def _check_keys(file: Path, table: Mapping[str, Any]) -> None:
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.5)
            hint = f"Did you mean `{near[0]}`?" if near else f"Known keys: {', '.join(_KEYS)}."
            raise ConfigError(f"the suite has an unknown key `{key}`.", field=f"{file}: {key}", fix=hint)


def _need(file: Path, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if not isinstance(table.get(name), str):
            raise ConfigError(
                f"the suite lacks '{name}'.", field=f"{file}: {name}", fix="A suite has name, documents, questions."
            )


def _expanded(file: Path, path: str) -> str:
    """`${NAME}` replaced by the environment. Raises ConfigError for one that is not set."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ConfigError(
                f"the suite's data lie in `{match[1]}`, which is not set.",
                field=str(file),
                fix=f"Set {match[1]} to the folder of the data, or name the set's own folder by --documents.",
            )
        return os.environ[match[1]]

    return _VARIABLE.sub(value, path)
