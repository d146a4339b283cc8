"""`.xiansou.toml`: a mapping of columns reaches the parser, and a change of it reads the files again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.folder import ingest_paths
from ingest.pipeline import Pipeline
from ingest.sidecar import Sidecars
from rag.domain import Question
from rag.errors import InputError
from rag.wiring import Application


def test_the_nearest_sidecar_wins(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / ".xiansou.toml").write_text('[columns]\nF = "question"\nA = "answer"\n[metadata]\nproduct = "all"\n')
    (below / ".xiansou.toml").write_text('[metadata]\nproduct = "B"\n["x.csv".columns]\nF = "title"\n')
    told = Sidecars(tmp_path)
    both = {"columns": {"F": "question", "A": "answer"}, "folder_columns": ["F", "A"]}
    assert told.metadata(tmp_path / "y.csv") == {"product": "all", **both}
    own = {"columns": {"F": "title", "A": "answer"}, "folder_columns": ["A"]}
    assert told.metadata(below / "x.csv") == {"product": "B", **own}
    assert told.metadata(below / "y.csv")["columns"]["F"] == "question"
    assert Sidecars(below).metadata(below / "y.csv") == {"product": "B"}, "nothing above the folder that was named counts"


@pytest.mark.parametrize("text", ["[colums]\na = 1\n", "columns = 3\n", "[columns]\nF = 1\n", "[broken"])
def test_a_wrong_sidecar_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / ".xiansou.toml").write_text(text)
    with pytest.raises(InputError) as refused:
        Sidecars(tmp_path).metadata(tmp_path / "x.csv")
    assert ".xiansou.toml" in str(refused.value)


def test_a_mapped_file_answers_and_a_new_mapping_is_followed(application: Application, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "faq.csv").write_text("Frage,Antwort\nWie storniere ich?,Im Konto unter Bestellungen.\n")

    def ingest() -> tuple[int, int, int]:
        pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
        told = ingest_paths([folder], application.ledger, lambda: pipeline, application.settings)
        assert told.failed == []
        return told.added, told.updated, told.unchanged

    assert ingest() == (1, 0, 0)
    assert application.answerer.answer(Question("Wie storniere ich?")).generator == "extractive"
    (folder / ".xiansou.toml").write_text('[columns]\nFrage = "question"\nAntwort = "answer"\n')
    assert ingest() == (0, 1, 0)
    answer = application.answerer.answer(Question("wie storniere ich"))
    assert (answer.generator, answer.answer) == ("faq", "Im Konto unter Bestellungen. [1]")
    assert ingest() == (0, 0, 1)
