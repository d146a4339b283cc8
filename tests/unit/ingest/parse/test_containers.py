"""Mailboxes, outlines, mind maps, notebooks, compiled help, OFD: as their readers see them."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import pytest

from ingest.parse import parse
from rag.domain import Parsed
from rag.errors import ParseError


def read(content: str | bytes, name: str | None) -> Parsed:
    return parse(content if isinstance(content, bytes) else content.encode(), filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def sections(parsed: Parsed) -> list[tuple[str, ...]]:
    return [block.section for block in parsed.blocks]


# -- mailboxes -------------------------------------------------------------------------------------------------------------


def mail(subject: str, body: str, more: str = "", date: str = "Mon Mar  2 09:00:00 2026") -> str:
    head = f"From: a@x.example\nSubject: {subject}\n{more}Content-Type: text/plain; charset=utf-8\n"
    return f"From a@x.example {date}\n{head}\n{body}\n\n"


@pytest.mark.parametrize("name", ["a.mbox", None])
def test_a_sentence_that_begins_with_from_parts_no_mail(name: str | None) -> None:
    # mailbox.mbox of Python 3.11 takes each of these lines for the start of a mail.
    body = "Two settings.\n\nFrom the second one on it draws 9 A.\nWarranty: 3 years.\n\nFrom Bo: see above."
    parsed = read(mail("Pump", body) + mail("Valve", ">From the left it opens."), name)
    assert texts(parsed) == [
        "Two settings.", "From the second one on it draws 9 A.", "Warranty: 3 years.", "From Bo: see above.",
        "From the left it opens.",
    ]  # fmt: skip
    assert sections(parsed)[0] == ("Pump",) and sections(parsed)[-1] == ("Valve",)
    assert parsed.blocks[-1].fields["from"] == "a@x.example"


def test_mails_in_the_bin_and_drafts_are_left_out() -> None:
    # Takeout writes the labels as encoded words (RFC 2047), in the language of the account.
    boxes = "X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe,Ge=C3=B6ffnet?=\n"
    parsed = read(
        mail("Kept", "Open.", "X-Gmail-Labels: Inbox\n")
        + mail("Draft", "Later.", boxes)
        + mail("Gone", "Old.", "X-Mozilla-Status: 0009\n"),
        "a.mbox",
    )
    assert texts(parsed) == ["Open."]
    assert parsed.metadata["left_out"] == {"mails": ["Draft (Entwürfe)", "Gone (deleted)"]}
    with pytest.raises(ParseError, match="no mail"):
        read("nothing here", "a.mbox")


# -- outlines and mind maps ------------------------------------------------------------------------------------------------


def test_opml_with_notes_html_and_comments() -> None:
    source = (
        '<opml version="2.0"><head><title>Soap</title></head><body><outline text="Care">'
        '<outline text="&lt;b&gt;Store&lt;/b&gt; it" _note="Below 25 °C.&#10;Turn it."/><outline title="Only a title"/>'
        '<outline text="Price" isComment="true"><outline text="1 euro"/></outline></outline></body></opml>'
    )
    for name in ("a.opml", "a.xml"):
        parsed = read(source, name)
        assert parsed.title == "Soap"
        assert texts(parsed) == ["Store it\nBelow 25 °C.\nTurn it.", "Only a title"]
        assert set(sections(parsed)) == {("Care",)}
        assert parsed.metadata["left_out"] == {"parts": ["Price"]}


def test_freemind() -> None:
    parsed = read(
        '<map version="1.0.1"><node TEXT="Drone"><node TEXT="Lights"><node TEXT="Red">'
        '<richcontent TYPE="NOTE"><html><body><p>Battery low.</p><p>Charge it.</p></body></html></richcontent></node></node>'
        "</node></map>",
        "a.mm",
    )
    assert parsed.title == "Drone"
    assert (sections(parsed), texts(parsed)) == ([("Lights",)], ["Red\nBattery low.\nCharge it."])


def test_xmind_keeps_what_hangs_beside_its_branches() -> None:
    # xmindparser 1.2.2 and xmind-converter 1.1.1 drop floating topics, summaries and the titles of relationships.
    root = {
        "id": "r", "title": "Drone",
        "children": {
            "attached": [{"id": "a", "title": "Red"}],
            "detached": [{"id": "b", "attributedTitle": [{"text": "Blue"}, {"text": " light"}]}],
            "summary": [{"id": "c", "title": "All lights"}],
            "callout": [{"id": "d", "title": "Look!"}],
        },
    }  # fmt: skip
    told = [{"rootTopic": root, "relationships": [{"end1Id": "a", "end2Id": "b", "title": "turns into"}]}]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("content.json", json.dumps(told))
        archive.writestr(
            "content.xml", "<xmap-content><sheet><topic><title>cannot be opened</title></topic></sheet></xmap-content>"
        )
    assert texts(read(buffer.getvalue(), "a.xmind")) == [
        "Red",
        "Blue light",
        "All lights",
        "Look!",
        "Red → Blue light: turns into",
    ]


# -- notebooks -------------------------------------------------------------------------------------------------------------


def test_notebooks_show_text_code_and_results() -> None:
    # nbconvert 7.17 prints cells that a tag hides; MarkItDown 0.1.9 drops all results.
    table = "<table><tr><th>Model</th><th>Price</th></tr><tr><td>A</td><td>5</td></tr></table>"
    cells = [
        {"cell_type": "markdown", "source": ["# Heat\n", "Some **words**.\n", "## Use"]},
        {"cell_type": "code", "source": "total()\n# a comment", "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["55 EUR\n"]},
            {"output_type": "stream", "name": "stderr", "text": ["warning"]},
            {"output_type": "execute_result", "data": {"text/plain": ["<pandas.DataFrame>"], "text/html": table}},
            {"output_type": "error", "traceback": ["Traceback"]},
        ]},
        {"cell_type": "code", "metadata": {"tags": ["remove-cell"]}, "source": "secret = 1", "outputs": []},
        {"cell_type": "code", "metadata": {"tags": ["remove-input"]}, "source": "x()", "outputs": [
            {"output_type": "display_data", "data": {"text/markdown": "It is **7**."}}
        ]},
        {"cell_type": "raw", "source": "raw"},
    ]  # fmt: skip
    parsed = read(json.dumps({"cells": cells, "nbformat": 4}), "a.ipynb")
    assert parsed.title == "Heat"
    assert texts(parsed) == ["Some **words**.", "total()\n# a comment", "55 EUR", "A | 5", "It is **7**."]
    assert sections(parsed)[2] == ("Heat", "Use")
    assert parsed.metadata["left_out"] == {"cells": ["secret = 1"]}


# -- compiled help ---------------------------------------------------------------------------------------------------------


def _short(number: int) -> bytes:
    """An ENCINT of the format: seven bits a byte, the highest first."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def compiled(files: dict[str, bytes], *, microsoft: bool = True) -> bytes:
    """Compiled help whose members are not packed, with the header of either compiler."""
    body, entries = b"", b""
    for name, data in sorted(files.items()):
        entries += _short(len(name)) + name.encode() + _short(0) + _short(len(body)) + _short(len(data))
        body += data
    size = 0x1000
    chunk = b"PMGL" + struct.pack("<IIii", size - 20 - len(entries), 0, -1, -1) + entries
    chunk = chunk.ljust(size - 2, b"\0") + struct.pack("<H", len(files))
    guid = bytes.fromhex("fd017caa7bd0119e0c00a0c922e6ec")
    itsp = b"ITSP" + struct.pack("<IIIIIIiiiiII", 1, 0x54, 10, size, 2, 1, -1, 0, 0, -1, 1, 0x409)
    itsp = (
        itsp + b"\x6a\x92\x02\x5d\x2e\x21\xd0\x11\x9d\xf9\x00\xa0\xc9\x22\xe6\xec" + struct.pack("<Iiii", 0x54, -1, -1, -1)
    )[:0x54]
    second = 0x60 + 0x18
    start = second + 0x54 + size
    total = start + len(body)
    head = b"ITSF" + struct.pack("<IIIII", 3, 0x60, 1, 0, 0x409) + b"\x10" + guid + (b"\x11" if microsoft else b"\x10") + guid
    head += struct.pack("<QQQQQ", 0x60, 0x18, second, 0x54 + size, start)
    return head + struct.pack("<IIQII", 0x1FE, 0, total, 0, 0) + itsp + chunk + body


def _system(lcid: int, title: bytes) -> bytes:
    entries = [(0, b"toc.hhc\0"), (3, title + b"\0"), (4, struct.pack("<I", lcid) + bytes(32))]
    return struct.pack("<I", 3) + b"".join(struct.pack("<HH", code, len(data)) + data for code, data in entries)


@pytest.mark.parametrize("microsoft", [True, False])
def test_compiled_help_in_the_order_and_the_code_page_of_its_book(microsoft: bool) -> None:
    # pylibmspack 0.4.0 refuses what Free Pascal's chmcmd compiles; nobody decodes pages that name no charset.
    toc = (
        '<html><body><ul><li><object type="text/sitemap"><param name="Name" value="故障"><param name="Local" value="b.htm">'
        '</object><li><object type="text/sitemap"><param name="Name" value="起步">'
        '<param name="Local" value="a.htm#top"></object>'
        "</ul></body></html>"
    )
    pages = {
        "/a.htm": "<h1>起步</h1><p>长按九秒。</p>",
        "/b.htm": "<p>风扇堵塞。</p>",
        "/z.htm": "<title>附录</title><p>其他。</p>",
    }
    files = {name: text.encode("gbk") for name, text in pages.items()}
    files |= {"/toc.hhc": toc.encode("gbk"), "/#SYSTEM": _system(0x804, "手册".encode("gbk")), "/$OBJINST": b"x"}
    parsed = read(compiled(files, microsoft=microsoft), "a.chm")
    assert parsed.title == "手册"
    assert texts(parsed) == ["风扇堵塞。", "长按九秒。", "其他。"]
    assert sections(parsed) == [("故障",), ("起步",), ("附录",)]
    assert parsed.metadata["language"] == "zh"
    with pytest.raises(ParseError, match="damaged"):
        read(compiled(files)[:200], "a.chm")


# -- OFD -------------------------------------------------------------------------------------------------------------------

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def _text(x: float, y: float, text: str, size: float = 4, told: str = "", steps: str = "") -> str:
    delta = f' DeltaX="{steps}"' if steps else ""
    return (
        f'<ofd:TextObject ID="5" Boundary="{x} {y} 100 6" Size="{size}"{told}>'
        f'<ofd:TextCode X="0" Y="{size}"{delta}>{text}</ofd:TextCode></ofd:TextObject>'
    )


def ofd(objects: str, template: str = "") -> bytes:
    def page(inner: str, uses: str = "") -> str:
        return f'<ofd:Page {_OFD}>{uses}<ofd:Content><ofd:Layer ID="2">{inner}</ofd:Layer></ofd:Content></ofd:Page>'

    info = "<ofd:DocInfo><ofd:Title>说明</ofd:Title></ofd:DocInfo>"
    parts = {
        "OFD.xml": f"<ofd:OFD {_OFD}><ofd:DocBody>{info}<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_OFD}>"
        '<ofd:CommonData><ofd:TemplatePage ID="9" BaseLoc="T/1.xml"/></ofd:CommonData>'
        f'<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/0.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/T/1.xml": page(template),
        "Doc_0/Pages/0.xml": page(objects, '<ofd:Template TemplateID="9"/>'),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_ofd_by_place_not_by_order_in_the_file() -> None:
    # easyofd 20260427 gives objects in file order, hidden and transparent ones too, and joins templates by file number.
    inner = f'<ofd:PageBlock ID="7" Boundary="0 30 200 50">{_text(20, 20, "1. 拔下电源线。")}</ofd:PageBlock>'
    objects = (
        _text(20, 70, "2. 按住五秒。") + inner + _text(20, 90, "型号GX-7价格89元", steps="4 4 2.2 2.2 2.2 14 4 14 2.2 2.2")
    )
    hidden = _text(20, 100, "秘密", told=' Visible="false"') + _text(20, 110, "透明", told=' Alpha="0"')
    parsed = read(ofd(objects + hidden, _text(20, 20, "网关说明", 8)), "a.ofd")
    assert parsed.title == "说明"
    assert [text for text in texts(parsed) if "型号" not in text] == ["拔下电源线。", "按住五秒。"]
    assert any("GX-7 价格 89元" in text.replace("|", " ").replace("  ", " ") for text in texts(parsed)), texts(parsed)
    assert sections(parsed)[0] == ("网关说明",) and parsed.blocks[0].fields == {"page": "1"}
    assert parsed.metadata["left_out"] == {"hidden texts": ["2"]}
    with pytest.raises(ParseError, match="no text"):
        read(ofd(""), "a.ofd")
