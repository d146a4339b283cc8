"""Documents over HTTP: every write can be read back, and a question sees it at once."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.document_replies import (
    AsReadReply,
    DeleteReply,
    DocumentReply,
    DocumentsReply,
    JobPageReply,
    JobReply,
    JobsReply,
    WriteReply,
)
from api.replies import Problem


def put(client: httpx.Client, document_id: str, text: str, **fields: Any) -> dict[str, Any]:
    reply = client.put(f"/v1/documents/{quote(document_id, safe='')}", json={"text": text} | fields)
    assert reply.status_code in (200, 201), reply.text
    WriteReply.model_validate(reply.json(), strict=True)
    return dict(reply.json())


def refusal(reply: httpx.Response, status: int) -> Problem:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(reply.json(), strict=True)
    assert problem.status == status
    return problem


def settled(client: httpx.Client, job_id: int) -> JobReply:
    while True:
        job = JobReply.model_validate(client.get(f"/v1/jobs/{job_id}").json(), strict=True)
        if job.state in ("live", "failed", "dead"):
            return job


def test_a_document_is_added_updated_and_left_alone(client: httpx.Client, document_id: str) -> None:
    replies = [client.put(f"/v1/documents/{document_id}", json={"text": text}) for text in ("one", "two", "two")]
    assert [reply.status_code for reply in replies] == [201, 200, 200]
    told = [reply.json() for reply in replies]
    assert [one["version"] for one in told] == [1, 2, 2]
    assert [one["state"] for one in told] == ["live"] * 3
    assert told[0]["index_version"] < told[1]["index_version"] == told[2]["index_version"]


def test_a_document_is_shown_with_all_that_was_told(client: httpx.Client, document_id: str) -> None:
    told = {
        "title": "无线网络",
        "mime_type": "text/plain",
        "url": "https://help.example.com/wifi",
        "metadata": {"product": ["Cam 2"], "n": 1.5, "deep": {"x": None}},
        "collection": "shown",
        "acl": ["staff", "partners"],
    }
    written = put(client, document_id, "按住按钮五秒。", **told)
    reply = client.get(f"/v1/documents/{document_id}").json()
    shown = DocumentReply.model_validate(reply, strict=True)
    assert {key: reply[key] for key in told} == told
    assert (shown.document_id, shown.version, shown.state) == (document_id, 1, "live")
    assert shown.index_version == written["index_version"]
    assert shown.passages == 1
    assert datetime.fromisoformat(shown.created_at).utcoffset() is not None


@pytest.mark.parametrize(
    ("name", "sent", "mime_type"),
    [("a.md", {}, "text/markdown"), ("a.txt", {}, "text/plain"), ("b.md", {"mime_type": "text/plain"}, "text/plain")],
)
def test_the_type_of_a_text(client: httpx.Client, name: str, sent: dict[str, str], mime_type: str) -> None:
    put(client, f"types/{name}", "some text", **sent)
    assert client.get(f"/v1/documents/types/{name}").json()["mime_type"] == mime_type


@pytest.mark.parametrize(
    "given", ["a/b/c.md", "帮助/无线 网络.md", "what? #1 100%.md", "/", "a//b", "x/versions/1", "😀", "é" * 512]
)
def test_ids_of_any_shape(client: httpx.Client, given: str) -> None:
    at = f"/v1/documents/{quote(given, safe='')}"
    assert put(client, given, f"text of {given}")["document_id"] == given
    assert client.get(at).json()["document_id"] == given
    assert client.get(f"{at}/versions/1/text").text == f"text of {given}"
    assert client.delete(at).json()["document_id"] == given


@pytest.mark.parametrize("given", ["%20", "a%0Ab", "a%0A", "%00", "x" * 513, "", "%FF%FE", "a/versions/3/text"])
def test_ids_that_are_refused(client: httpx.Client, given: str) -> None:
    assert refusal(client.put(f"/v1/documents/{given}", json={"text": "t"}), 422).field == "id"


@pytest.mark.parametrize("text", ["a\r\nb\tc", "😀 emoji, 汉字 and e\u0301 combined", "line\u2028separator"])
def test_the_text_of_every_version_stays_as_it_was_sent(client: httpx.Client, document_id: str, text: str) -> None:
    document_id = quote(document_id, safe="")
    for version, sent in enumerate((text, f"{text} again"), 1):
        assert client.put(f"/v1/documents/{document_id}", json={"text": sent}).json()["version"] == version
    for version, sent in enumerate((text, f"{text} again"), 1):
        reply = client.get(f"/v1/documents/{document_id}/versions/{version}/text")
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        assert reply.content.decode() == sent
    assert refusal(client.get(f"/v1/documents/{document_id}/versions/3/text"), 404).field == "version"


def test_a_document_as_it_was_read(client: httpx.Client, document_id: str) -> None:
    put(client, document_id, "# Kiln\n\nIt heats well.\n\n<!-- Bo: 79? -->\n\n- first\n- second\n", mime_type="text/markdown")
    reply = client.get(f"/v1/documents/{document_id}/as-read")
    found = AsReadReply.model_validate(reply.json(), strict=True)
    assert "79" not in found.text
    statements = [one for passage in found.passages for one in passage["statements"]]
    assert {"It heats well.", "first", "second"} <= {one["text"] for one in statements}
    refusal(client.get(f"/v1/documents/{document_id}-not-there/as-read"), 404)


def test_what_has_become_a_draft_is_withdrawn(client: httpx.Client, document_id: str) -> None:
    put(client, document_id, "# Kiln\n\nIt heats well.\n", mime_type="text/markdown")
    sent = {"text": "---\ndraft: true\n---\n# Kiln\n\nIt will cost 79.\n", "mime_type": "text/markdown"}
    assert client.put(f"/v1/documents/{document_id}", json=sent).status_code >= 400
    refusal(client.get(f"/v1/documents/{document_id}"), 404)


def test_a_file_and_its_fields(client: httpx.Client, document_id: str) -> None:
    fields = {"title": "T", "url": "https://e.com/", "metadata": '{"a": 1}', "collection": "files", "acl": ["x", "y"]}
    file = ("手册.md", "# 标题\n\n正文。".encode(), "application/octet-stream")
    reply = client.put(f"/v1/documents/{document_id}", data=fields, files={"file": file})
    assert reply.status_code == 201
    shown = client.get(f"/v1/documents/{document_id}").json()
    assert {key: shown[key] for key in fields} == fields | {"metadata": {"a": 1}}
    assert client.get(f"/v1/documents/{document_id}/versions/1/text").text == "# 标题\n\n正文。"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"data": {"title": "x"}, "files": {"fiel": b"x"}}, "file"),
        ({"data": {"metadata": "{"}, "files": {"file": b"x"}}, "metadata"),
        ({"data": {"metadata": "[1]"}, "files": {"file": b"x"}}, "metadata"),
        ({"data": {"title": ["a", "b"]}, "files": {"file": b"x"}}, "title"),
        ({"data": {"titel": "x"}, "files": {"file": b"x"}}, "titel"),
        ({"data": {"text": "x"}, "files": {"file": b"x"}}, "text"),
        ({"files": [("file", b"x"), ("file", b"y")]}, "file"),
    ],
)
def test_forms_that_are_refused(client: httpx.Client, document_id: str, form: dict[str, Any], field: str) -> None:
    assert refusal(client.put(f"/v1/documents/{quote(document_id, safe='')}", **form), 422).field == field


def test_a_text_that_no_document_can_be_made_of(client: httpx.Client, document_id: str) -> None:
    problem = refusal(client.put(f"/v1/documents/{document_id}", json={"text": " \n "}), 422)
    assert (problem.code, problem.field) == ("empty", "text")
    upload = client.put(f"/v1/documents/{document_id}", files={"file": ("a.txt", b" \n ")})
    assert (refusal(upload, 422).code, upload.json()["field"]) == ("empty", "file")
    refusal(client.get(f"/v1/documents/{document_id}"), 404)


def test_an_id_belongs_to_one_collection(client: httpx.Client, document_id: str) -> None:
    put(client, document_id, "one", collection="first")
    problem = refusal(client.put(f"/v1/documents/{document_id}", json={"text": "two", "collection": "second"}), 409)
    assert problem.field == "collection"
    assert client.get(f"/v1/documents/{document_id}").json()["version"] == 1


def test_queued_answers_at_once_and_the_job_tells_the_rest(client: httpx.Client, document_id: str) -> None:
    reply = client.put(f"/v1/documents/{document_id}?wait=queued", json={"text": "some text"})
    taken = WriteReply.model_validate(reply.json(), strict=True)
    assert (reply.status_code, taken.state, taken.version, taken.index_version) == (202, "queued", None, None)
    job = settled(client, taken.job_id)
    assert (job.document_id, job.state, job.version, job.progress) == (document_id, "live", 1, 1)
    assert job.index_version == client.get(f"/v1/documents/{document_id}").json()["index_version"]


def test_an_upload_of_several_files(client: httpx.Client, collection: str) -> None:
    files = [("file", (f"several/{n}.txt", f"text {n}".encode())) for n in range(5)]
    reply = client.post("/v1/documents", files=files, data={"collection": collection})
    assert reply.status_code == 202
    told = JobsReply.model_validate(reply.json(), strict=True)
    jobs = told.jobs
    assert [job.document_id for job in jobs] == [f"several/{n}.txt" for n in range(5)]
    assert [settled(client, job.job_id).state for job in jobs] == ["live"] * 5
    assert len(client.get("/v1/documents", params={"collection": collection}).json()["documents"]) == 5
    first = JobPageReply.model_validate(client.get("/v1/jobs", params={"batch": told.batch, "limit": 3}).json(), strict=True)
    assert first.batch is not None
    assert (first.batch.total, first.batch.states, first.batch.progress, first.paused) == (5, {"live": 5}, 1, False)
    rest = client.get("/v1/jobs", params={"batch": told.batch, "limit": 3, "cursor": first.next_cursor}).json()
    assert [job.job_id for job in first.jobs] + [job["job_id"] for job in rest["jobs"]] == [j.job_id for j in jobs][::-1]
    assert (rest["next_cursor"], rest["jobs"][0]["batch"]) == (None, told.batch)


def test_jobs_that_have_ended_and_unknown_batches(client: httpx.Client, document_id: str) -> None:
    job_id = put(client, document_id, "text")["job_id"]
    assert refusal(client.delete(f"/v1/jobs/{job_id}"), 409).code == "job_ended"
    refusal(client.delete("/v1/jobs/999999"), 404)
    assert refusal(client.get("/v1/jobs?batch=bat_none"), 404).field == "batch"
    assert refusal(client.get("/v1/jobs?cursor=eA"), 422).field == "cursor"
    refusal(client.get("/v1/jobs?state=lost"), 422)
    assert client.get("/v1/jobs", params={"state": "queued"}).json()["jobs"] == []


@pytest.mark.parametrize(
    ("names", "status"), [(["a.txt", "b.zip"], 422), (["a.txt", "a.txt"], 422), (["a.txt", "x" * 513], 422), ([], 422)]
)
def test_an_upload_is_taken_whole_or_not_at_all(client: httpx.Client, names: list[str], status: int) -> None:
    files = [("file", (f"none/{name}", b"text")) for name in names]
    reply = client.post("/v1/documents", files=files or {"file": (None, b"no file")})
    assert refusal(reply, status).field == "file"
    refusal(client.get("/v1/documents/none/a.txt"), 404)


def test_a_zip_is_a_document_a_member(client: httpx.Client, document_id: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.md", "# One\n\nText of one.")
        archive.writestr("手册/b.txt", "Text of two.")
    name = f"{document_id}.zip"
    reply = client.post("/v1/documents", files={"file": (name, buffer.getvalue())})
    assert [job["document_id"] for job in reply.json()["jobs"]] == [f"{name}/a.md", f"{name}/手册/b.txt"]
    told = refusal(client.put(f"/v1/documents/{document_id}", files={"file": (name, buffer.getvalue())}), 415)
    assert "POST /v1/documents" in str(told.fix)


def test_pages_hold_every_document_once(client: httpx.Client, collection: str) -> None:
    ids = sorted(f"{collection}/{name}" for name in ("a", "b", "先", "😀", "z"))
    for document_id in ids:
        put(client, document_id, "text", collection=collection)
    seen, cursor = [], None
    while True:
        params = {"collection": collection, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = DocumentsReply.model_validate(client.get("/v1/documents", params=params).json(), strict=True)
        seen += [doc.document_id for doc in page.documents]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.documents) == 2
    assert seen == ids


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("limit=201", "limit"), ("cursor=%3F", "cursor"), ("page=2", "page")]
)
def test_pages_that_cannot_be(client: httpx.Client, query: str, field: str) -> None:
    assert refusal(client.get(f"/v1/documents?{query}"), 422).field == field


def test_a_deleted_document_is_gone(client: httpx.Client, document_id: str) -> None:
    for text in ("one", "two"):
        written = put(client, document_id, text)
    reply = client.delete(f"/v1/documents/{document_id}")
    receipt = DeleteReply.model_validate(reply.json(), strict=True)
    assert (reply.status_code, receipt.document_id, receipt.versions) == (200, document_id, 2)
    assert receipt.index_version > written["index_version"]
    assert int(reply.headers["x-index-version"]) >= receipt.index_version
    for call in (client.get, client.delete):
        assert refusal(call(f"/v1/documents/{document_id}"), 404).code == "not_found"
    refusal(client.get(f"/v1/documents/{document_id}/versions/1/text"), 404)
    assert put(client, document_id, "three")["version"] == 3


def test_parallel_writes_of_one_id_end_in_one_state(client: httpx.Client, document_id: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda n: put(client, document_id, f"text number {n}"), range(12)))
    last = max(replies, key=lambda reply: reply["job_id"])
    shown = client.get(f"/v1/documents/{document_id}").json()
    assert (shown["version"], shown["index_version"]) == (last["version"], last["index_version"])
    assert sorted(reply["version"] for reply in replies) == list(range(1, 13))
    assert client.get(f"/v1/documents/{document_id}/versions/12/text").text == f"text number {replies.index(last)}"
    hits = client.post("/v1/retrieve", json={"question": "text number", "top_k": 100}).json()["hits"]
    assert [hit["version"] for hit in hits if hit["document_id"] == document_id] == [12]
