"""Columns of FAQ and case files."""

import pytest

from ingest import cases, columns, faq
from ingest.roles import role_of
from rag.errors import ParseError


@pytest.mark.parametrize(
    "header",
    [
        ["Question", "Answer"],
        ["ID", "标准问题*", "相似问题", "答案："],
        ["q", "a"],
        ["分类", "问题（必填）", "回答"],
        ["FAQ_Question", "x", "standard answer"],
    ],
)
def test_faq_headers(header: list[str]) -> None:
    assert faq.find_columns(header) is not None


@pytest.mark.parametrize("header", [["Name", "Answer"], ["问题", "解决方案"], ["question_1", "question_2", "similar"], []])
def test_other_headers(header: list[str]) -> None:
    assert faq.find_columns(header) is None


def test_an_entry() -> None:
    header = ["编号", "问题", "问题2", "相似问法", "答案", "产品型号", "备注"]
    found = faq.find_columns(header)
    assert found is not None
    row = ["7", " 如何\n退款？ ", "怎么退？", '["退钱", "怎么退？"]', "联系客服。", "X1", "x" * 300]
    # A long remark is no value to filter by, but a reader of the entry sees it.
    assert faq.read_entry(found, row) == faq.Entry(
        "如何 退款？", "联系客服。", ("怎么退？", "退钱"), {"id": "7", "product": "X1"}, (("备注", "x" * 300),)
    )
    assert faq.read_entry(found, ["7", "如何退款？"]) is None


@pytest.mark.parametrize("cell", ["a|b|| c d ", "a；b\nc d", '["a", "b", "c  d"]', "a;b;a;c d"])
def test_phrasings(cell: str) -> None:
    assert faq.split_phrasings(cell) == ("a", "b", "c d")


def test_a_broken_json_list_is_text() -> None:
    assert faq.split_phrasings('["a"') == ('["a"',)


@pytest.mark.parametrize(
    "header",
    [
        ["现象", "原因", "解决方案"],
        ["id", "Title", "Symptom", "Root Cause", "Resolution", "Status"],
        ["问题描述", "处理方法"],
        ["标题", "解决步骤"],
        ["Error", "Cause"],
    ],
)
def test_case_headers(header: list[str]) -> None:
    assert cases.find_columns(header) is not None


@pytest.mark.parametrize("header", [["name", "value"], ["标题", "原因"], ["解决方案"], ["产品", "版本"]])
def test_no_case_headers(header: list[str]) -> None:
    assert cases.find_columns(header) is None


def test_a_case_reads_in_the_language_of_its_file() -> None:
    header = ["Case No", "Title", "Symptom", "Cause", "Resolution", "Version", "Steps"]
    found = cases.find_columns(header)
    assert found is not None
    entry = cases.read_entry(found, header, ["C1", "No boot", "black", "", "plug in\nretry", "2.0", "1. x"])
    assert entry is not None
    assert entry.text == "Symptom: black\nResolution: plug in\nretry\nSteps: 1. x"
    assert entry == cases.Entry(
        (("Symptom", "black"), ("Resolution", "plug in\nretry"), ("Steps", "1. x")),
        "C1 · No boot · 2.0",
        {"id": "C1", "version": "2.0", "Steps": "1. x"},
    )
    assert cases.read_entry(found, header, ["C1", "No boot"]) is None


def test_field_names_are_ours_where_known_and_never_doubled() -> None:
    assert columns.field_columns(["产品", "Product", "地区", "meta.version"], [9]) == {
        0: "product",
        1: "Product",
        2: "地区",
        3: "version",
    }


GERMAN = "Frage;Weitere Fragen;Antwort;Produktlinie\nWie storniere ich?;Storno|abbrechen;Im Konto.;A1\n"


def test_columns_of_any_name_by_a_mapping() -> None:
    header = GERMAN.splitlines()[0].split(";")
    assert faq.find_columns(header) is None
    mapping = {"frage": "question", "Weitere Fragen": "similar questions", "Antwort": "answer", "Produktlinie": "product"}
    with columns.mapped(mapping):
        found = faq.find_columns(header)
        assert found is not None
        entry = faq.read_entry(found, GERMAN.splitlines()[1].split(";"))
        assert entry == faq.Entry("Wie storniere ich?", "Im Konto.", ("Storno", "abbrechen"), {"product": "A1"})
        assert cases.find_columns(["x", "y"]) is None
    assert faq.find_columns(header) is None


@pytest.mark.parametrize("role", columns.ROLES)
def test_each_role_is_a_name_that_a_table_knows(role: str) -> None:
    with columns.mapped({"Spalte": role}):
        assert role_of("Spalte") == role


@pytest.mark.parametrize("told", ["question", {"Frage": 1}, {"Frage": ""}, ["Frage"]])
def test_a_mapping_that_says_nothing_is_refused_with_an_example(told: object) -> None:
    with pytest.raises(ParseError) as refused:
        columns.mapping_of({"columns": told})
    assert "Example" in str(refused.value)
