"""Cases that match equally well: closed before open, newest first; everything else stays where it is."""

from __future__ import annotations

import pytest

from rag.domain import Hit, Kind, Passage
from rag.search.tiebreak import is_closed, prefer_settled
from rag.text.intervals import when


def hit(name: str, score: float, date: str = "", status: str = "", kind: Kind = "case", symptom: str = "") -> Hit:
    text, fields = f"{symptom or name}\nfix", {"date": date, "status": status}
    return Hit(Passage(1, name, 1, "t", None, None, "default", (), kind, text, "", 0, len(text), fields, {}), score, 0.5, {})


def order(*hits: Hit) -> list[str]:
    ranked = prefer_settled(hits)
    scores = [one.score for one in ranked]
    assert scores == sorted((one.score for one in hits), reverse=True), "scores go on falling"
    return [one.passage.document_id for one in ranked]


def test_closed_before_open_and_newest_first() -> None:
    hits = [
        hit("open", 2.0, "2026-06-01", "处理中"),
        hit("old", 1.95, "2024-01-31", "已解决"),
        hit("none", 1.9, "", "closed"),
        hit("new", 1.8, "2026/5/2", "Resolved"),
    ]
    assert order(*hits) == ["new", "old", "none", "open"]


def test_a_clearly_better_case_stays_first() -> None:
    assert order(hit("good", 2.0, "2020-01-01", "open"), hit("far", 1.5, "2026-01-01", "closed")) == ["good", "far"]


def test_the_same_symptom_counts_as_equal_over_a_wider_gap() -> None:
    one = hit("open", 2.0, "2026-01-01", "open", symptom="Symptom: black screen")
    two = hit("closed", 1.5, "2025-01-01", "closed", symptom="Symptom: Black screen")
    assert order(one, two) == ["closed", "open"]


def test_other_kinds_keep_their_places() -> None:
    hits = [
        hit("manual", 2.0, kind="text"),
        hit("a", 1.95, "2024-01-01", "closed"),
        hit("faq", 1.9, kind="faq"),
        hit("b", 1.9, "2026-01-01", "closed"),
    ]
    assert order(*hits) == ["manual", "b", "faq", "a"]


def test_what_no_table_says_changes_nothing() -> None:
    assert order(hit("a", 2.0), hit("b", 2.0), hit("c", 1.9)) == ["a", "b", "c"]
    assert order() == []


@pytest.mark.parametrize("status", ["closed", "Resolved", "已解决（回访）", " 已关闭 ", "FIXED [auto]"])
def test_closed(status: str) -> None:
    assert is_closed(status)


@pytest.mark.parametrize("status", ["open", "unresolved", "未解决", "处理中", "", "reopened", "won't fix"])
def test_not_closed(status: str) -> None:
    assert not is_closed(status)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-05-01", (2026, 5, 1, 0, 0, 0)),
        ("2026/5/1 08:30", (2026, 5, 1, 8, 30, 0)),
        ("2026-05-01T08:30:15Z", (2026, 5, 1, 8, 30, 15)),
        ("2026年5月1日", (2026, 5, 1, 0, 0, 0)),
        ("2026年5月", (2026, 5, 0, 0, 0, 0)),
        ("20260501", (2026, 5, 1, 0, 0, 0)),
        ("31.5.2026", (2026, 5, 31, 0, 0, 0)),
        ("5/31/2026", (2026, 5, 31, 0, 0, 0)),
        ("31/5/2026", (2026, 5, 31, 0, 0, 0)),
        ("yesterday", ()),
        ("", ()),
    ],
)
def test_dates(date: str, expected: tuple[int, ...]) -> None:
    assert when(date) == expected
