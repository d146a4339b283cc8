"""What is quick to read is read as the long way reads it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean import blocks, clean
from ingest.parse import markedits, markup, parse, tags, templates
from ingest.parse.visible import drop_invisible

ALWAYS = re.compile("")
_PIECES = (
    "Press the button|**bold**|`a < b`|[link](x.md)|"
    "![img](a.png)|&amp;| |\n|\n\n|? |- |1. |一、范围|问：能退货吗？|:::note"
    "|:::|> [!NOTE]|!!! tip|<b>x</b>|</Card>|<Card title='T'>|~~old~~|x^2^|{#id}|{%x%}|{{y}}|==mark==|%%no%%"
    "|# H|import x from 'y'|%%"
    "|[[page]]| ^block|^:|: meaning|:material-home:|++ctrl+c++|<!--|-->|_em_|\\*|```|[x]:"
)
PIECES = st.lists(st.sampled_from([*_PIECES.split("|"), "| a | b |", "|---|---|", "[[page|name]]"]), max_size=14)


@given(PIECES)
def test_lines_without_marks(pieces: list[str]) -> None:
    text, usual = "".join(pieces), tags._MARKED
    quick = tags.plain(text)
    tags._MARKED = ALWAYS
    try:
        assert tags.plain(text) == quick
    finally:
        tags._MARKED = usual


@given(PIECES)
def test_pages(pieces: list[str]) -> None:
    source = ("# Title\n\nSome text.\n\n" + "".join(pieces)).encode()
    quick = clean(parse(source, filename="a.md", mime_type=None))
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(markedits, "_SIGN", ALWAYS)
        changed.setattr(templates, "_BRACED", ALWAYS)
        changed.setattr(markup, "_MARKS", frozenset(map(chr, range(0x3000))) | frozenset("一问"))
        changed.setattr(tags, "_MARKED", ALWAYS)
        assert clean(parse(source, filename="a.md", mime_type=None)) == quick


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<p>a</p><p hidden>b</p>", "a"),
        ("<style>.x{display: none}</style><p>a</p><p class='x'>b</p>", "a"),
        ("<style>#y{OPACITY:0}</style><p>a</p><p id='y'>b</p>", "a"),
        ("<style>.x{color: red}</style><p>a</p><p class='x'>b</p>", "ab"),
        ("<p>a <del>old</del><s>er</s></p><dialog>c</dialog>", "a"),
        ("<button aria-controls='t'>T</button><p id='t' style='display:none'>b</p>", "Tb"),
        ("<a href='#t'>T</a><div><p id='t' style='visibility:hidden'>b</p></div>", "Tb"),
        ("<div style='display:none'><del>x</del></div><p>a</p>", "a"),
    ],
)
def test_what_is_hidden_is_found_without_a_look_at_each_element(page: str, seen: str) -> None:
    from ingest.parse.html import tree

    root = tree(f"<html><body>{page}</body></html>")
    drop_invisible(root)
    for style in list(root.iter("style")):
        style.drop_tree()
    assert "".join(root.find("body").text_content().split()) == seen


def test_letters_and_digits_of_any_script() -> None:
    assert all(bool(blocks._SPOKEN.search(chr(code))) == chr(code).isalnum() for code in range(0x11000))
