"""The command line in this process, with the hash embedder in place of the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rag.wiring
import xiansou
from rag.errors import XiansouError
from rag.fakes import HashEmbedder

DOCUMENTS = {
    "refunds.md": "# Refunds\n\nRefunds take 5 working days.\n\n## Fees\n\nOpened boxes cost 3 % of the price.\n",
    "shipping.md": "# Shipping\n\nParcels to islands take 9 days.\n",
    "tuikuan.md": "# 退款\n\n退款需要 5 个工作日到账。\n",
    "fapiao.md": "# 发票\n\n电子发票在订单页下载。\n",
}
QUESTIONS = [
    {"id": "1", "lang": "en", "question": "How long do refunds take?", "documents": ["refunds.md"], "facts": ["5 working days"],
     "answers": ["Refunds take 5 working days."], "kind": "fact"},
    {"id": "2", "lang": "en", "question": "How many days do parcels to islands take?", "documents": ["shipping.md"]},
    {"id": "3", "lang": "zh", "question": "电子发票在哪里下载？", "documents": ["fapiao.md"], "answers": ["订单页"],
     "kind": "fact"},
    {"id": "4", "lang": "zh", "question": "食堂几点开饭？", "documents": []},
]  # fmt: skip
SUITE = 'name = "shop"\ndocuments = "docs"\nquestions = "questions.jsonl"\n[thresholds]\nrecall_at_5 = 0.9\n'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a suite of four documents and four questions, as the working directory."""
    (tmp_path / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (tmp_path / "docs" / name).write_text(text, encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    (tmp_path / "suite.toml").write_text(SUITE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XIANSOU__ANSWER__MAX_WRONG_RATE", "1")
    monkeypatch.setattr(rag.wiring, "embedder_loader", lambda settings, **_: lambda name: HashEmbedder())
    return tmp_path


@pytest.fixture
def cli(shop):  # type: ignore[no-untyped-def]
    """cli(*arguments) → (exit code, JSON of stdout or None, all output). An error on purpose has code 2, as in `main`."""

    def run(*arguments: str) -> tuple[int, dict | None, str]:
        done = CliRunner().invoke(xiansou.cli, list(arguments))
        if isinstance(done.exception, XiansouError):
            return 2, None, str(done.exception)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else None, done.output

    return run
