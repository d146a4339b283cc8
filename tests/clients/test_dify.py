"""Dify's external knowledge base: what Dify sends, and what it reads."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

LENS = "镜头起雾时，请把摄像头放在干燥处两小时"


def ask(base_url: str, query: str, knowledge_id: str = "default", **more: Any) -> httpx.Response:
    body = {"knowledge_id": knowledge_id, "query": query, "retrieval_setting": {"top_k": 5, "score_threshold": 0.0}} | more
    return httpx.post(f"{base_url}/v1/dify/retrieval", json=body, headers={"Authorization": "Bearer none"})


def test_records(base_url: str) -> None:
    records = ask(base_url, "镜头起雾怎么办？").json()["records"]
    assert records[0]["content"] == "镜头起雾😀时，请把摄像头放在干燥处两小时。"
    assert records[0].keys() == {"content", "score", "title", "metadata"}
    assert (records[0]["title"], records[0]["metadata"]["document_id"]) == ("Lens care 😀", "help/lens.md")
    assert all(0 <= record["score"] <= 1 and isinstance(record["metadata"], dict) for record in records)
    assert {record["metadata"]["document_id"] for record in records} == {"help/lens.md", "help/door bell.md"}


def test_the_setting_bounds_the_records(base_url: str) -> None:
    best, other = ask(base_url, LENS).json()["records"]
    assert best["score"] > other["score"]
    one = ask(base_url, LENS, retrieval_setting={"top_k": 1, "score_threshold": 0}).json()
    assert one == {"records": [best]}
    high = {"top_k": 5, "score_threshold": (best["score"] + other["score"]) / 2}
    assert ask(base_url, LENS, retrieval_setting=high).json() == {"records": [best]}
    all_of_them = ask(base_url, "sprinkler", "*").json()["records"]
    assert len(all_of_them) == 3


@pytest.mark.parametrize(
    ("operator", "name", "value", "met"),
    [
        ("is", "year", "2026", True), ("is", "year", "2025", False), ("is not", "year", "2025", True),
        ("=", "year", 2026, True), ("≠", "year", 2026, False), (">", "year", 2025, True), ("<", "year", 2025, False),
        ("≥", "year", 2026, True), ("≤", "year", 2025, False), ("in", "year", ["2025", "2026"], True),
        ("not in", "year", ["2026"], False), ("contains", "title", "bell", True), ("not contains", "title", "bell", False),
        ("start with", "document_id", "help/", True), ("end with", "document_id", ".pdf", False),
        ("empty", "missing", None, True), ("empty", "year", None, False), ("not empty", "year", None, True),
        ("after", "year", "soon", False), ("is", ["missing", "year"], "2026", True),
    ],
)  # fmt: skip
def test_metadata_conditions(base_url: str, operator: str, name: Any, value: Any, met: bool) -> None:
    condition = {"name": name, "comparison_operator": operator} | ({} if value is None else {"value": value})
    only = {"name": "document_id", "comparison_operator": "is", "value": "help/door bell.md"}
    told = {"logical_operator": "and", "conditions": [condition, only]}
    assert len(ask(base_url, "doorbell", metadata_condition=told).json()["records"]) == met
    either = {"logical_operator": "or", "conditions": [condition, {**only, "value": "none"}]}
    found = ask(base_url, "doorbell", metadata_condition=either).json()["records"]
    assert ("help/door bell.md" in {record["metadata"]["document_id"] for record in found}) == met


def test_errors_have_difys_shape(base_url: str) -> None:
    unknown = ask(base_url, "q", "nowhere")
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, 2001)
    assert "nowhere" in unknown.json()["error_msg"]
    assert ask(base_url, "").status_code == 422
    wrong = ask(base_url, "q", metadata_condition={"conditions": [{"name": "a", "comparison_operator": "like"}]})
    assert (wrong.status_code, wrong.json()["error_code"]) == (422, 422)
    assert "`like`" in wrong.json()["error_msg"]
    probe = httpx.post(f"{base_url}/v1/dify/retrieval", headers={"Authorization": "Bearer none"})
    assert probe.status_code not in (403, 404, 502)  # which Dify, when the base is registered, takes for a wrong address
    assert probe.json().keys() == {"error_code", "error_msg"}
