"""Presentations and mails made here, and that reading them asks no network."""

import base64
import io
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pptx
import pytest
from pptx.presentation import Presentation
from pptx.util import Inches

from ingest.parse import parse
from ingest.parse.removed import SPEAKER_NOTES, recording
from rag.domain import Parsed
from rag.errors import ParseError

Seen = list[tuple[str, str, str, str]]


def deck(fill: Callable[[Presentation], None]) -> bytes:
    presentation = pptx.Presentation()
    fill(presentation)
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def manual(presentation: Presentation) -> None:
    cover = presentation.slides.add_slide(presentation.slide_layouts[0])
    cover.shapes.title.text = "路由器 X1 培训"
    cover.placeholders[1].text = "售后部"
    steps = presentation.slides.add_slide(presentation.slide_layouts[1])
    steps.shapes.title.text = "恢复出厂设置"
    frame = steps.placeholders[1].text_frame
    frame.text = "按住复位键十秒"
    frame.add_paragraph().text = "等待指示灯变绿"
    inner = frame.add_paragraph()
    inner.text, inner.level = "约两分钟", 1
    steps.notes_slide.notes_text_frame.text = "提醒学员先备份配置。\n备份在系统菜单里。"
    prices = presentation.slides.add_slide(presentation.slide_layouts[5])
    prices.shapes.title.text = "Prices"
    table = prices.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, text in enumerate(("Model", "Price", "X1", "299")):
        table.cell(at // 2, at % 2).text = text
    prices.notes_slide.notes_text_frame.text = "Prices change in May."


def mail(body: str, subtype: str = "plain", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in ({"Subject": "停机通知", "From": "张伟 <Zhang@example.com>"} | headers).items():
        message[name] = value
    message.set_content(body, subtype=subtype)
    return message


def read(content: bytes | EmailMessage, filename: str = "a.eml") -> Parsed:
    return parse(content if isinstance(content, bytes) else content.as_bytes(), filename=filename, mime_type=None)


def seen(parsed: Parsed) -> Seen:
    return [(b.kind, " › ".join(b.section), b.header, parsed.text[b.start : b.end]) for b in parsed.blocks]


def texts(parsed: Parsed) -> list[str]:
    return [text for *_, text in seen(parsed)]


def refused(content: bytes | EmailMessage, filename: str) -> str:
    with pytest.raises(ParseError) as caught:
        read(content, filename)
    assert caught.value.fix
    return caught.value.code


# -- presentations -----------------------------------------------------------------------------------------------------


def with_notes(content: bytes) -> Parsed:
    """Notes are the speaker's: read only where `ingest.clean_off` says so."""
    with recording([SPEAKER_NOTES]):
        return read(content, "x1.pptx")


def test_speaker_notes_are_left_out_and_told() -> None:
    parsed = read(deck(manual), "x1.pptx")
    assert "备份" not in parsed.text and "change in May" not in parsed.text
    assert parsed.metadata["left_out"]["speaker notes"] == ["2", "3"]


def test_slides_are_sections_with_points_table_rows_and_notes() -> None:
    parsed = with_notes(deck(manual))
    assert parsed.title == "路由器 X1 培训"
    assert seen(parsed) == [
        ("text", "", "", "售后部"),
        ("list", "恢复出厂设置", "", "按住复位键十秒"),
        ("list", "恢复出厂设置", "", "等待指示灯变绿"),
        ("list", "恢复出厂设置", "", "约两分钟"),
        ("text", "恢复出厂设置", "演讲者备注", "提醒学员先备份配置。"),
        ("text", "恢复出厂设置", "演讲者备注", "备份在系统菜单里。"),
        ("table", "Prices", "Model | Price", "X1 | 299"),
        ("text", "Prices", "Speaker notes", "Prices change in May."),
    ]
    assert "- 按住复位键十秒\n- 等待指示灯变绿\n  - 约两分钟" in parsed.text
    assert len({block.group for block in parsed.blocks if block.kind == "list"}) == 1
    assert parsed.metadata == {"slides": 3}


def test_a_slide_without_a_title_is_not_in_the_section_before_it_and_may_have_notes_alone() -> None:
    def fill(presentation: Presentation) -> None:
        for title in ("Manual", "Setup"):
            presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = title
        blank = presentation.slides.add_slide(presentation.slide_layouts[6])
        box = blank.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1))
        box.text_frame.text = "The device restarts twice while it installs the update, which takes five minutes."
        picture = presentation.slides.add_slide(presentation.slide_layouts[6])
        picture.notes_slide.notes_text_frame.text = "Show the cable."

    assert seen(with_notes(deck(fill))) == [
        ("text", "", "", "Setup"),
        ("text", "", "", "The device restarts twice while it installs the update, which takes five minutes."),
        ("text", "", "Speaker notes", "Show the cable."),
    ]


def test_presentations_that_cannot_be_read() -> None:
    def nothing(presentation: Presentation) -> None:
        presentation.slides.add_slide(presentation.slide_layouts[6])

    good = deck(manual)
    assert refused(deck(nothing), "a.pptx") == "empty"
    assert refused(good[: len(good) // 2], "a.pptx") == "broken"
    assert refused(_without(good, "ppt/slides/slide2.xml"), "a.pptx") == "broken"
    assert refused(_locked(good), "a.pptx") == "encrypted"


def _without(content: bytes, name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.infolist():
            if entry.filename != name:
                target.writestr(entry, source.read(entry))
    return buffer.getvalue()


def _locked(content: bytes) -> bytes:
    """The archive with every entry marked as encrypted."""
    buffer = bytearray(content)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = buffer.find(signature)
        while at >= 0:
            buffer[at + flags] |= 1
            at = buffer.find(signature, at + 4)
    return bytes(buffer)


# -- mails -------------------------------------------------------------------------------------------------------------


def test_subject_fields_body_and_names_of_attachments() -> None:
    sent = {"To": "Li <li@example.com>, wang@example.com", "Date": "Mon, 23 Nov 2026 23:30:00 +0800"}
    message = mail("各位好：\n\n服务器周六停机两小时。\n\n- 先保存\n- 再退出\n", **sent)
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="停机计划.pdf")
    message.add_attachment("secret text", filename="notes.txt")
    parsed = read(message)
    assert parsed.title == "停机通知"
    assert parsed.text == (
        "停机通知\n\n各位好：\n\n服务器周六停机两小时。\n\n- 先保存\n- 再退出\n\n附件：停机计划.pdf, notes.txt"
        "\n\n附件：notes.txt\n\nsecret text\n"
    )
    assert [kind for kind, *_ in seen(parsed)] == ["text", "text", "list", "list", "text", "text"]
    assert seen(parsed)[-1][1] == "附件：notes.txt"
    fields = {"from": "zhang@example.com", "to": "li@example.com, wang@example.com", "date": "2026-11-23"}
    assert [block.fields for block in parsed.blocks] == [fields] * 6
    assert parsed.metadata == {
        "from": ["张伟 <zhang@example.com>"],
        "to": ["Li <li@example.com>", "wang@example.com"],
        "date": "2026-11-23T23:30:00+08:00",
        "attachments": ["停机计划.pdf", "notes.txt"],
        "attachments_not_read": ["停机计划.pdf: broken"],
    }


def test_html_bodies_keep_headings_lists_lines_and_tables_and_open_layout_tables() -> None:
    html = """<table><tr><td><table><tr><td><h2>安装</h2><p>第一行<br>第二行</p></td></tr></table></td></tr></table>
    <ol><li>打开</li><li>确认</li></ol>
    <table><tr><th>产品</th><th>价格</th></tr><tr><td rowspan="2">甲</td><td>1 元</td></tr><tr><td>2 元</td></tr></table>"""
    message = mail("plain version")
    message.add_alternative(html, subtype="html")
    parsed = read(message)
    assert seen(parsed) == [
        ("text", "安装", "", "第一行\n第二行"),
        ("list", "安装", "", "打开"),
        ("list", "安装", "", "确认"),
        ("table", "安装", "产品 | 价格", "甲 | 1 元"),
        ("table", "安装", "产品 | 价格", "甲 | 2 元"),
    ]
    assert "1. 打开\n2. 确认" in parsed.text
    assert {block.fields["from"] for block in parsed.blocks} == {"zhang@example.com"}


def test_lines_that_the_mailer_broke_are_joined_and_others_are_not() -> None:
    chinese = "这是一段很长的中文说明文字，邮件客户端会在固定的宽度处把它折成两行，因此一个完整的句子会"
    english = "This is a long English sentence that the mail client has broken at its"
    body = f"{chinese}\n被分开。\n\n{english}\nright edge.\n\nRegards\nAlice\n\n> an older mail\n> goes on\n"
    wanted = [f"{chinese}被分开。", f"{english} right edge.", "Regards", "Alice"]
    parsed = read(mail(body))
    assert texts(parsed) == wanted, "what is quoted is another mail's"
    assert parsed.metadata["left_out"] == {"quoted mails": ["yes"]}


@pytest.mark.parametrize("declared", ["gb2312", "us-ascii", "x-unknown", "utf-8"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_chinese_bodies_and_headers_under_the_wrong_charset(declared: str, encoding: str) -> None:
    words = "朱镕先生：您的订单已经发货，请注意查收，谢谢您的支持。"
    head = f"Subject: 订单已经发货，请您查收\nFrom: a@b.cn\nContent-Type: text/plain; charset={declared}\n\n"
    parsed = read((head + words).encode(encoding))
    assert parsed.title == "订单已经发货，请您查收"
    assert texts(parsed) == [words]


def test_a_subject_in_gbk_whose_encoded_words_halve_a_character() -> None:
    raw = "镕基设备说明".encode("gbk")
    words = "\n ".join(f"=?gb2312?B?{base64.b64encode(part).decode()}?=" for part in (raw[:3], raw[3:]))
    assert read(f"Subject: {words}\n\nText.".encode()).title == "镕基设备说明"


def test_a_rare_character_of_gbk_under_the_name_of_gb2312() -> None:
    word = base64.b64encode("喆".encode("gbk")).decode()
    assert read(f"Subject: =?GB2312?B?{word}?=\n\nText.".encode()).title == "喆"


def test_mails_that_break_the_rules() -> None:
    assert texts(read(b"Subject: S\nContent-Type: multipart/mixed; boundary=x\n\nNo parts at all.")) == ["No parts at all."]
    assert texts(read(b"Subject: S\nDate: yesterday\nFrom: <<@>\nTo: \n\nText.")) == ["Text."]
    assert read(b"Subject: Only this\n\n").text == "Only this"
    assert texts(read("Subject: S\n\n中文与 text".encode("utf-16"))) == ["中文与 text"]
    forwarded = mail("See below.")
    forwarded.add_attachment(mail("old", Subject="Older mail"))
    assert texts(read(forwarded)) == ["See below.", "附件：Older mail", "old"]


def test_mails_that_cannot_be_read() -> None:
    sealed = b"Subject: S\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB"
    assert refused(sealed, "a.eml") == "encrypted"
    assert refused(b'Subject: S\nContent-Type: multipart/encrypted; boundary="x"\n\n--x--', "a.eml") == "encrypted"
    assert refused(b"From: a@b.c\n\n", "a.eml") == "empty"
    assert refused(mail("<p> </p>", "html", Subject=""), "a.eml") == "empty"


# -- the package -------------------------------------------------------------------------------------------------------

_OFFLINE = """
    import socket, sys

    asked = []

    def refuse(*args, **kwargs):
        asked.append(args)
        raise OSError("no network")

    socket.create_connection = socket.getaddrinfo = socket.socket.connect = socket.socket.connect_ex = refuse
    from ingest.parse import parse

    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            print(parse(file.read(), filename=name, mime_type=None).title)
    print(asked)
"""


def test_no_network_is_asked_and_nothing_is_printed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("offline")
    (folder / "a.pptx").write_bytes(deck(manual))
    (folder / "b.eml").write_bytes(mail("服务器停机。明天恢复！").as_bytes())
    (folder / "c.eml").write_bytes(mail("<p>Hello.</p>", "html", Subject="Greetings").as_bytes())
    command = [sys.executable, "-c", textwrap.dedent(_OFFLINE), *map(str, sorted(folder.iterdir()))]
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode == 0:
        command = [unshare, "-rn", *command]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={"PYTHONPATH": ":".join(sys.path)}, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["路由器 X1 培训", "停机通知", "Greetings", "[]"]
    assert done.stderr == ""
