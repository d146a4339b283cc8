"""A file that is moved or renamed keeps its vectors: equal passages are embedded once, whatever document they stand in."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.folder import Summary, ingest_paths
from ingest.pipeline import Pipeline
from rag.domain import Question
from rag.fakes import HashEmbedder
from rag.wiring import Application

PAGE = "# Lamps\n\n## Green\n\nThe green lamp means it is charged.\n\n## Red\n\nThe red lamp means it is empty.\n"


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the model was given."""
    given: list[str] = []
    embed = HashEmbedder.embed_with_tokens

    def watched(self, texts):  # type: ignore[no-untyped-def]
        given.extend(texts)
        return embed(self, texts)

    monkeypatch.setattr(HashEmbedder, "embed_with_tokens", watched)
    return given


def ingest(application: Application, folder: Path) -> Summary:
    def make_pipeline() -> Pipeline:
        return Pipeline(application.ledger, application.views.writing, application.settings)

    return ingest_paths([folder], application.ledger, make_pipeline, application.settings, delete_missing=True, force=True)


def found(application: Application, words: str) -> list[str]:
    return [hit.passage.document_id for hit in application.answerer.retrieve(Question(words, top_k=5)).hits]


@pytest.mark.parametrize("name", ["lights.md", "archive/2025/lamps.md"])
def test_a_moved_or_renamed_file_is_not_embedded_again(
    application: Application, tmp_path: Path, embedded: list[str], name: str
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lamps.md").write_text(PAGE)
    assert ingest(application, folder).passages == len(embedded) == 2
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "lamps.md").rename(folder / name)
    summary = ingest(application, folder)
    assert (summary.added, summary.deleted, summary.passages) == (1, 1, 2)
    assert len(embedded) == 2
    assert set(found(application, "red lamp")) == {name}


def test_a_file_that_comes_back_is_not_embedded_again(application: Application, tmp_path: Path, embedded: list[str]) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lamps.md").write_text(PAGE)
    (folder / "other.md").write_text("# Other\n\nNothing of the kind.\n")
    ingest(application, folder)
    (folder / "lamps.md").unlink()
    assert ingest(application, folder).deleted == 1
    assert set(found(application, "red lamp")) <= {"other.md"}
    (folder / "back.md").write_text(PAGE)
    assert ingest(application, folder).added == 1
    assert len(embedded) == 3
    assert found(application, "red lamp")[0] == "back.md"


def test_a_name_that_is_the_title_is_part_of_the_passage(application: Application, tmp_path: Path, embedded: list[str]) -> None:
    """A text without a title has its file's name for one, which is searched: renamed, it is another passage."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lamps.txt").write_text("The red lamp means it is empty.")
    ingest(application, folder)
    (folder / "lamps.txt").rename(folder / "lights.txt")
    ingest(application, folder)
    assert [text.split("\n")[0] for text in embedded] == ["lamps", "lights"]
