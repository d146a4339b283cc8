"""Exports and formats that a team has beside its documents: mails with history, wikis, mind maps, Yuque, Excel's text."""

from __future__ import annotations

import io
import json
import zipfile
from email.message import EmailMessage
from urllib.parse import quote

import pytest

from ingest.clean import clean
from ingest.parse import parse
from rag.domain import Block, Parsed


def read(content: str | bytes, name: str) -> Parsed:
    return parse(content if isinstance(content, bytes) else content.encode(), filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def mail(body: str, subtype: str = "plain", **parameters: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Re: Valve", "a@x.example"
    message.set_content(body, subtype=subtype, cte="8bit")
    for name, value in parameters.items():
        message.set_param(name, value)
    return message.as_bytes()


@pytest.mark.parametrize(
    "quoted",
    [
        "-----Original Message-----\nFrom: Bo <b@x.example>\nSent: Monday\nSubject: Valve\n\nIs it V9?",
        "On Mon, 2 Mar 2026 at 18:11, Bo <b@x.example> wrote:\n> Is it V9?",
        "在 2026年3月2日 18:11，小波 <b@x.example> 写道：\n> Is it V9?",
        "发件人: 小波 <b@x.example>\n发送时间: 2026年3月2日\n主题: 阀\n\nIs it V9?",
        "> Is it V9?\n> Bo",
    ],
)
def test_a_reply_does_not_say_what_it_quotes(quoted: str) -> None:
    parsed = read(mail(f"Take valve V3.\n\n{quoted}\n"), "a.eml")
    assert texts(parsed) == ["Take valve V3."]
    assert parsed.metadata["left_out"] == {"quoted mails": ["yes"]}


def test_html_replies_and_mails_that_are_quotes_alone() -> None:
    body = '<div>Take V3.</div><div class="gmail_quote"><div>On Monday Bo wrote:</div><blockquote>V9?</blockquote></div>'
    assert texts(read(mail(body, "html"), "a.eml")) == ["Take V3."]
    assert "V9?" in read(mail("> Is it V9?\n> Bo\n"), "a.eml").text
    assert "V9?" in "".join(
        texts(read(mail("See below.\n\n---------- Forwarded message ----------\nFrom: Bo\nV9?\n"), "a.eml"))
    )
    between = "> Which?\nV3.\n> When?\nMonday.\n> Where?\nHere.\n"
    answered = read(mail(between), "a.eml")
    assert [(block.header, text) for block, text in zip(answered.blocks, texts(answered), strict=True)] == [
        ("Which?", "V3."), ("When?", "Monday."), ("Where?", "Here."),
    ], "answers between the lines need them"  # fmt: skip


def test_flowed_text_and_invitations() -> None:
    flowed = mail("The oven cools for for \nty minutes.\nThen clean it.\n", format="flowed", delsp="yes")
    assert texts(read(flowed, "a.eml")) == ["The oven cools for forty minutes.", "Then clean it."]
    message = EmailMessage()
    message["Subject"] = "Training"
    message.set_content("You are invited.")
    event = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Europe/Paris:20260318T140000\nDTEND;TZID=Europe/Paris:20260318T153000\n"
        "SUMMARY:Safety\\, part 2\nLOCATION:Hall\n  7\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    message.add_alternative(event, subtype="calendar")
    assert texts(read(message.as_bytes(), "a.eml"))[1:] == [
        "Event: Safety, part 2", "Time: 2026-03-18 14:00 (Europe/Paris) – 15:30", "Place: Hall 7",
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [20, 21, 22])
def test_an_invitation_folded_within_a_character(cut: int) -> None:
    summary = "SUMMARY:月末盘点与安全培训".encode()
    event = (
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
        + summary[:cut]
        + b"\r\n "
        + summary[cut:]
        + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message = EmailMessage()
    message["Subject"] = "培训"
    message.set_content("请准时参加。")
    message.add_alternative(event, "text", "calendar", cte="base64", params={"charset": "utf-8"})
    assert texts(read(message.as_bytes(), "a.eml"))[1:] == ["主题：月末盘点与安全培训"]


WIKI = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>Help</sitename></siteinfo>
<page><title>Gate</title><ns>0</ns>
<revision><id>1</id><timestamp>2024-01-01T00:00:00Z</timestamp><text>Code '''1111'''.</text></revision>
<revision><id>2</id><timestamp>2026-01-01T00:00:00Z</timestamp><text>== Code ==
Use the [[card|blue card]].{{Note|Never share it}}{{Infobox|x=1}}
* one
* two
{| class="wikitable"
! Size !! Price
|-
| S || rowspan="2" | 18
|}
[[Category:X]]</text></revision></page>
<page><title>Talk:Gate</title><ns>1</ns><revision><text>No.</text></revision></page></mediawiki>"""


def test_a_wiki_is_read_as_its_latest_revisions() -> None:
    parsed = read(WIKI, "dump.xml")
    assert parsed.blocks[0].section == ("Gate", "Code")
    # A remark is a box of its own on the page, not part of the sentence before it.
    assert texts(parsed)[:4] == ["Use the blue card.", "Never share it", "one", "two"]
    assert {cell.name: cell.value for cell in parsed.blocks[-1].cells} == {"Size": "S", "Price": "18"}
    assert "1111" not in parsed.text and parsed.metadata["left_out"] == {"pages": ["Talk:Gate"]}


def test_a_mind_map() -> None:
    leaf = {"title": "Battery low", "notes": {"plain": {"content": "Charge it."}}}
    root = {
        "title": "Faults",
        "children": {"attached": [{"title": "Red light", "children": {"attached": [leaf]}}, {"title": "Noise"}]},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("content.json", json.dumps([{"rootTopic": root}]))
    parsed = read(buffer.getvalue(), "a.xmind")
    assert (parsed.title, [(block.section, text) for block, text in zip(parsed.blocks, texts(parsed), strict=True)]) == (
        "Faults",
        [(("Red light",), "Battery low\nCharge it."), ((), "Noise")],
    )


def test_a_yuque_document() -> None:
    label, code = (quote(json.dumps(told)) for told in ({"label": "IP67"}, {"code": "reset now"}))
    source = (
        f'<!doctype lake><meta name="doc-version" content="1" /><h2>Case</h2>'
        f'<p>It is <card name="label" value="data:{label}"></card>.</p>'
        f'<card type="block" name="codeblock" value="data:{code}"></card>'
    )
    assert texts(read(source, "a.lake")) == ["It is IP67.", "reset now"]


def test_a_table_saved_as_text() -> None:
    source = 'Item\tNote\nLamp\t"Two ""warm"" tones"\nFan\tquiet\n'
    assert texts(read(source.encode("utf-16"), "a.txt")) == ['Item: Lamp; Note: Two "warm" tones', "Item: Fan; Note: quiet"]
    assert len(texts(read("A\tB\nplain line\nand more\n", "a.txt"))) > 0
    assert read("One.\n\tindented\nTwo.\n", "a.txt").blocks[0].kind == "text"


def test_radicals_are_read_as_characters() -> None:
    parsed = Parsed("⽤⼾⻚⾯的⻓度", (Block(0, 7),), title="⻔")
    cleaned, counts = clean(parsed)
    assert (cleaned.text, cleaned.title, cleaned.blocks[0].end) == ("用户页面的长度", "门", 7)
    assert counts["radicals"] > 0
    assert clean(parsed, ["radicals"])[0].text == parsed.text
