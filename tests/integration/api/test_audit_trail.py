"""The audit over HTTP: every question and change leaves one entry that says who, and no text."""

from __future__ import annotations

from pathlib import Path

import httpx
from api_service import make_settings, serving, working

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.record.audit import entries, verify
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import open_application


def test_questions_and_changes_are_kept_with_who_made_them(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    application = open_application(settings, embedder=HashEmbedder())
    key, text = Keys(application.ledger.engine).create("k", Rights(("admin",)), made_by=COMMAND_LINE)
    headers = {"Authorization": f"Bearer {text}"}
    asked = {"question": "Where does the walrus sleep?"}
    with (
        serving(create_app(application=application)) as url,
        working(settings),
        httpx.Client(base_url=url, headers=headers) as client,
    ):
        assert client.put("/v1/documents/a/b.md", json={"text": "The walrus sleeps on ice."}, timeout=30).status_code == 201
        answer = client.post("/v1/query", json=asked).json()
        streamed = client.post("/v1/query", json=asked | {"stream": True})
        assert streamed.status_code == 200
        client.post("/v1/retrieve", json=asked)
        chat = {"model": "xiansou", "messages": [{"role": "user", "content": asked["question"]}]}
        assert client.post("/v1/chat/completions", json=chat).status_code == 200
        client.get("/v1/documents")  # looks at what is there: not kept
        client.get("/v1/documents/a/b.md/versions/1/text")
        made = client.post("/v1/keys", json={"name": "n"}).json()
        client.delete(f"/v1/keys/{made['id']}")
        assert client.delete("/v1/documents/a/b.md").status_code == 200
        assert client.delete("/v1/documents/a/b.md").status_code == 404
        httpx.post(f"{url}/v1/query", json=asked)  # a stranger: in the logs, not here
    engine = application.ledger.engine
    told = [entry for _, entry in reversed(entries(engine))]
    at_once = [(entry.action, entry.target) for entry in told if "question_sha256" not in entry.detail]
    assert at_once == [
        ("put_document", "a/b.md"),
        ("version_text", "a/b.md"),
        ("create_key", made["id"]),
        ("revoke_key", made["id"]),
        ("delete_document", "a/b.md"),
        ("delete_document", "a/b.md"),
    ]
    assert [entry.detail["status"] for entry in told if entry.action == "delete_document"] == [200, 404]
    questions = [entry for entry in told if "question_sha256" in entry.detail]
    assert [entry.action for entry in questions] == ["query", "query", "retrieve", "chat_completions"]
    assert len({entry.detail["question_sha256"] for entry in questions}) == 1
    assert questions[0].target == answer["answer_id"]
    assert questions[0].detail["answered"] == answer["status"]
    assert {entry.who for entry in told} == {f"key:{key.id}"}
    assert all("walrus" not in str(entry) for entry in told)
    assert verify(engine).ok
    application.close()


def test_question_text_only_when_it_is_wanted_and_nothing_when_it_is_off(tmp_path: Path) -> None:
    for n, (setting, kept) in enumerate([({"audit__questions": "text"}, ["walrus?"]), ({"audit__enabled": False}, [])]):
        application = open_application(make_settings(tmp_path / str(n), **setting), embedder=HashEmbedder())
        with serving(create_app(application=application)) as url:
            httpx.post(f"{url}/v1/retrieve", json={"question": "walrus?"})
        assert [entry.detail["question"] for _, entry in entries(application.ledger.engine)] == kept
        application.close()
