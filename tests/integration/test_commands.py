"""The command line as a person or a script uses it, with the real model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory, model_folder):
    folder = tmp_path_factory.mktemp("cli")
    docs = folder / "docs"
    docs.mkdir()
    (docs / "refunds.md").write_text("# Refunds\n\nRefunds take 5 working days.\n\n## Fees\n\nOpened boxes cost 3 %.\n")
    (docs / "shipping.html").write_text("<h1>Shipping</h1><p>Parcels to islands take 9 days.</p>")
    (docs / "faq.csv").write_text("问题,答案\n怎么退款？,在订单页点“退款”。\n", encoding="utf-8")
    (docs / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (docs / "picture.bin").write_bytes(bytes(range(256)) * 9)
    (docs / "empty.txt").write_text("")
    (docs / ".xiansouignore").write_text("ignored.md\n")
    (docs / "ignored.md").write_text("ignored")
    return folder, model_folder


def run(place, *arguments: str, **env: str) -> tuple[int, dict, str]:
    folder, models = place
    environment = {**os.environ, "XIANSOU__DATA_DIR": str(folder / "data"), "XIANSOU__EMBEDDING__FOLDER": str(models), **env}
    environment["PYTHONPATH"] = str(REPO)
    done = subprocess.run(
        [sys.executable, "-m", "xiansou", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}, done.stdout + done.stderr


def test_ingest_ask_search_docs(place):
    code, told, _ = run(place, "ingest", "docs", "--json")
    assert code == 1  # partly failed
    assert (told["added"], told["updated"], told["unchanged"], told["deleted"]) == (3, 0, 0, 0)
    assert {Path(f["source"]).name: f["error"].split(":")[0] for f in told["failed"]} == {
        "broken.pdf": "broken",
        "picture.bin": "binary",
        "empty.txt": "empty",
    }
    counts = {"added", "updated", "unchanged", "deleted", "passages", "index_version", "seconds", "reread"}
    assert set(told) == counts | {"failed", "cleaned", "left_out"}
    code, told, _ = run(place, "ask", "How long do refunds take?", "--json")
    assert (code, told["status"], told["citations"][0]["document_id"]) == (0, "answered", "refunds.md")
    assert "5 working days" in told["answer"]
    code, told, _ = run(place, "ask", "怎么退款", "--json")
    assert told["citations"][0]["cited_text"] == "在订单页点“退款”。"
    code, told, _ = run(place, "search", "islands", "--json", "-k", "2")
    assert (told["hits"][0]["document_id"], told["index_version"]) == ("shipping.html", 3)
    code, told, _ = run(place, "docs", "list", "--json")
    assert [doc["document_id"] for doc in told["documents"]] == ["faq.csv", "refunds.md", "shipping.html"]
    code, told, _ = run(place, "docs", "show", "refunds.md", "--json")
    assert told["text"].startswith("# Refunds")


def test_second_ingest_embeds_nothing_and_follows_changes(place):
    folder, _ = place
    run(place, "ingest", "docs", "--json")
    _, told, _ = run(place, "ingest", "docs", "--json")
    assert (told["added"], told["updated"], told["unchanged"]) == (0, 0, 3)
    (folder / "docs" / "refunds.md").write_text("# Refunds\n\nRefunds take 8 working days.\n")
    (folder / "docs" / "shipping.html").unlink()
    _, told, _ = run(place, "ingest", "docs", "--json", "--delete-missing")
    assert (told["updated"], told["deleted"]) == (1, 1)
    _, told, _ = run(place, "ask", "How long do refunds take?", "--json")
    assert "8 working days" in told["answer"]
    assert "5 working days" not in told["answer"]


def test_backup_erase_restore(place):
    folder, _ = place
    run(place, "ingest", "docs", "--json")
    code, told, _ = run(place, "backup", "b.tar", "--json")
    assert code == 0
    assert told["documents"] >= 2
    code, told, _ = run(place, "docs", "rm", "--erase", "refunds.md", "nowhere.md", "--json")
    assert code == 1
    assert told["erased"][0]["disk_clean"] is True
    assert told["failed"][0]["document_id"] == "nowhere.md"
    assert not any(b"working days" in f.read_bytes() for f in (folder / "data").rglob("*") if f.is_file())
    code, told, _ = run(place, "restore", "b.tar", "--json")
    assert (code, told["erased_again"]) == (0, ["refunds.md"])
    code, told, _ = run(place, "docs", "list", "--json")
    assert "refunds.md" not in [doc["document_id"] for doc in told["documents"]]


def test_ask_shows_what_an_llm_would_be_sent_for_a_follow_up(place):
    run(place, "ingest", "docs", "--json")
    llm = {"XIANSOU__GENERATOR__KIND": "openai", "XIANSOU__GENERATOR__BASE_URL": "http://127.0.0.1:9/v1"}
    llm["XIANSOU__GENERATOR__MODEL"] = "m"
    asked = ("ask", "And how long do they take?", "--after", "Can I get a refund?", "--show-prompt", "--json")
    code, told, out = run(place, *asked, **llm)
    assert code == 0, out
    assert "User: Can I get a refund?" in told["condensing"][-1]["content"]
    assert "And how long do they take?" in told["messages"][-1]["content"]
    assert "condensing" not in run(place, *asked)[1]  # quoted answers need no LLM


def test_doctor_and_reindex_when_nothing_changed(place):
    run(place, "ingest", "docs", "--json")
    code, told, out = run(place, "doctor", "--json")
    assert code == 0, out
    assert told["ok"] is True
    assert {"keys", "audit"} <= {check["name"] for check in told["checks"]}
    code, told, _ = run(place, "reindex", "--json")
    assert (code, told["state"], told["embedded"]) == (0, "unchanged", 0)


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [
        (("ask", ""), {}, "question"),
        (("ask", "x" * 4001), {}, "4,001"),
        (("ingest", "nowhere"), {}, "nowhere"),
        (("docs", "show", "nothing"), {}, "nothing"),
        (("docs", "list", "--config", "nofile.toml"), {}, "nofile.toml"),
        (("docs", "list"), {"XIANSOU__SERVER__PRT": "1"}, "server.port"),
        (("docs", "list"), {"XIANSOU__DATABASE__URL": "nonsense"}, "database"),
        (("frobnicate",), {}, "frobnicate"),
        (("restore", "docs/faq.csv"), {}, "not a backup"),
    ],
)
def test_wrong_usage_exits_with_2_and_names_it(place, arguments, env, message):
    code, _, out = run(place, *arguments, **env)
    assert code == 2
    assert message in out
    assert "Traceback" not in out
