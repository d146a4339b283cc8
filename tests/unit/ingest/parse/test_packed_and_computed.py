"""Outlook's winmail.dat, vertical pages, results that a workbook does not store."""

from __future__ import annotations

import io
import struct
from email.message import EmailMessage

import pytest
from openpyxl import Workbook
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.parse import parse
from ingest.parse.tnef import unpacked, unpacked_rtf
from rag.domain import Parsed


def read(content: bytes, name: str) -> Parsed:
    return parse(content, filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


# -- winmail.dat -----------------------------------------------------------------------------------------------------------


def _attribute(level: int, number: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _property(kind: int, number: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value.ljust((len(value) + 3) // 4 * 4, b"\0")


def packed(*, html: str = "", hidden: bool = False) -> bytes:
    content = b"\x78\x9f\x3e\x22\x01\x00" + _attribute(1, 0x00069007, struct.pack("<II", 936, 0))
    if html:
        content += _attribute(1, 0x00069003, struct.pack("<I", 1) + _property(0x102, 0x1013, html.encode()))
    content += _attribute(2, 0x00069002, bytes(14)) + _attribute(2, 0x00018010, "配件.txt\0".encode("gbk"))
    content += _attribute(2, 0x0006800F, "配件从根特仓库发出。".encode())
    named = (
        struct.pack("<HH", 0x1F, 0x8001)
        + bytes(16)
        + struct.pack("<II", 1, 4)
        + b"a\0b\0"
        + struct.pack("<II", 1, 2)
        + b"x\0\0\0"
    )
    told = [named, _property(0x1F, 0x3707, "配件清单.txt\0".encode("utf-16-le"))]
    told += [struct.pack("<HHI", 0x0B, 0x7FFE, 1)] if hidden else []
    return content + _attribute(2, 0x00069005, struct.pack("<I", len(told)) + b"".join(told))


def mail(body: str, data: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "配件", "a@x.example"
    if body:
        message.set_content(body)
        message.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    else:
        message.set_content(data, maintype="application", subtype="ms-tnef")
    return message.as_bytes()


def test_what_outlook_packed_is_read() -> None:
    # Nobody opens it: unstructured 0.27 skips it with a warning, kreuzberg 4.10 in silence.
    parsed = read(mail("见附件。", packed(html="<p>packed body</p>")), "a.eml")
    assert texts(parsed) == ["见附件。", "附件：配件清单.txt", "配件从根特仓库发出。"]
    assert texts(read(mail("", packed(html="<p>packed body</p>")), "a.eml"))[0] == "packed body"
    assert "根特" not in read(mail("见附件。", packed(hidden=True)), "a.eml").text
    assert unpacked(packed()[:90]).files == []


def test_packed_rtf() -> None:
    plain = b"{\\rtf1\\ansi hello}\r\n"
    literal = b"".join(b"\0" + plain[at : at + 8] for at in range(0, len(plain), 8))
    assert unpacked_rtf(struct.pack("<IIII", len(literal) + 12, len(plain), 0x75465A4C, 0) + literal) == plain
    # The first example of [MS-OXRTFCP].
    example = b"-\0\0\0+\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\n\0rcpg125B2\n\xf3 hel\t\0 bw\x05\xb0ld}\n\x80\x0f\xa0"
    assert unpacked_rtf(example) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


# -- vertical pages --------------------------------------------------------------------------------------------------------


def test_columns_from_right_to_left() -> None:
    # pdfplumber 0.11 reads across the columns; pypdfium2 5.15 finds no letter of a vertical font that is not embedded.
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light", isVertical=True))
    canvas.setFont("STSong-Light", 16)
    for number, column in enumerate(["松风茶具每周用温水清洗一次。", "不可使用钢丝球擦拭。"]):
        canvas.drawString(480 - 34 * number, 760, column)
    canvas.save()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))  # for the tests that follow
    assert "".join(texts(read(buffer.getvalue(), "a.pdf"))) == "松风茶具每周用温水清洗一次。不可使用钢丝球擦拭。"


# -- results ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=B2+B3", "55"),
        ("=SUM(B2:B3)*1.5", "82.5"),
        ("=ROUND(B2/3,2)", "13.33"),
        ("=AVERAGE(B2:B3)", "27.5"),
        ("=0.1+0.2", "0.3"),
        ("=-B2^2", "1600"),
        ("=B2*10%", "4"),
        ('=IF(B2>B3,"more","less")', "more"),
        ('=A2&" and "&A3', "base and extra"),
        ("=MAX(B2:B3)-MIN(B2:B3)", "25"),
        ("='Other sheet'!A1*2", "14"),
        ("=B5*2", "110"),
    ],
)
def test_results_that_are_not_stored_are_worked_out(formula: str, shown: str) -> None:
    book = Workbook()
    sheet = book.active
    for row in [("Item", "Fee"), ("base", 40), ("extra", 15), ("total", formula), ("other", "=B2+B3")]:
        sheet.append(row)
    book.create_sheet("Other sheet")["A1"] = 7
    buffer = io.BytesIO()
    book.save(buffer)
    parsed = read(buffer.getvalue(), "a.xlsx")
    assert f"Item: total; Fee: {shown}" in texts(parsed)
    assert parsed.metadata["computed"] == ["Sheet!B4", "Sheet!B5"]
    assert "left_out" not in parsed.metadata


@pytest.mark.parametrize("formula", ["=VLOOKUP(A2,A1:B3,2)", "=B4", "=NOSUCH(1)", "=1/0", "=A2+1", "=TODAY()", "=B2:B3"])
def test_what_cannot_be_worked_out_is_told(formula: str) -> None:
    book = Workbook()
    for row in [("Item", "Fee"), ("base", 40), ("extra", 15), ("total", formula)]:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    parsed = read(buffer.getvalue(), "a.xlsx")
    assert parsed.metadata["left_out"] == {"formulas without a stored value": ["Sheet!B4"]}
