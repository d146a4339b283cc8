"""Near-topic questions without an answer: a question of the library's own whose document is taken out while it is asked.

Taken out with it is every document that would answer as well: those with a passage that says the same (a copy, the page in the
other language). What is left is about the same product, and that is what a service is asked that does not know.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from eval.make.sections import Section
from rag.ports import Vectors
from rag.record.changes import between
from rag.record.feed import head, live_generation
from rag.record.schema import vectors as stored

_COPY = 0.945  # cosine of two passages in one language from which on they are taken for the same
_TRANSLATION = 0.895  # and of the two languages, whose vectors lie a little apart
_NEAREST = 0.84  # from which on the nearest passage of the other language is taken for the translation


def near_topic(
    rows: Sequence[dict[str, Any]], sections: Sequence[Section], engine: Engine, share: float, seed: int = 0
) -> list[dict[str, Any]]:
    """The rows of `eval.make.build`, `share` (0–1) of them without an answer: `without` names the documents that are taken out.

    The same for the same seed.
    """
    with engine.connect() as conn:
        first = conn.scalar(select(stored.c.vector).limit(1)) or b""
        delta = between(conn, live_generation(conn) or 0, 0, head(conn), len(first) // 4)
    place = {key: at for at, key in enumerate(delta.ids.tolist())}
    document_of = {section.passage_id: section.document_id for section in sections}
    chinese = np.array([_is_chinese(text) for text in delta.words])
    chosen = set(random.Random(seed).sample(range(len(rows)), round(share * len(rows))))
    near_rows: list[dict[str, Any]] = []
    for at, row in enumerate(rows):
        if at not in chosen:
            near_rows.append(row)
            continue
        gone = set(row["documents"])
        sources = [place[s.passage_id] for s in sections if s.text == row["passage"] and s.passage_id in place]
        gone |= {document_of[key] for key in _alike(delta.ids, delta.vectors, chinese, sources) if key in document_of}
        near_rows.append(row | {"answerable": False, "documents": [], "without": sorted(gone), "facts": [], "answers": []})
    return near_rows


def _is_chinese(words: str) -> bool:
    return sum("\u3400" <= char <= "\u9fff" for char in words) * 2 > len(words.replace(" ", ""))


def _alike(ids: np.ndarray[Any, np.dtype[np.int64]], vectors: Vectors, chinese: Any, sources: Iterable[int]) -> set[int]:
    alike: set[int] = set()
    for source in sources:
        cosines, abroad = vectors @ vectors[source], chinese != chinese[source]
        alike |= set(ids[cosines >= np.where(abroad, _TRANSLATION, _COPY)].tolist())
        nearest = int(np.argmax(np.where(abroad, cosines, -1)))
        if abroad[nearest] and cosines[nearest] >= _NEAREST:
            alike.add(int(ids[nearest]))
    return alike
