"""Rules that repair text and drop blocks: each does what it says, counts it, and can be switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean import RULES, clean
from ingest.clean.edits import Edit, Offsets, applied
from ingest.clean.mojibake import repaired
from ingest.parse import parse
from ingest.parse.removed import recording
from ingest.sandbox import parse_safely
from rag.domain import Block, Parsed
from rag.settings import Settings
from rag.settings.sections import CLEANING_RULES


def parsed(*texts: str, **fields: object) -> Parsed:
    text, blocks = "", []
    for part in texts:
        text += "\n\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(part), **fields))  # type: ignore[arg-type]
        text += part
    return Parsed(text, tuple(blocks))


def kept(document: Parsed, off: tuple[str, ...] = ()) -> list[str]:
    cleaned, _ = clean(document, off)
    return [cleaned.text[block.start : block.end] for block in cleaned.blocks]


def counted(document: Parsed, off: tuple[str, ...] = ()) -> dict[str, int]:
    return {name: count for name, count in clean(document, off)[1].items() if count}


def test_the_settings_know_all_rules() -> None:
    assert set(CLEANING_RULES) == set(RULES)


REPEATED = "This  product is sold by ACME Ltd."
PAGES = tuple(Block(at, at + 16, fields={"page": str(at // 40)}) for at in range(0, 160, 40))
EXAMPLES: dict[str, tuple[Parsed, list[str]]] = {
    "control_characters": (parsed("soft\u00adware \u202eup\x07date"), ["software update"]),
    "mojibake": (parsed("right", "cafÃ© ä¸\xadæ–‡", "ÖÐÎÄÄÚÈÝ²âÊÔ"), ["right", "café 中文", "中文内容测试"]),
    "empty": (parsed("Text.", "\u3000 "), ["Text."]),
    "markup_only": (parsed("Text.", "---", "<br/><hr/>", "![shot](a.png)", "。。。", "<b>kept</b>", "☑", "5"), [
        "Text.", "<b>kept</b>", "5"]),
    "garbage": (parsed("a\ufffd\ufffdb", "\ue001\ue002x", "fine\ttext\nhere", "one \ufffd in a long sentence"), [
        "fine\ttext\nhere", "one \ufffd in a long sentence"]),
    "repeated_line": (
        Parsed("".join(f"DRAFT, copy #{n:03d}{'x' * 24}"[:40] for n in range(4)), (*PAGES, Block(120, 160))),
        [f"DRAFT, copy #003{'x' * 24}"]),
    "boilerplate": (
        parsed("Copyright © 2024 ACME Inc. All rights reserved.", "版权所有 © 2020-2024 某某公司", "Page 3 of 10",
               "第 3 页 共 10 页",
               "Was this page helpful?", "本页内容对您有帮助吗？", "返回顶部", "京ICP备12345678号", "发自我的 iPhone",
               "Edit this page on GitHub",
               "This e-mail is confidential and intended for the addressee only. If you received it in error, delete it.",
               "Copyright questions go to the legal team.", "Previous orders are listed under Account.", "第 3 页有说明。"),
        ["Copyright questions go to the legal team.", "Previous orders are listed under Account.", "第 3 页有说明。"]),
    "duplicate": (parsed(REPEATED, "Other.", REPEATED.replace("  ", " ").upper(), "Next.", "Next."), [
        REPEATED, "Other.", "Next.", "Next."]),
    "near_duplicate": (
        parsed("The warranty lasts 2 years from purchase.", "The warranty lasts 3 years from purchase.",
               "The warranty, lasts 2 years – from purchase!", "The warranty never lasts 2 years from purchase."),
        ["The warranty lasts 2 years from purchase.", "The warranty lasts 3 years from purchase.",
         "The warranty never lasts 2 years from purchase."]),
}  # fmt: skip


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_rule_does_what_it_says_counts_it_and_can_be_switched_off(rule: str) -> None:
    document, wanted = EXAMPLES[rule]
    assert kept(document) == wanted
    assert counted(document)[rule] >= 1
    assert rule not in counted(document, (rule,))
    others = tuple(name for name in RULES if name != rule)
    before = [document.text[block.start : block.end] for block in document.blocks]
    assert kept(document, tuple(RULES)) == before
    assert kept(document, others) == wanted


def test_what_is_all_of_a_document_is_its_text() -> None:
    assert kept(parsed("Page 1")) == ["Page 1"]
    assert kept(parsed("Page 1", "...")) == ["Page 1"]


def test_lines_that_stand_on_few_pages_or_whose_document_has_none_stay() -> None:
    few = Parsed(
        "".join(f"{'Seite':<40}" for _ in range(8)),
        tuple(Block(n * 40, n * 40 + 5, fields={"page": str(min(n, 2))}) for n in range(8)),
    )
    assert counted(replace(few, blocks=few.blocks[:2])) == {}
    assert counted(parsed(*["Click Next."] * 8)) == {}


def test_the_same_text_in_other_sections_and_under_other_questions_stays() -> None:
    text = "Please contact the customer service team."
    blocks = (
        Block(0, 41, section=("A",)),
        Block(43, 84, section=("B",)),
        Block(43, 84, "faq", ("B",), "Question one?"),
        Block(43, 84, "faq", ("B",), "Question two?"),
        Block(43, 84, "faq", ("B",), "Question two?", fields={"product": "X1"}),
        Block(43, 84, "faq", ("B",), "Question two?", fields={"product": "X1"}),
    )
    assert len(clean(Parsed(f"{text}\n\n{text}", blocks))[0].blocks) == 5


# -- repairs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Müller & Söhne – naïve café",
        "ÅÄÖ åäö",
        "龘靐齉爩",
        "это текст",
        "日本語のテキスト",
        "繁體中文的說明書",
        "한국어 문서",
        "“quoted” … ™",
    ],
)
def test_text_that_is_right_is_left_alone(line: str) -> None:
    assert repaired(line) is None


@pytest.mark.parametrize("line", ["安装说明书", "请先断开电源再打开盖子", "Wi-Fi 密码错误怎么办"])
def test_chinese_that_was_read_in_the_wrong_encoding_is_put_right(line: str) -> None:
    for wrong in (
        line.encode("gb18030").decode("latin-1"),
        line.encode().decode("latin-1"),
        line.encode().decode("gb18030", "replace"),
    ):
        if "\ufffd" not in wrong:
            assert repaired(wrong) == line


def test_headings_are_repaired_with_their_text() -> None:
    cleaned, _ = clean(replace(parsed("x", section=("ä¸\xadæ–‡",)), title="ä¸\xadæ–‡"))
    assert (cleaned.title, cleaned.blocks[0].section) == ("中文", ("中文",))


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text("abcd", max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    edits, last = [], 0
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        if start >= last and start < end:
            edits.append(Edit(start, end, draw(st.text("XY", max_size=4))))
            last = end
    return text, edits


@given(edited(), st.integers(0, 40), st.integers(0, 40))
def test_spans_move_with_the_text_and_lead_back(case: tuple[str, list[Edit]], a: int, b: int) -> None:
    text, edits = case
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    if start == end:
        return
    moved, offsets = applied(Parsed(text, (Block(start, end),)), edits)
    wanted = "".join(
        next((edit.new for edit in edits if edit.start == at), "") if any(e.start <= at < e.end for e in edits) else text[at]
        for at in range(len(text))
    )
    assert moved.text == wanted
    for block in moved.blocks:
        first, last = offsets.original(block.start, block.end)
        assert first <= last
        kept_inside = [text[at] for at in range(start, end) if not any(e.start <= at < e.end for e in edits)]
        assert [char for char in moved.text[block.start : block.end] if char in "abcd"] == kept_inside
        assert [
            char for at, char in enumerate(text[first:last], first) if not any(e.start <= at < e.end for e in edits)
        ] == kept_inside
    assert Offsets([]).original(3, 5) == (3, 5)


# -- all together ------------------------------------------------------------------------------------------------------


def test_rules_of_the_parsers_count_and_can_be_switched_off() -> None:
    page = b"<html><body><nav><a href='/'>Home page of all</a></nav><main><p>The answer is here.</p></main></body></html>"
    with recording(()) as counts:
        assert parse(page, filename="a.html", mime_type=None).text == "The answer is here."
    assert counts == {"navigation": 1}
    with recording(("navigation",)) as counts:
        assert "Home page of all" in parse(page, filename="a.html", mime_type=None).text
    assert counts == {}


def test_settings_reach_the_rules_and_counts_come_back() -> None:
    content = b"# T\n\nCopyright 2024 ACME. All rights reserved.\n\nThe text of it."
    for off, count in (((), {"boilerplate": 1}), (("boilerplate",), {})):
        settings = Settings.model_validate({"ingest": {"clean_off": list(off)}})
        options = {"clean_off": settings.ingest.clean_off}
        document, counts = parse_safely(content, filename="a.md", mime_type=None, settings=settings, options=options)
        assert counts == count
        assert len(document.blocks) == 2 - len(count)
    assert Settings.model_validate({"ingest": {"clean_off": "duplicate, empty"}}).ingest.clean_off == ["duplicate", "empty"]
