"""PDF files made here: headings, joined paragraphs, tables, furniture, what cannot be read."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from ingest.parse import parse
from rag.domain import Block, Parsed
from rag.errors import ParseError

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
TOP = A4[1]


def pdf(draw: Callable[[Canvas], None], **options: object) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, **options)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def lines(canvas: Canvas, y: float, texts: list[str], font: str = "Helvetica", size: float = 11, x: float = 72) -> None:
    canvas.setFont(font, size)
    for number, text in enumerate(texts):
        canvas.drawString(x, TOP - y - number * size * 1.4, text)


def read(content: bytes) -> Parsed:
    return parse(content, filename="a.pdf", mime_type=None)


def seen(parsed: Parsed) -> list[tuple[str, str, str]]:
    return [(b.kind, " › ".join(b.section), parsed.text[b.start : b.end]) for b in parsed.blocks]


def block(parsed: Parsed, start: str) -> Block:
    return next(block for block in parsed.blocks if parsed.text.startswith(start, block.start))


FIRST = [
    "This paragraph goes over several lines of the page and it is joined to one, with a hyphen-",
    "ated word in it. It has an end in the middle of a line.",
]
SECOND = ["Another paragraph stands below it after a gap and is a block of its own in the text here."]


def guide(canvas: Canvas) -> None:
    for page in (1, 2, 3):
        lines(canvas, 30, ["ACME Manual"], size=8)
        if page == 1:
            lines(canvas, 70, ["Router guide"], "Helvetica-Bold", 20)
            lines(canvas, 110, ["1. Install"], "Helvetica-Bold", 15)
            lines(canvas, 140, FIRST)
            lines(canvas, 190, SECOND)
        else:
            lines(canvas, 70, [f"{page}. Part {'ab'[page - 2]}"], "Helvetica-Bold", 15)
            lines(canvas, 100, ["Body text of this part of the guide with a few more words, so that it is a sentence."])
        lines(canvas, 800, [f"Page {page} of 3"], size=8)
        canvas.showPage()


def test_headings_paragraphs_and_running_lines() -> None:
    parsed = read(pdf(guide))
    assert parsed.title == "Router guide"
    assert parsed.metadata == {"pages": 3}
    joined = "This paragraph goes over several lines of the page and it is joined to one, with a hyphenated word in it."
    assert block(parsed, "This paragraph").section == ("1. Install",)
    assert parsed.text[block(parsed, "This paragraph").start :].startswith(joined)
    assert block(parsed, "Another").fields == {"page": "1"}
    assert block(parsed, "Body").section == ("2. Part a",)
    assert "ACME Manual" not in parsed.text
    assert "Page 2" not in parsed.text


def test_chinese_lines_join_without_spaces() -> None:
    text = [
        "先搜是一个自托管的服务，它根据公司自己的帮助文档、案例库和常见问题文件回答客户的问题，",
        "并且给出可以核对的引用。",
    ]

    def draw(canvas: Canvas) -> None:
        lines(canvas, 70, ["使用说明"], "STSong-Light", 18)
        lines(canvas, 110, text, "STSong-Light", 10)
        lines(canvas, 170, ["● 第一项内容", "● 第二项内容"], "STSong-Light", 10)

    parsed = read(pdf(draw))
    assert parsed.title == "使用说明"
    assert seen(parsed) == [("text", "", "".join(text)), ("list", "", "第一项内容"), ("list", "", "第二项内容")]


def table_page(canvas: Canvas, rows: list[list[str]]) -> None:
    lines(canvas, 70, ["Prices are in the table below, which has two columns and a header row."])
    table = Table(rows, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])
    table.wrapOn(canvas, 400, 400)
    table.drawOn(canvas, 72, TOP - 200)
    lines(canvas, 260, ["After the table there is more text on this page of the document."])


def test_tables_by_row_where_they_stand() -> None:
    rows = [["Plan", "Price"], ["Basic", "9 USD"], ["Team", "99 USD"]]
    parsed = read(pdf(lambda canvas: table_page(canvas, rows)))
    assert [kind for kind, *_ in seen(parsed)] == ["text", "table", "table", "text"]
    assert [text for kind, _, text in seen(parsed) if kind == "table"] == ["Basic | 9 USD", "Team | 99 USD"]
    assert parsed.blocks[1].header == "Plan | Price"
    assert parsed.blocks[1].fields == {"page": "1"}
    assert parsed.text.count("9 USD") == 2


def test_a_table_of_questions_is_faq() -> None:
    parsed = read(pdf(lambda canvas: table_page(canvas, [["Question", "Answer"], ["Is it free?", "Yes."]])))
    entry = parsed.blocks[1]
    assert (entry.kind, entry.header, parsed.text[entry.start : entry.end]) == ("faq", "Is it free?", "Yes.")


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left column line {word} goes on and on" for word in ("one", "two", "three", "four", "five", "six", "seven")]
    right = [f"right column line {word} goes on and on" for word in ("one", "two", "three", "four", "five", "six", "seven")]

    def draw(canvas: Canvas) -> None:
        lines(canvas, 100, left)
        lines(canvas, 100, right, x=310)

    text = " ".join(read(pdf(draw)).text.split())
    assert " ".join(left) in text
    assert " ".join(right) in text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf(lambda canvas: canvas.rect(100, 100, 200, 200)), "needs_ocr"),
        (pdf(guide, encrypt=StandardEncryption("secret", strength=128)), "encrypted"),
        (pdf(guide)[:300], "broken"),
    ],
)
def test_what_cannot_be_read(content: bytes, code: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(content)
    assert caught.value.code == code
    assert caught.value.fix


def test_an_owner_password_alone_does_not_hide_the_text() -> None:
    content = pdf(guide, encrypt=StandardEncryption("", ownerPassword="owner", strength=128))
    assert read(content).title == "Router guide"


def test_pages_without_text_are_named() -> None:
    def draw(canvas: Canvas) -> None:
        lines(canvas, 70, ["Some text on the first page."])
        canvas.showPage()
        canvas.rect(100, 100, 200, 200)

    assert read(pdf(draw)).metadata == {"pages": 2, "pages_without_text": [2]}


def test_many_threads_may_read_at_once() -> None:
    content = pdf(guide)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, [content] * 8))
    assert len({parsed.text for parsed in found}) == 1


def test_tables_and_forms_without_rules_keep_their_rows() -> None:
    rows = [
        ("Item", "Result", "Range"),
        ("WBC count", "3.9", "4.0-10.0"),
        ("RBC count", "", "4.3-5.8"),
        ("PLT", "149", "125-350"),
    ]

    def draw(canvas: Canvas) -> None:
        lines(canvas, 60, ["Name: Li                    Age: 50", "Ward: 7"])
        for number, row in enumerate(rows):
            for x, cell in zip((72, 220, 330), row, strict=True):
                canvas.drawString(x, TOP - 140 - number * 16, cell)
        lines(canvas, 260, FIRST)

    found = seen(read(pdf(draw)))
    assert [text for _, _, text in found[:2]] == ["Name: Li Age: 50", "Ward: 7"]
    assert found[2:5] == [
        ("table", "", "WBC count | 3.9 | 4.0-10.0"),
        ("table", "", "RBC count |  | 4.3-5.8"),
        ("table", "", "PLT | 149 | 125-350"),
    ]
    assert found[5][2].startswith("This paragraph goes over several lines of the page and it is joined to one")


def test_a_character_printed_twice_is_read_once() -> None:
    def draw(canvas: Canvas) -> None:
        for shift in (0, 0.4):
            lines(canvas, 60, ["Bold by printing twice"], x=72 + shift)

    assert read(pdf(draw)).text == "Bold by printing twice"


@pytest.mark.parametrize("angle", [90, -90])
def test_a_page_set_sideways_is_read_along_its_lines(angle: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.rotate(angle)
        canvas.setFont("Helvetica", 11)
        for number, text in enumerate(["The first line of the page.", "And the second one below it."]):
            x, y = (100, -200 - number * 16) if angle == 90 else (-600, 300 - number * 16)
            canvas.drawString(x, y, text)

    assert " ".join(read(pdf(draw)).text.split()) == "The first line of the page. And the second one below it."
