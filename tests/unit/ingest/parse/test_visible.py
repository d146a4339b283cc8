"""What a reader of the published document sees, and nothing else."""

from __future__ import annotations

import io
import json

import pytest

from ingest.parse import parse
from ingest.parse.removed import UNPUBLISHED, recording
from rag.domain import Parsed
from rag.errors import ParseError

FILLER = "<p>This page is kept up to date by the team that is in charge of it, and read by everybody who works here.</p>"


def read(content: str | bytes, name: str) -> Parsed:
    return parse(content if isinstance(content, bytes) else content.encode(), filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def page(body: str, head: str = "") -> list[str]:
    return texts(read(f"<html><head>{head}</head><body><main><h1>T</h1>{FILLER}{body}</main></body></html>", "a.html"))[1:]


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("<p hidden>secret</p><p>open</p>", ["open"]),
        ('<p style="color:red; display: none">secret</p><p>open</p>', ["open"]),
        ('<div style="visibility:hidden"><p>secret</p></div><p>open</p>', ["open"]),
        ('<p>open</p><p aria-hidden="true">seen</p>', ["open", "seen"]),
        ('<div role="tabpanel" hidden><p>second tab</p></div>', ["second tab"]),
        ('<a href="#p2">More</a><div id="p2" style="display:none"><p>below the fold</p></div>', ["More", "below the fold"]),
        ("<p>It is <del>9</del> <ins>7</ins> euros, <s>not</s> cheap.</p>", ["It is 7 euros, cheap."]),
        ("<p>10<sup>-6</sup> m<sup>3</sup>, H<sub>2</sub>O, 1<sup>st</sup></p>", ["10⁻⁶ m³, H₂O, 1st"]),
        ("<p>Say <q>open</q>.</p>", ["Say “open”."]),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字</p>", ["漢字"]),
        ('<aside class="note"><p>Never above 40 degrees.</p></aside>', ["Never above 40 degrees."]),
        ('<aside class="related-links"><a href="/a">Other page</a> <a href="/b">Next page</a></aside><p>x</p>', ["x"]),
        ("<article><p>One.</p><footer><p>Valid until May.</p></footer></article>", ["One.", "Valid until May."]),
        ('<div class="sharing"><p>Folders are shared for a week.</p></div>', ["Folders are shared for a week."]),
        ('<div class="share"><a href="//x">Tweet</a></div><p>x</p>', ["x"]),
    ],
)  # fmt: skip
def test_html(body: str, seen: list[str]) -> None:
    assert page(body) == seen


def test_style_sheets_that_hide_and_numbers_of_list_items() -> None:
    assert page('<p class="internal">secret</p><p>open</p>', "<style>.internal, #x { display: none }</style>") == ["open"]
    parsed = read(f"<main><h1>T</h1>{FILLER}<ol><li value=4>four</li><li>five</li></ol></main>", "a.html")
    assert "4. four\n5. five" in parsed.text


def test_word_hidden_struck_and_raised_text() -> None:
    import docx

    document = docx.Document()
    paragraph = document.add_paragraph("It costs ")
    for text, mark in (("90", "strike"), ("80 euros a m", ""), ("2", "superscript"), (" secretly", "hidden")):
        run = paragraph.add_run(text)
        run.font.strike, run.font.hidden, run.font.superscript = mark == "strike", mark == "hidden", mark == "superscript"
    buffer = io.BytesIO()
    document.save(buffer)
    assert texts(read(buffer.getvalue(), "a.docx")) == ["It costs 80 euros a m²"]


def test_hidden_slides_are_told() -> None:
    from pptx import Presentation

    show = Presentation()
    for text in ("Seen", "Not seen", "Last"):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = "Slide"
        slide.shapes.add_textbox(0, 0, 100, 100).text_frame.text = text
    show.slides[1]._element.set("show", "0")
    buffer = io.BytesIO()
    show.save(buffer)
    parsed = read(buffer.getvalue(), "a.pptx")
    assert "Not seen" not in parsed.text and parsed.metadata["left_out"] == {"hidden slides": ["2"]}
    assert [block.fields["page"] for block in parsed.blocks] == ["1", "3"], "pages keep their numbers"


# -- published or not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "matter",
    [
        "---\ntitle: A\ndraft: true\n---\n", "---\ntitle: A\npublished: false\n---\n", "---\nstatus: archived\n---\n",
        '+++\ntitle = "A"\ndraft = true\n+++\n', "---\nnoindex: true\n---\n", "---\n状态: 草稿\n---\n",
    ],
)  # fmt: skip
def test_a_draft_is_not_read_unless_it_is_asked_for(matter: str) -> None:
    with pytest.raises(ParseError) as refused:
        read(f"{matter}\nSecret price.\n", "a.md")
    assert refused.value.code == "unpublished" and UNPUBLISHED in str(refused.value.fix)
    with recording([UNPUBLISHED]):
        assert texts(read(f"{matter}\nSecret price.\n", "a.md")) == ["Secret price."]


@pytest.mark.parametrize(
    "matter", ["---\ntitle: A\ndraft: false\nstatus: stable\n---\n", "---\ntitle: A\nnote: x\n...\n", '+++\ntitle = "A"\n+++\n']
)
def test_front_matter_in_each_of_its_forms(matter: str) -> None:
    parsed = read(f"{matter}\nText.\n", "a.md")
    assert (parsed.title, texts(parsed)) == ("A", ["Text."])


ARTICLES = [
    {"title": "Opening", "body": "<p>Open it at the <b>left</b>.</p>", "draft": False, "locale": "en", "section_id": 3,
     "html_url": "https://help.example/opening", "url": "https://x.example/api/v2/1.json", "author_id": 9, "vote_sum": 4},
    {"title": "Plans", "body": "<p>Plans for spring.</p>", "draft": True, "locale": "en"},
    {"title": "Staff", "body": "<p>For us.</p>", "draft": False, "locale": "en", "user_segment_id": 77},
    {"title": "Closing", "content": "## Twice\n\nTurn **twice**.", "status": "published", "slug": "closing"},
    {"title": "Old", "content": "Turn once.", "status": "archived", "slug": "old"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps({"articles": ARTICLES, "sections": [{"id": 3, "name": "Doors"}], "count": 5})),
        ("a.jsonl", "\n".join(map(json.dumps, ARTICLES))),
        ("b.json", json.dumps(ARTICLES)),
    ],
)
def test_an_export_of_a_help_centre(name: str, content: str) -> None:
    parsed = read(content, name)
    opening, closing = parsed.blocks
    assert (opening.section, texts(parsed)[0]) == (("Opening",), "Open it at the left.")
    assert opening.fields["url"] == "https://help.example/opening"
    assert opening.fields.get("category") == ("Doors" if name == "a.json" else None)
    assert closing.section == ("Closing", "Twice") and parsed.markdown
    assert len(parsed.metadata["left_out"]["articles"]) == 3
    assert "spring" not in parsed.text and "author" not in parsed.text and "For us" not in parsed.text


# -- dialects of Markdown ----------------------------------------------------------------------------------------------


def test_admonitions_tabs_and_comments() -> None:
    source = (
        '# A\n\n!!! note "Heat"\n    Below 40 degrees.\n\n??? tip "Can I wash it?"\n    No.\n\n=== "Mac"\n\n    Press X.\n\n'
        "> [!warning]- Careful\n> It is hot.\n\n%% ask Joe %%\n\n%%\nmore\nof it\n%%\n\nEnd.\n"
    )
    parsed = read(source, "a.md")
    assert texts(parsed) == ["Below 40 degrees.", "No.", "Press X.", "Careful", "It is hot.", "End."]
    assert [block.section for block in parsed.blocks[1:3]] == [("Can I wash it?",), ("Mac",)]
    assert parsed.blocks[0].header == "Heat"
