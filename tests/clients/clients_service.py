"""What tests of clients share: a library in Chinese and English, and an LLM that is dictated to."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "api"))
from api_service import make_settings, serving

from ingest.statements import of_text
from ingest.token_spans import with_tokens
from rag.domain import Chunk, DocumentInput, Usage
from rag.fakes import HashEmbedder
from rag.record.rows import PreparedDocument
from rag.wiring import Application, open_application

__all__ = ["DOCUMENTS", "Dictated", "library", "serving", "stops"]

DOCUMENTS = {
    "help/lens.md": ("Lens care 😀", "https://help.example.com/lens", "镜头起雾😀时，请把摄像头放在干燥处两小时。"),
    "help/door bell.md": ("Doorbell", None, "The doorbell costs 90 euros. It rings for nine seconds."),
    "help/old.md": ("Old", None, "The sprinkler runs at dawn."),
}


def library(folder: Path, **given: object) -> Application:
    """A library with the documents above; a passage each. Names with `__` are settings."""
    overrides = {name: given.pop(name) for name in list(given) if "__" in name}
    application = open_application(make_settings(folder, **overrides), embedder=HashEmbedder(), **given)
    for document_id, (title, url, text) in DOCUMENTS.items():
        collection = "garden" if "sprinkler" in text else "default"
        doc = DocumentInput(
            document_id, text.encode(), title=title, url=url, collection=collection, metadata={"year": 2026, "lang": title[:1]}
        )
        vectors = application.embedder.embed_passages([text])
        chunks = with_tokens(of_text([Chunk(0, len(text), text)], text, markdown=False), application.embedder)
        application.ledger.put(PreparedDocument(doc, title, text, chunks, vectors), application.generation)
    return application


class Dictated:
    """An LLM that says what the test puts into `words`, when it is put there; None ends the answer."""

    name = "dictated"

    def __init__(self) -> None:
        self.words: queue.Queue[str | Exception | None] = queue.Queue()
        self.ended = threading.Event()
        self.usage = Usage()
        self.finish_reason: str | None = "stop"

    def generate(self, messages: Sequence[dict[str, str]], **_: object) -> Dictated:
        self.ended.clear()
        return self

    def __iter__(self) -> Iterator[str]:
        try:
            while (word := self.words.get(timeout=20)) is not None:
                if isinstance(word, Exception):
                    raise word
                yield word
            self.usage = Usage(11, 7)
        finally:
            self.ended.set()


def stops(generator: Dictated, more: str) -> bool:
    """Whether the LLM is stopped within 3 s while it goes on talking."""
    for _ in range(60):
        if generator.ended.wait(0.05):
            return True
        generator.words.put(more)
    return False


def served_over_stdio() -> None:
    """`xiansou mcp`, with the double for the embedder: loading the model takes seconds. For a process of its own."""
    import rag.wiring
    import xiansou

    rag.wiring.embedder_loader = lambda _settings, **_: lambda _name: HashEmbedder()
    sys.argv = ["xiansou", "mcp"]
    xiansou.main()
