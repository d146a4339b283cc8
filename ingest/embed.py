"""Vectors, token bits and words of documents that are read: what the record has already is not made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.read import Read
from rag.index.late_interaction import pack
from rag.index.views import IndexView
from rag.ports import Vectors
from rag.record.ledger import Ledger
from rag.record.rows import PreparedDocument, passage_hash
from rag.text.tokens import Cutter

_STEP = 128  # passages embedded before it is said how far it is; also what an interruption has to wait for
Steps = Callable[[int, int], None]  # passages embedded, passages to embed


@dataclass(frozen=True, slots=True)
class Embedded:
    """By passage hash: vectors, bits of the token vectors of those that are new, words of those that stood before."""

    vectors: Mapping[bytes, Vectors]
    tokens: Mapping[bytes, bytes]
    words: Mapping[bytes, str]


def prepare(reads: Sequence[Read], view: IndexView, ledger: Ledger) -> list[PreparedDocument]:
    """Several documents, ready to commit; see `embed`."""
    embedded = embed(reads, view, ledger)
    return [prepared(read, embedded, view.cutter) for read in reads]


def embed(reads: Sequence[Read], view: IndexView, ledger: Ledger, steps: Steps | None = None) -> Embedded:
    """Embeds the passages of several documents together; a text that the record has a vector for is not embedded again."""
    texts = {passage_hash(c.search_text): c.search_text for read in reads for c in read.chunks}
    known = ledger.known_vectors(view.generation, list(texts))
    new = [key for key in texts if key not in known]
    tokens: dict[bytes, bytes] = {}
    for start in range(0, len(new), _STEP):
        some = new[start : start + _STEP]
        vectors, rows = view.embedder.embed_with_tokens([texts[key] for key in some])
        known.update(zip(some, vectors, strict=True))
        tokens |= {key: pack(row) for key, row in zip(some, rows, strict=False)}
        if steps is not None:
            steps(start + len(some), len(new))
    cut = ledger.known_words(view.generation, [read.input.id for read in reads]) if len(new) < len(texts) else {}
    return Embedded(known, tokens, cut)


def prepared(read: Read, embedded: Embedded, cutter: Cutter) -> PreparedDocument:
    """One of the documents that were embedded together."""
    keyed = [(passage_hash(chunk.search_text), chunk.search_text) for chunk in read.chunks]
    bits = {key: embedded.tokens[key] for key, _ in keyed if key in embedded.tokens}
    vectors = np.stack([embedded.vectors[key] for key, _ in keyed])
    # Words are cut here, not while the ledger's writers wait.
    cut = [embedded.words[key] if key in embedded.words else " ".join(cutter.words(text)) for key, text in keyed]
    ready = PreparedDocument(read.input, read.title, read.text, read.chunks, vectors, bits, cut, read.kept, read.masked)
    return replace(ready, report=read.report, url=read.url)
