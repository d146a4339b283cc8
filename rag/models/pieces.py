"""A tokenizer for a few short texts without its whole vocabulary, whose quarter of a million pieces take a second to load.

A Unigram model cuts a text into the pieces whose scores sum to the most; only pieces that stand in the text can be among
them. So the library's own tokenizer is made with those pieces alone, looked up in a file beside the model, and its ids are put
back: the same tokens to the last one, since scores and the score of what is unknown (which hangs on the least score of all)
are the same. A test compares them with the whole tokenizer's.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

_SUFFIX = "pieces"
_LONGEST = 16  # characters of a piece, at most; the file says how many
_MOST = 2_000  # characters of all texts: above, the whole tokenizer is worth its time
_AT_ONCE = 500  # pieces in one statement
_TABLES = """CREATE TABLE pieces (piece TEXT PRIMARY KEY, id INTEGER NOT NULL, score REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)"""


class Ids(NamedTuple):
    """What a tokenizer's encoding is used for here."""

    ids: list[int]

    def __len__(self) -> int:
        return len(self.ids)


class Pieces:
    """Encodes short texts as the whole tokenizer does. Safe for threads."""

    def __init__(self, file: Path):
        """Raises sqlite3.DatabaseError, ValueError, KeyError for a file that is not one of ours."""
        self._file, self._lock = file, threading.Lock()
        with closing(self._open()) as conn:
            about = dict(conn.execute("SELECT name, value FROM about"))
        self._rest: dict[str, Any] = json.loads(about["rest"])
        self._always: list[list[Any]] = json.loads(about["always"])  # [piece, score, id]: special ones, and the least score
        self._special = [one["content"] for one in self._rest["added_tokens"]]
        self._longest = int(about["longest"])
        self._bare = self._built(())[0]

    def encode(self, texts: Sequence[str], *, special: bool) -> list[Ids] | None:
        """Token ids of each text; None where they are too much, or hold a special token's text: then all pieces are needed."""
        if sum(map(len, texts)) > _MOST or any(mark in text for text in texts for mark in self._special):
            return None
        wanted = {piece for text in texts for piece in self._substrings(text)}
        tokenizer, ids = self._built(self._rows_of(wanted))
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=special)
        return [Ids([ids[at] for at in one.ids]) for one in encodings]

    def _substrings(self, text: str) -> Iterator[str]:
        normalizer = self._bare.normalizer
        plain = text if normalizer is None else normalizer.normalize_str(text)
        parts = [part for part, _ in self._bare.pre_tokenizer.pre_tokenize_str(plain)] if self._bare.pre_tokenizer else [plain]
        for part in parts:
            for start in range(len(part)):
                for end in range(start + 1, min(len(part), start + self._longest) + 1):
                    yield part[start:end]

    def _rows_of(self, wanted: set[str]) -> list[tuple[str, float, int]]:
        listed, pieces = sorted(wanted), list[tuple[str, float, int]]()
        with self._lock, closing(self._open()) as conn:
            for at in range(0, len(listed), _AT_ONCE):
                part = listed[at : at + _AT_ONCE]
                marks = ",".join("?" * len(part))
                pieces += conn.execute(f"SELECT piece, score, id FROM pieces WHERE piece IN ({marks})", part)
        return sorted(pieces, key=lambda one: one[2])

    def _built(self, pieces: Sequence[tuple[str, float, int]]) -> tuple[Any, list[int]]:
        """A tokenizer with few pieces, and the real id of each of its own ids."""
        from tokenizers import Tokenizer

        always = {piece for piece, _, _ in self._always}
        rows = [*self._always, *(row for row in pieces if row[0] not in always)]
        config = dict(self._rest)
        places = {piece: at for at, (piece, _, _) in enumerate(rows)}
        config["added_tokens"] = [one | {"id": places[one["content"]]} for one in self._rest["added_tokens"]]
        config["model"] = self._rest["model"] | {"vocab": [[piece, score] for piece, score, _ in rows]}
        config["model"]["unk_id"] = places[self._rest["unknown"]]
        config["post_processor"] = _renumbered(self._rest["post_processor"], places)
        config.pop("unknown")
        return Tokenizer.from_str(json.dumps(config)), [key for _, _, key in rows]

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _renumbered(processor: Any, places: dict[str, int]) -> Any:
    """The template of special tokens, which names them by id, for other ids."""
    if not processor or processor.get("type") != "TemplateProcessing":
        return processor
    special = {
        name: one | {"ids": [places[token] for token in one["tokens"]]} for name, one in processor["special_tokens"].items()
    }
    return processor | {"special_tokens": special}


def beside(tokenizer: Path, digest: str) -> Path:
    """Where the pieces of a tokenizer are kept: named after its content, so another tokenizer has another file."""
    return tokenizer.with_name(f"{tokenizer.stem}-{digest[:16]}.{_SUFFIX}")


def open_pieces(tokenizer: Path, digest: str) -> Pieces | None:
    """The pieces of a tokenizer that has been opened before; None where there are none."""
    try:
        return Pieces(beside(tokenizer, digest))
    except (sqlite3.DatabaseError, OSError, ValueError, KeyError):
        return None


def keep_pieces(tokenizer: Path, digest: str) -> None:
    """Writes the file for the next time; does nothing where that cannot be, or the tokenizer is of another kind."""
    target = beside(tokenizer, digest)
    if target.exists():
        return
    config = json.loads(tokenizer.read_text(encoding="utf-8"))
    model, processor = config["model"], config.get("post_processor")
    vocabulary = model.pop("vocab", None)
    template = processor is None or processor.get("type") == "TemplateProcessing"
    if model.get("type") != "Unigram" or model.get("unk_id") is None or model.get("byte_fallback") or not template:
        return
    ids = {piece: at for at, (piece, _) in enumerate(vocabulary)}
    named = {one["content"] for one in config["added_tokens"]} | {vocabulary[model["unk_id"]][0]}
    if not named <= ids.keys() or len(ids) < len(vocabulary):
        return
    least = min(vocabulary, key=lambda row: row[1])
    always = [[piece, vocabulary[ids[piece]][1], ids[piece]] for piece in sorted({*named, least[0]}, key=ids.__getitem__)]
    rest = config | {"model": model, "unknown": vocabulary[model["unk_id"]][0], "truncation": None, "padding": None}
    longest = max(len(piece) for piece in ids)
    about = {"rest": json.dumps(rest), "always": json.dumps(always), "longest": str(longest)}
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with suppress(OSError, sqlite3.OperationalError):
        try:
            with closing(sqlite3.connect(draft)) as conn:
                conn.executescript(_TABLES)
                conn.executemany("INSERT INTO about VALUES (?, ?)", about.items())
                conn.executemany(
                    "INSERT INTO pieces VALUES (?, ?, ?)",
                    sorted((piece, at, score) for at, (piece, score) in enumerate(vocabulary)),
                )
                conn.commit()
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)
