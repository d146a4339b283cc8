"""Wikis: Confluence, MediaWiki, Notion, Textile; and equations."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document as DocxDocument
from lxml import etree

from ingest import notion
from ingest.expand import expand
from ingest.parse import parse
from ingest.sources import find
from rag.domain import Parsed


def read(content: str | bytes, name: str) -> Parsed:
    return parse(content if isinstance(content, bytes) else content.encode(), filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


# -- Confluence ------------------------------------------------------------------------------------------------------------


def macro(name: str, inner: str, **told: str) -> str:
    parameters = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in told.items())
    return f'<ac:structured-macro ac:name="{name}">{parameters}{inner}</ac:structured-macro>'


def body(inner: str) -> str:
    return f"<ac:rich-text-body>{inner}</ac:rich-text-body>"


def code(text: str) -> str:
    return f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"


@pytest.mark.parametrize("name", ["page.html", "page.xml"])
@pytest.mark.parametrize(
    ("source", "seen"),
    [
        # lxml 6.1 in recovery and BeautifulSoup's "xml" delete named entities: "10 ± 2 µm" reads as "102m".
        ("<p>10&nbsp;&plusmn;&nbsp;2&nbsp;&micro;m</p>", ["10 ± 2 µm"]),
        # HTML parsers take CDATA for a comment: link texts vanish and code ends at its first `>`.
        ('<p>See <ac:link><ri:page ri:content-title="A"/><ac:plain-text-link-body><![CDATA[the card]]>'
         "</ac:plain-text-link-body></ac:link>.</p>", ["See the card."]),
        ('<p>See <ac:link><ri:page ri:content-title="Gate card" /></ac:link>.</p>', ["See Gate card."]),
        (macro("code", code("gate --open && gate <x>"), language="bash"), ["gate --open && gate <x>"]),
        (macro("info", body("<p>24 V.</p>")), ["24 V."]),
        (macro("status", "", title="Ready", colour="Green"), ["Ready"]),
        (macro("toc", "", maxLevel="2") + "<p>Open.</p>", ["Open."]),
        (macro("jira", "", key="HW-77", server="J") + "<p>Open.</p>", ["Open."]),
        ("<p>Open.</p><ac:placeholder>Type 99 here</ac:placeholder>", ["Open."]),
        ('<p>On <time datetime="2026-03-01" />.</p>', ["On 2026-03-01."]),
        ("<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>Check it"
         "</ac:task-body></ac:task></ac:task-list>", ["Check it"]),
        ('<ac:adf-extension><ac:adf-node type="panel"><ac:adf-content><p>Once.</p></ac:adf-content></ac:adf-node>'
         "<ac:adf-fallback><p>Once.</p></ac:adf-fallback></ac:adf-extension>", ["Once."]),
        (macro("unknown-one", body("<p>Words.</p>")), ["Words."]),
    ],
)  # fmt: skip
def test_confluence_pages(name: str, source: str, seen: list[str]) -> None:
    assert texts(read(f"<p><ac:emoticon ac:name='x'/></p>{source}", name)) == seen


def test_confluence_titles_and_folded_parts() -> None:
    parsed = read(
        macro("panel", body("<p>24 V.</p>"), title="Power") + macro("expand", body("<p>6 s.</p>"), title="Reset"), "a.xml"
    )
    assert [(block.section, block.header) for block in parsed.blocks] == [(("Power",), ""), ((), "Reset")]


def test_a_space_of_confluence_has_its_current_open_pages_in_order() -> None:
    def page(key: int, title: str, more: str = "", kind: str = "Page") -> str:
        told = f'<id name="id">{key}</id><property name="title"><![CDATA[{title}]]></property>{more}'
        text = f'<property name="body"><![CDATA[<p>Text of {title}&nbsp;now.</p>]]></property>'
        owner = f'<property name="content" class="{kind}"><id name="id">{key}</id></property>'
        return f'<object class="{kind}">{told}</object><object class="BodyContent">{text}{owner}</object>'

    current = '<property name="contentStatus">current</property>'
    source = (
        '<?xml version="1.0"?><hibernate-generic><object class="Space"><property name="name">Help</property></object>'
        + page(1, "Second", current + '<property name="position">2</property>')
        + page(2, "First", current + '<property name="position">1</property>')
        + page(3, "Draft", '<property name="contentStatus">draft</property>')
        + page(4, "Old", current + '<property name="originalVersion" class="Page"><id name="id">1</id></property>')
        + page(5, "Secret", current)
        + '<object class="ContentPermissionSet"><property name="type">View</property>'
        '<property name="owningContent" class="Page"><id name="id">5</id></property></object></hibernate-generic>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("entities.xml", source)
        archive.writestr("exportDescriptor.properties", "spaceKey=HELP")
        archive.writestr("attachments/1/2/3", b"\x89PNG")
    ((name, content),) = expand(buffer.getvalue(), "space.zip")
    parsed = read(content, name)
    assert parsed.title == "Help"
    assert texts(parsed) == ["Text of First now.", "Text of Second now."]
    assert parsed.metadata["left_out"] == {"pages": ["Draft (status: draft)", "Secret (restricted)"]}


# -- MediaWiki and Textile -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        # strip_code() of mwparserfromhell 0.7 and pandoc 3.9 drop every template with its words.
        ("It opens in {{convert|5|mm|in}} and lasts {{val|8|u=h}}.", ["It opens in 5 mm and lasts 8 h."]),
        ("It weighs {{nowrap|3 kg}}{{#if:|, new}}{{#if:x|.|!}}", ["It weighs 3 kg."]),
        ("Open.{{Warning|Keep it dry.}}", ["Open.", "Keep it dry."]),
        ("{{Infobox lock\n| name = Cedar\n| weight = 3 kg\n}}\nOpen.", ["name | Cedar", "weight | 3 kg", "Open."]),
        ("10<sup>-3</sup> m, H<sub>2</sub>O.", ["10⁻³ m, H₂O."]),
        ("-{zh-hans:软件;zh-hant:軟體}-好。", ["软件好。"]),
        ("A.<includeonly> hidden</includeonly><!-- x --> B.", ["A. B."]),
        ("See [[Card|the card]]s and [https://x.example the shop].", ["See the cards and the shop."]),
        ("[[File:a.jpg|thumb|200px|alt=Alt|The [[door]] is red.]]\nOpen.", ["The door is red.", "Open."]),
        ("* one\n** two\n# a\n#* b", ["one", "two", "a", "b"]),
        ('{| class="x"\n! Code !! Part\n|-\n| rowspan=2 | E1 || Fan\n|-\n| Belt\n|}', ["E1 | Fan", "E1 | Belt"]),
        ('<span style="display:none">secret</span>Open.', ["Open."]),
        ("<nowiki>'''x'''</nowiki> and '''bold'''.", ["'''x''' and bold."]),
        ("Open.\n[[Category:Locks]]\n[[de:Schloss]]", ["Open."]),
    ],
)  # fmt: skip
def test_wikitext_as_its_readers_see_it(source: str, seen: list[str]) -> None:
    assert texts(read(source, "a.wiki")) == seen


def test_textile() -> None:
    parsed = read(
        'h1. Kiln\n\np(note). The *Kiln* costs "five":https://x.example EUR, -old- _new_ H[~2~]O. @a_b@ a-b-c\n\n'
        "bc. on\noff\n\n"
        "# one\n## two\n\n|_. Code|_. Part|\n|/2. E1|Fan|\n|Belt|\n\n###. comment\n\nNote[1].\n\nfn1. Below.\n",
        "a.textile",
    )
    assert parsed.title == "Kiln"
    assert texts(parsed) == [
        "The Kiln costs five EUR, new H₂O. a_b a-b-c", "on\noff", "one", "two", "E1 | Fan", "E1 | Belt", "Note¹.", "¹ Below.",
    ]  # fmt: skip


# -- Notion ----------------------------------------------------------------------------------------------------------------

_A, _B, _C = "0a" * 16, "0b" * 16, "0c" * 16
_EXPORT = {
    f"Shelf {_A}.md": "# Shelf\n\nStatus: Done\nOwner: Lin\n\n<aside>\n💡 It carries **42 kg**.\n\n</aside>\n\n"
    f"[Parts](Shelf%20{_A}/Parts%20{_B}.csv)\n",
    f"Shelf {_A}/Parts {_B}.csv": "Name,Price\nPin,3 EUR\n",
    f"Shelf {_A}/Parts {_B}_all.csv": "Name,Price,Cost\nPin,3 EUR,1 EUR\nOld,2 EUR,1 EUR\n",
    f"Shelf {_A}/Parts {_B}/Pin {_C}.md": "# Pin\n\nPrice: 3 EUR\nStatus: Live\n",
    f"Shelf {_A}/Parts {_B}/Bolt {_C}.md": "# Bolt\n\nPrice: 4 EUR\n\nTurn it twice.\n",
}


def test_notion_archives() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in _EXPORT.items():
            archive.writestr(name, text)
    found = {name: content for name, content in expand(buffer.getvalue(), "n.zip")}
    assert list(found) == ["n.zip/Shelf.md", "n.zip/Shelf/Parts.csv", "n.zip/Shelf/Parts/Bolt.md"]
    shelf = read(found["n.zip/Shelf.md"], "Shelf.md")
    assert shelf.title == "Shelf"
    assert texts(shelf)[0].replace("**", "") == "💡 It carries 42 kg."
    assert (shelf.metadata["Status"], shelf.metadata["Owner"]) == ("Done", "Lin")
    assert _B not in shelf.text and "Owner" not in " ".join(texts(shelf))
    assert texts(read(found["n.zip/Shelf/Parts/Bolt.md"], "Bolt.md")) == ["Turn it twice."]


def test_notion_unpacked(tmp_path: Path) -> None:
    for name, text in _EXPORT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    names = [path.relative_to(tmp_path).as_posix() for _, path in find([tmp_path])]
    assert sorted(map(notion.plain_name, names)) == ["Shelf.md", "Shelf/Parts.csv", "Shelf/Parts/Bolt.md"]


# -- equations -------------------------------------------------------------------------------------------------------------

_M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def _run(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("omml", "text"),
    [
        (_run("5×") + f"<m:sSup><m:e>{_run('10')}</m:e><m:sup>{_run('-3')}</m:sup></m:sSup>", "5×10⁻³"),
        (f"<m:f><m:num>{_run('F')}</m:num><m:den>{_run('2a')}</m:den></m:f>", "F/2a"),
        (f"<m:f><m:num>{_run('a+b')}</m:num><m:den>{_run('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:rad><m:deg/><m:e>{_run('x+1')}</m:e></m:rad>", "√(x+1)"),
        (f"<m:sSub><m:e>{_run('v')}</m:e><m:sub>{_run('0')}</m:sub></m:sSub>", "v₀"),
        (f"<m:d><m:e>{_run('x')}</m:e></m:d>", "(x)"),
    ],
)
def test_equations_of_word(omml: str, text: str) -> None:
    # python-docx 1.2 and mammoth 1.13 drop equations, MarkItDown 0.1.9 all of them where one fraction has no m:fPr.
    document = DocxDocument()
    paragraph = document.add_paragraph("It is ")
    paragraph._p.append(etree.fromstring(f"<m:oMath {_M}>{omml}</m:oMath>"))
    paragraph.add_run(" N.")
    buffer = io.BytesIO()
    document.save(buffer)
    assert texts(read(buffer.getvalue(), "a.docx")) == [f"It is {text} N."]


def test_equations_of_pages() -> None:
    power = "<msup><mn>10</mn><mrow><mo>-</mo><mn>3</mn></mrow></msup>"
    drawn = '<span class="katex-html" aria-hidden="true">10<sup>-3</sup></span>'
    tex = '<annotation encoding="application/x-tex">10^{-3}</annotation>'
    katex = (
        f'<span class="katex"><span class="katex-mathml"><math><semantics>{power}{tex}</semantics></math></span>{drawn}</span>'
    )
    half = f"<math><mfrac><mi>F</mi><mn>2</mn></mfrac><mo>=</mo>{power}</math>"
    page = f"<main><h1>T</h1><p>It leaks {katex} bar, {half}.</p></main>"
    assert texts(read(page, "a.html")) == ["It leaks 10⁻³ bar, F/2 = 10⁻³."]
