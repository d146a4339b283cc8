"""Which of a passage's token vectors are a statement's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ingest.parse.tags import plain
from rag.domain import Chunk
from rag.domain.statement import Statement
from rag.ports import Embedder


def with_tokens(chunks: Sequence[Chunk], embedder: Embedder) -> tuple[Chunk, ...]:
    """The chunks whose statements know which of the passage's token vectors are theirs."""
    spans = embedder.token_spans([chunk.search_text for chunk in chunks])
    if not spans:
        return tuple(chunks)
    return tuple(replace(chunk, statements=tuple(_placed(chunk, rows))) for chunk, rows in zip(chunks, spans, strict=True))


def _placed(chunk: Chunk, rows: np.ndarray) -> Iterator[Statement]:
    lead = len(chunk.search_text) - len(chunk.plain or chunk.text)
    flat, at = chunk.plain.replace("\n", " "), 0
    for one in chunk.statements:
        start, end = one.start - chunk.start, one.end - chunk.start
        if chunk.plain:
            text = " ".join(filter(None, (plain(line) for line in chunk.text[start:end].splitlines())))
            position = flat.find(text, at)
            position = flat.find(text) if position < 0 else position
            if position < 0:
                yield one
                continue
            start, end = position, position + len(text)
            at = end
        first = int(np.searchsorted(rows[:, 1], lead + start, "right"))
        last = int(np.searchsorted(rows[:, 0], lead + end, "left"))
        yield replace(one, tokens=(first, max(last, first)))
