"""How far an ingest is: files, passages within a long one, and what is kept when it is stopped."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import pytest
import typer
from rich.console import Console

import rag.wiring
from ingest.commands.main import ingest
from ingest.pipeline import Pipeline
from rag.domain import DocumentInput
from rag.fakes import HashEmbedder
from rag.runtime import console
from rag.runtime.bars import drawn
from rag.settings import load
from rag.wiring import open_application, open_ledger


def questions(rows: int, thing: str = "tile") -> str:
    """A FAQ: a passage for each row."""
    return "question,answer\n" + "".join(f"How heavy is {thing} {n}?,{thing} {n} weighs {n + 3} kg.\n" for n in range(rows))


def test_passages_within_a_long_file_are_told(tmp_path: Path) -> None:
    application = open_application(load(env={}, overrides={"data_dir": str(tmp_path)}), embedder=HashEmbedder())
    told: list[tuple[str, int, int]] = []
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings, lambda *step: told.append(step))
    docs = [DocumentInput("tiles.csv", questions(400).encode(), filename="tiles.csv")]
    assert [outcome.error for outcome in pipeline.put_many(docs)] == [None]
    application.close()
    names, done, whole = zip(*told, strict=True)
    assert set(names) == {"tiles.csv"} and set(whole) == {done[-1]} and done[-1] >= 100
    assert list(done) == sorted(set(done)) and max(b - a for a, b in itertools.pairwise(done)) <= 128


def test_bars_tell_elapsed_and_left_apart_and_drop_what_is_over() -> None:
    out = io.StringIO()
    with drawn("ingest", "files", Console(file=out, force_terminal=True, width=120)) as bars:
        bars(1, 3)
        bars.part("a/rather/long/name/of/a/folder/tiles.csv", 512, 2_000)
        bars._bar.refresh()
        shown = out.getvalue()
        bars.part("a/rather/long/name/of/a/folder/tiles.csv", 2_000, 2_000)
        bars.part("small.md", 3, 9)
        assert len(bars._bar.tasks) == 1
    assert "1/3" in shown and "elapsed" in shown and "left about" in shown
    assert "512/2000" in shown and "…" in shown and "tiles.csv" in shown


def test_a_run_that_is_stopped_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rag.wiring, "embedder_loader", lambda *_, **__: lambda _: HashEmbedder())
    folder, settings = tmp_path / "texts", tmp_path / "xiansou.toml"
    folder.mkdir()
    settings.write_text(f'data_dir = "{tmp_path / "data"}"\n')
    (folder / "a.csv").write_text(questions(200))
    (folder / "b.csv").write_text(questions(300, "slate"))

    def stop(_: object, name: str, done: int, total: int) -> None:
        if name.endswith("b.csv"):
            raise KeyboardInterrupt

    monkeypatch.setattr(console.Updates, "part", stop)
    with pytest.raises(typer.Exit) as ended:
        ingest([folder], config=settings)
    told = capsys.readouterr().err
    assert ended.value.exit_code == console.INTERRUPTED
    assert "Stopped: 1 document was written and is kept" in told and "goes on where it was" in told
    ledger = open_ledger(load(settings))
    assert [doc.id for doc in ledger.page()] == ["a.csv"]
    ledger.close()
    monkeypatch.setattr(console.Updates, "part", lambda *_: None)
    ingest([folder], config=settings)
    assert "1 added, 0 updated, 1 unchanged" in capsys.readouterr().out
