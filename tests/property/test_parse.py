"""What holds for any text that is parsed, whatever is in it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.clean import clean
from ingest.parse import parse
from rag.domain import Parsed
from rag.errors import ParseError
from rag.text.sentences import split_sentences

PIECES = (
    *(
        "# ",
        "## ",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "    ",
        "```\n",
        "~~~",
        "| a | b |\n|--|--|\n| c | d |\n",
        "\r\n",
        "\t",
        "\x0b",
    ),
    *('<Step title="x">\n', "</Step>\n", "<Tab>", "</Tab>", "<details><summary>q</summary>", "</details>", "<table><tr><td>"),
    *("</td></tr></table>", "<!--", "-->", "<script>", "</script>", "---\n", "title: x\n", "**b**", "[l](u)", "![i](u)", "`c`"),
    *(
        "word",
        "中文。",
        "第一章 总则\n",
        "问：",
        "答：",
        "Q: ",
        "A: ",
        ":::tip\n",
        "{/*",
        "*/}",
        "import x from 'y'\n",
        "\u2028",
    ),
    *("\ufeff", "é", "\U0001f600", "<h2>", "</h2>", "<li>", "<"),
)
letters = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4)
sources = st.lists(st.sampled_from(PIECES) | letters, max_size=40).map("".join)


def read(source: str, name: str) -> Parsed | None:
    try:
        return parse(source.encode(), filename=name, mime_type=None)
    except ParseError as exc:
        if exc.code in ("empty", "binary", "broken", "unreadable") and exc.fix:
            return None
        raise


def check_blocks(parsed: Parsed) -> None:
    last = 0
    for block in parsed.blocks:
        text = parsed.text[block.start : block.end]
        assert last <= block.start < block.end <= len(parsed.text)
        assert text.strip() == text
        last = block.end


@pytest.mark.parametrize("name", ["a.md", "a.mdx", "a.txt"])
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(source=sources)
@example(source="\x1f第一章 总则\n# 0")
def test_text_formats_keep_their_source_and_blocks_are_in_order(name: str, source: str) -> None:
    if parsed := read(source, name):
        whole = source.encode().decode("utf-8-sig")
        # What a page of Markdown does not show (tags, directives, comments) is not in its text.
        edited = name != "a.txt" and re.search(r"[<&{]|~~|:::|!!!|\?\?\?|==|%%|\[!|\[\[|\]: | \^", whole)
        assert edited or parsed.text == whole
        check_blocks(parsed)
        check_blocks(clean(parsed)[0])


@pytest.mark.parametrize("name", ["a.html", "a.csv", "a.json", "a.jsonl"])
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(source=sources)
def test_other_formats_give_blocks_in_order(name: str, source: str) -> None:
    if parsed := read(source, name):
        check_blocks(parsed)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.md", "a.pdf", "a.docx", "a.xlsx", "a.html", "", "a.bin"]))
def test_any_bytes_give_a_document_or_a_parse_error(content: bytes, name: str) -> None:
    try:
        check_blocks(parse(content, filename=name, mime_type=None))
    except ParseError as exc:
        if not exc.fix:
            raise


@settings(deadline=None, max_examples=300)
@given(sources)
def test_sentences_are_trimmed_in_order_and_lose_no_letter_of_prose(source: str) -> None:
    spans = split_sentences(source)
    assert all(source[start:end].strip() == source[start:end] != "" for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["这是一句话。", "A sentence here. ", "Really? ", "数字 3.14 很大！", "e.g. this "]), max_size=20
    ).map("".join)
)
def test_plain_prose_is_covered_by_its_sentences(source: str) -> None:
    covered = "".join(source[start:end] for start, end in split_sentences(source))
    assert "".join(covered.split()) == "".join(source.split())
