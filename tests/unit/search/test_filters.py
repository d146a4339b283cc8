"""A product, version or date that the question states: the right case is found under sixty others that are worded alike."""

from __future__ import annotations

import csv
import io

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Scope
from rag.search.retrieve import Retriever
from rag.wiring import Application

EN = "Screen stays black after the update and the red light blinks"
ZH = "升级之后屏幕一直黑屏，红灯闪烁"
HEAD = ["id", "symptom", "cause", "resolution", "product", "version", "date", "status"]
RIGHT = [
    (
        "EN",
        "Since the update the display is dark",
        "Old driver",
        "Reinstall the driver by cable.",
        "Cam 2",
        "7.1.3",
        "2025-03-12",
    ),
    ("ZH", "升级后显示器不亮", "驱动过旧", "用数据线重新安装驱动。", "云眼二代", "8.4.2", "2023年11月5日"),
]


def table(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *((*row, "closed") for row in rows)])
    return text.getvalue().encode()


@pytest.fixture
def retriever(application: Application) -> Retriever:
    """Each of the two right cases among 60 of other products, versions and dates that match the wording better."""
    rows = list(RIGHT)
    for n in range(60):
        told = (f"Cam {n + 3}", f"{(5, 6, 9)[n % 3]}.{n % 7}", f"2024-{n % 12 + 1:02}-{n % 27 + 1:02}")
        rows.append((f"EN-{n}", f"{EN} {n}", f"Cause {n}", f"Press key {n}.", *told))
        rows.append((f"ZH-{n}", f"{ZH} {n}", f"原因 {n}", f"按 {n} 号键。", f"云眼{n + 3}代", *told[1:]))
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    pipeline.put(DocumentInput("cases.csv", table(rows), filename="cases.csv"))
    return Retriever(application.ledger, application.views, candidates=50)


def cases(retriever: Retriever, question: str, k: int = 5) -> list[str]:
    return [hit.passage.fields["id"] for hit in retriever.retrieve(question, Scope(), k).hits]


STATED = [
    (f"{EN} on my Cam 2", "EN"),
    (f"{EN} with v7.1", "EN"),
    (f"{EN} in 7.1.3", "EN"),
    (f"{EN}, version between 7.0 and 8.0", "EN"),
    (f"{EN} in March 2025", "EN"),
    (f"{EN} on 2025-03-12", "EN"),
    (f"{EN} since 2025-02", "EN"),
    (f"{EN} before 2024", "ZH"),
    (f"云眼二代{ZH}", "ZH"),
    (f"{ZH}，8.4 版本", "ZH"),
    (f"v8.0 以上、低于 9.0，{ZH}", "ZH"),
    (f"2023年11月{ZH}", "ZH"),
    (f"2023年12月之前{ZH}", "ZH"),
    (f"2025年2月之后{ZH}", "EN"),
]


@pytest.mark.parametrize(("question", "right"), STATED)
def test_the_case_that_fits_comes_first(retriever: Retriever, question: str, right: str) -> None:
    assert cases(retriever, question)[0] == right
    assert cases(retriever, question, 1) == [right]


def test_without_the_statement_the_right_case_is_buried(retriever: Retriever) -> None:
    """What the tests above rest on."""
    assert "EN" not in cases(retriever, EN)
    assert "ZH" not in cases(retriever, ZH)


@pytest.mark.parametrize(
    "question", [f"{EN}, not for Cam 2", f"{EN}, other than v7.1", f"{ZH}，不是云眼二代", f"除了2025年3月，{EN}"]
)
def test_a_denied_value_is_no_filter(retriever: Retriever, question: str) -> None:
    found = retriever.retrieve(question, Scope(), 5, explain=True)
    assert found.explanation["filters"] == {}
    assert [told for values in found.explanation["wishes"].values() for told in values if not told.startswith("not ")] == []


def test_a_denied_product_steps_back(retriever: Retriever) -> None:
    question = "since the update the display is dark, {} the Cam 2"
    (of,) = [hit for hit in retriever.retrieve(question.format("of"), Scope(), 5).hits if hit.passage.fields["id"] == "EN"]
    denied = [hit for hit in retriever.retrieve(question.format("except"), Scope(), 5).hits if hit.passage.fields["id"] == "EN"]
    assert all(hit.score < of.score - 0.5 for hit in denied)


def test_nothing_disappears_when_nothing_fits(retriever: Retriever) -> None:
    plain = cases(retriever, f"{EN} in a shop")
    for question in (f"{EN} in June 2031", f"{EN} in v77.1", f"{EN} on a Dog 7"):
        found = retriever.retrieve(question, Scope(), 5, explain=True)
        assert len(found.hits) == len(plain) == 5
        assert found.explanation["filters"] == found.explanation["wishes"] == {}


def test_others_step_behind_and_it_is_explained(retriever: Retriever) -> None:
    found = retriever.retrieve(f"{EN} on my Cam 2", Scope(), 3, explain=True)
    assert len(found.hits) == 3  # the others are still there
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert found.hits[0].probability > 1.9 * found.hits[1].probability
    assert found.explanation["wishes"] == {"product": ["cam 2"]}
    assert found.explanation["filters"]["product"]["ahead"] == 1
    assert found.explanation["filters"]["product"]["behind"] >= 30
    assert {reason for _, reason in found.dropped} >= {"another product than the question states"}


def test_who_says_nothing_does_not_step_behind(retriever: Retriever, put) -> None:  # type: ignore[no-untyped-def]
    put("guide", f"{EN}: what to do on any camera.")
    found = retriever.retrieve(f"{EN} on my Cam 2", Scope(), 4, explain=True)
    assert {hit.passage.document_id + hit.passage.fields.get("id", "") for hit in found.hits[:2]} == {"cases.csvEN", "guide"}
    assert found.explanation["filters"]["product"]["ahead"] == 2


def test_two_statements_of_which_only_one_can_be_met(retriever: Retriever) -> None:
    """No Cam 2 of 2024: the product counts for more, the date no less than before."""
    assert cases(retriever, f"{EN} on my Cam 2 in May 2024")[0] == "EN"


def test_only_what_the_caller_may_see_is_a_fit(retriever: Retriever, put) -> None:  # type: ignore[no-untyped-def]
    put("secret", f"{EN} at the embassy.", metadata={"product": "Cam 99"}, acl=("staff",))
    everyone = Scope(groups=())
    found = retriever.retrieve(f"{EN} on my Cam 99", everyone, 5, explain=True)
    assert "secret" not in {hit.passage.document_id for hit in found.hits}
    assert found.explanation["wishes"] == found.explanation["filters"] == {}
    staff = retriever.retrieve(f"{EN} on my Cam 99", Scope(groups=("staff",)), 5)
    assert staff.hits[0].passage.document_id == "secret"


def test_it_follows_edits_and_deletions(retriever: Retriever, application: Application, put) -> None:  # type: ignore[no-untyped-def]
    question = f"{EN} on my Cam 88"
    put("new", f"{EN} on it.", metadata={"product": ["Cam 88", "Cam 89"], "version": 7.1})
    assert retriever.retrieve(question, Scope(), 1).hits[0].passage.document_id == "new"
    put("new", f"{EN} on it.", metadata={"product": "Cam 87"})
    assert retriever.retrieve(question, Scope(), 5, explain=True).explanation["filters"] == {}
    application.ledger.delete("new")
    assert retriever.retrieve(question.replace("88", "87"), Scope(), 5, explain=True).explanation["filters"] == {}
