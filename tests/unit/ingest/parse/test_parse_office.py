"""RTF, OpenDocument, EPUB, old Office files and pictures: small files made here, byte by byte where no library writes them."""

from __future__ import annotations

import io
import shutil
import struct
import zipfile

import pytest

from ingest.parse import ocr, parse
from ingest.parse.removed import SPEAKER_NOTES, recording
from rag.domain import Parsed
from rag.errors import ParseError

NS = "urn:oasis:names:tc:opendocument:xmlns:"
ODF_HEAD = (
    f'<office:document-content xmlns:office="{NS}office:1.0" xmlns:text="{NS}text:1.0" xmlns:table="{NS}table:1.0" '
    f'xmlns:draw="{NS}drawing:1.0" xmlns:presentation="{NS}presentation:1.0" xmlns:style="{NS}style:1.0">'
)


def zipped(**files: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return buffer.getvalue()


def odf(body: str, styles: str = "") -> bytes:
    text = f"{ODF_HEAD}<office:automatic-styles>{styles}</office:automatic-styles><office:body>{body}</office:body>"
    return zipped(content_xml=f"{text}</office:document-content>")


def read(content: bytes, filename: str) -> Parsed:
    return parse(content, filename=filename, mime_type=None)


def seen(parsed: Parsed) -> list[tuple[str, str, str, str]]:
    return [(b.kind, " › ".join(b.section), b.header, parsed.text[b.start : b.end]) for b in parsed.blocks]


# -- OpenDocument ------------------------------------------------------------------------------------------------------


def test_odt_headings_lists_tables_footnotes_and_deletions() -> None:
    numbers = '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/></text:list-style>'
    body = """<office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>
    <text:h text:outline-level="1">路由器手册</text:h><text:h text:outline-level="2">安装</text:h>
    <text:p>先<text:span>断电</text:span>，再接线<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>见附录。</text:p></text:note-body></text:note>。</text:p>
    <text:list text:style-name="L1"><text:list-item><text:p>打开<text:s text:c="2"/>盖</text:p>
    <text:list><text:list-item><text:p>轻按</text:p></text:list-item></text:list></text:list-item>
    <text:list-item><text:p>插卡</text:p></text:list-item></text:list>
    <table:table><table:table-row><table:table-cell><text:p>型号</text:p></table:table-cell>
    <table:table-cell><text:p>价格</text:p></table:table-cell></table:table-row>
    <table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>甲</text:p></table:table-cell>
    <table:table-cell><text:p>1 元</text:p></table:table-cell></table:table-row>
    <table:table-row><table:covered-table-cell/><table:table-cell><text:p>2 元</text:p></table:table-cell></table:table-row>
    </table:table></office:text>"""
    parsed = read(odf(body, numbers), "a.odt")
    assert parsed.title == "路由器手册"
    assert seen(parsed) == [
        ("text", "安装", "", "先断电，再接线1。"),
        ("text", "安装", "", "见附录。"),
        ("list", "安装", "", "打开 盖"),
        ("list", "安装", "", "轻按"),
        ("list", "安装", "", "插卡"),
        ("table", "安装", "型号 | 价格", "甲 | 1 元"),
        ("table", "安装", "型号 | 价格", "甲 | 2 元"),
    ]
    assert "1. 打开 盖\n  - 轻按\n2. 插卡" in parsed.text


def test_ods_sheets_and_repeated_cells() -> None:
    def sheet(name: str, rows: str) -> str:
        return f'<table:table table:name="{name}">{rows}</table:table>'

    def row(*cells: str, again: str = "") -> str:
        inner = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row{again}>{inner}</table:table-row>"

    empty = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/>'
    first = row("问题", "答案") + row("几点开门？", "九点。") + f"{empty}</table:table-row>"
    second = row("Model", "Price") + row("X1", "299")
    parsed = read(odf(f"<office:spreadsheet>{sheet('常见', first)}{sheet('P', second)}</office:spreadsheet>"), "a.ods")
    assert seen(parsed) == [("faq", "常见", "几点开门？", "九点。"), ("table", "P", "", "Model: X1; Price: 299")]


def test_odp_slides_are_sections_with_notes() -> None:
    page = """<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Setup</text:p></draw:text-box>
    </draw:frame><draw:frame><draw:text-box><text:p>Plug it in.</text:p></draw:text-box></draw:frame>
    <presentation:notes><draw:frame><draw:text-box><text:p>Show it.</text:p></draw:text-box></draw:frame>
    </presentation:notes></draw:page>"""
    made = odf(f"<office:presentation>{page}</office:presentation>")
    assert seen(read(made, "a.odp")) == [("text", "Setup", "", "Plug it in.")], (
        "notes are the speaker's, unless they are switched on"
    )
    with recording([SPEAKER_NOTES]):
        parsed = read(made, "a.odp")
    assert seen(parsed) == [("text", "Setup", "", "Plug it in."), ("text", "Setup", "Speaker notes", "Show it.")]
    assert [block.fields["page"] for block in parsed.blocks] == ["1", "1"]


def test_encrypted_packages_are_told() -> None:
    sealed = zipped(content_xml="x", META_INF="")
    buffer = io.BytesIO(sealed)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("META-INF/manifest.xml", "<m><encryption-data/></m>")
    with pytest.raises(ParseError) as caught:
        read(buffer.getvalue(), "a.odt")
    assert caught.value.code == "encrypted"


# -- EPUB --------------------------------------------------------------------------------------------------------------


def test_epub_chapters_follow_the_spine() -> None:
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    package = """<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>养鱼指南</dc:title>
    <dc:creator>李四</dc:creator></metadata><manifest>
    <item id="a" href="one%20a.xhtml" media-type="application/xhtml+xml"/>
    <item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>
    <item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>
    <spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/></spine></package>"""
    page = '<?xml version="1.0"?><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("OEBPS/book.opf", package)
        archive.writestr("OEBPS/one a.xhtml", page.format("喂食", "每天一次。"))
        archive.writestr("OEBPS/two.xhtml", page.format("换水", "每周一次。"))
        archive.writestr("OEBPS/nav.xhtml", page.format("目录", "换水 喂食"))
    parsed = read(buffer.getvalue(), "a.epub")
    assert parsed.title == "养鱼指南"
    assert seen(parsed) == [("text", "换水", "", "每周一次。"), ("text", "喂食", "", "每天一次。")]
    assert parsed.metadata == {"creators": ["李四"]}


# -- RTF ---------------------------------------------------------------------------------------------------------------


def rtf(body: str) -> bytes:
    head = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset134 SimSun;}{\f2\fcharset128 M;}}"
    styles = r"{\stylesheet{Normal;}{\s1\outlinelevel0 heading 1;}{\s2 heading 2;}}{\info{\title A file}{\author X}}"
    return (head + styles + body + "}").encode("latin-1")


def test_rtf_headings_lists_tables_and_hidden_parts() -> None:
    body = (
        r"{\header Page head\par}\pard\s1 Guide\par\pard\s2 Setup\par\pard Text with \b bold\b0  and a "
        r"{\*\bkmkstart x}{\v hidden}"
        r"caf\'e9 \endash  done.\par{\listtext\bullet\tab}first\par{\listtext\bullet\tab}second\par"
        r"\trowd\pard\intbl Model\cell Price\cell\row\pard\intbl X1\cell 299\cell\row\pard"
        r"{\field{\*\fldinst HYPERLINK http://x}{\fldrslt a link}}\par{\pict 0102}{\*\unknown dropped}"
    )
    parsed = read(rtf(body), "a.rtf")
    assert parsed.title == "Guide"
    assert seen(parsed) == [
        ("text", "Setup", "", "Text with bold and a café – done."),
        ("list", "Setup", "", "first"),
        ("list", "Setup", "", "second"),
        ("table", "Setup", "Model | Price", "X1 | 299"),
        ("text", "Setup", "", "a link"),
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"\f1\'d6\'d0\'ce\'c4", "中文"),
        (r"\f2\'83A\'83C", "アイ"),  # the second bytes stand as letters
        (r"\uc1\u20013?\u25991?!", "中文!"),
        (r"\uc2\u20013\'d6\'d0.", "中."),
        (r"\uc0\u-10179\u-8704  x", "😀 x"),
        (r"{\upr{old}{\*\ud new}}", "new"),
        (r"a\~b\_c\{d\}\\e", "a b-c{d}\\e"),
        (r"one\line two", "one\ntwo"),
        ("split\r\n word", "split word"),
        (r"x{\bin3 }}}y", "xy"),
        (r"{\pict\bin4 }{}\}z", "z"),
    ],
)
def test_rtf_characters(body: str, text: str) -> None:
    assert read(rtf(body), "a.rtf").text == text


# -- old Office --------------------------------------------------------------------------------------------------------


def test_xls_reads_as_xlsx() -> None:
    xlwt = pytest.importorskip("xlwt", reason="writes .xls; only the real files of the data folder are read without it")
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for y, row in enumerate((("问题", "答案"), ("几点？", "九点"))):
        for x, value in enumerate(row):
            sheet.write(y, x, value)
    buffer = io.BytesIO()
    book.save(buffer)
    assert seen(read(buffer.getvalue(), "a.xls")) == [("faq", "", "几点？", "九点")]


def test_doc_text_of_the_piece_table() -> None:
    from ingest.parse import doc
    from ingest.parse.writer import Writer

    text = "一、安装\r先断电。\x13 HYPERLINK x \x14链接\x15\r型号\x07价格\x07\x07X1\x07299\x07\x07之后\r"
    pieces = list(_pieces_of(text))
    assert "".join(pieces) == text
    writer = Writer()
    doc._write(writer, text)
    assert seen(writer.parsed()) == [
        ("text", "一、安装", "", "先断电。链接"),
        ("table", "一、安装", "型号 | 价格", "X1 | 299"),
        ("text", "一、安装", "", "之后"),
    ]


def _pieces_of(text: str) -> list[str]:
    """The text cut into a compressed and a UTF-16 piece, and read back."""
    from ingest.parse import doc

    main = b"\x00" * 64 + "ab".encode("cp1252") + text.encode("utf-16-le")
    ends = (0, 2, 2 + len(text))
    table = struct.pack("<3I", *ends)
    table += b"\x00\x00" + struct.pack("<I", 64 * 2 | 0x40000000) + b"\x00\x00"
    table += b"\x00\x00" + struct.pack("<I", 66) + b"\x00\x00"
    found = list(doc._pieces(main, b"\x02" + struct.pack("<I", len(table)) + table))
    assert found[0] == "ab"
    return found[1:]


# -- pictures ----------------------------------------------------------------------------------------------------------


def picture(text: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (900, 200), "white")
    ImageDraw.Draw(image).text((40, 60), text, fill="black", font=ImageFont.load_default(56))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_picture_needs_ocr_without_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "languages", lambda: "")
    with pytest.raises(ParseError) as caught:
        read(picture("Hello"), "a.png")
    assert caught.value.code == "needs_ocr"
    assert "tesseract" in str(caught.value)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_picture_is_read_by_tesseract() -> None:
    parsed = read(picture("Restart the router"), "a.png")
    assert parsed.text == "Restart the router"
    assert parsed.metadata == {"ocr": True}
    with pytest.raises(ParseError) as caught:
        read(picture(""), "a.png")
    assert caught.value.code == "needs_ocr"
