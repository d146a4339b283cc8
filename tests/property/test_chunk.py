"""What holds for the passages of any document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import chunk
from ingest.clean import clean
from ingest.parse import parse
from rag.domain import Block, Chunk, Parsed

KINDS = ("text", "list", "table", "code", "faq", "case")


def by_letters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def by_words(texts: Sequence[str]) -> list[int]:
    return [len(re.findall(r"[\u3400-\u9fff]|\w+|[^\w\s]", text)) for text in texts]


words = st.text("ab 中文。.\n：,1-", min_size=1, max_size=80).map(str.strip).filter(lambda text: any(c.isalnum() for c in text))
gaps = st.sampled_from(
    ["\n\n", "\n- ", "\n", "\n\n![a picture of the settings](https://example.com/a/b/c/d.png)\n\n", "</p>\n<p>"]
)


@st.composite
def documents(draw: st.DrawFn) -> Parsed:
    """Blocks of all kinds with sections, headers and groups, parted by gaps."""
    text, blocks = "", []
    for _ in range(draw(st.integers(1, 12))):
        text += draw(gaps)
        body = draw(words)
        section = tuple(draw(st.lists(st.sampled_from(["A", "B", "中文"]), max_size=2)))
        blocks.append(
            Block(
                len(text),
                len(text) + len(body),
                draw(st.sampled_from(KINDS)),  # type: ignore[arg-type]
                section,
                draw(st.sampled_from(["", "Head", "列 | 列"])),
                draw(st.integers(-1, 2)),
                tuple(draw(st.lists(st.sampled_from(["k1", "k2"]), max_size=2))),
            )
        )
        text += body
    return Parsed(text, tuple(blocks))


budgets = st.integers(30, 120)
counters = st.sampled_from([by_letters, by_words])


def chunks_of(parsed: Parsed, counter: object, budget: int) -> list[Chunk]:
    return chunk(parsed, count_tokens=counter, title="Title", max_tokens=budget, min_tokens=budget // 5)  # type: ignore[arg-type]


@settings(deadline=None)
@given(documents(), counters, budgets)
def test_text_is_the_span_and_order_that_of_the_document(parsed: Parsed, counter: object, budget: int) -> None:
    chunks = chunks_of(parsed, counter, budget)
    assert all(c.text == parsed.text[c.start : c.end] and c.text.strip() == c.text != "" for c in chunks)
    spans = list(dict.fromkeys((c.start, c.end) for c in chunks))
    assert spans == sorted(spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@settings(deadline=None)
@given(documents(), counters, budgets)
def test_every_letter_of_every_block_is_in_a_passage_of_its_section(parsed: Parsed, counter: object, budget: int) -> None:
    chunks = chunks_of(parsed, counter, budget)
    for block in parsed.blocks:
        named = block.kind in ("faq", "case") and block.header  # the section of an entry ends with its own name
        section = (*block.section, block.header) if named else block.section
        covered = {i for c in chunks if c.section == section for i in range(c.start, c.end)}
        missing = [i for i in range(block.start, block.end) if i not in covered and not parsed.text[i].isspace()]
        assert missing == []


@settings(deadline=None)
@given(documents(), counters, budgets)
def test_the_budget_holds_for_all_but_entries(parsed: Parsed, counter: object, budget: int) -> None:
    for c in chunks_of(parsed, counter, budget):
        if c.kind not in ("faq", "case"):
            assert counter([c.search_text])[0] <= budget  # type: ignore[operator]


@settings(deadline=None)
@given(documents(), counters, budgets)
def test_the_same_document_gives_the_same_passages(parsed: Parsed, counter: object, budget: int) -> None:
    assert chunks_of(parsed, counter, budget) == chunks_of(parsed, counter, budget)


@settings(deadline=None)
@given(documents(), budgets)
def test_entries_are_whole_and_found_under_each_phrasing(parsed: Parsed, budget: int) -> None:
    chunks = chunks_of(parsed, by_words, budget)
    for block in parsed.blocks:
        if block.kind in ("faq", "case"):
            own = [c for c in chunks if (c.start, c.end) == (block.start, block.end)]
            assert len(own) == len({block.header, *block.keys})
            assert all(any(c.context.endswith(phrasing) for c in own) for phrasing in block.keys)


paragraphs = st.lists(words.map(lambda text: " ".join(text.split())), min_size=1, max_size=5).map("\n\n".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(paragraphs, min_size=2, max_size=5), paragraphs, st.data(), budgets)
def test_an_edit_in_one_section_leaves_the_search_texts_of_the_others(
    bodies: list[str], edit: str, data: st.DataObject, budget: int
) -> None:
    place = data.draw(st.integers(0, len(bodies) - 1))

    def search_texts(sections: list[str]) -> dict[tuple[str, ...], list[str]]:
        source = "# Doc\n\n" + "\n\n".join(f"## Section {i}\n\n{body}" for i, body in enumerate(sections))
        parsed, _ = clean(parse(source.encode(), filename="a.md", mime_type=None))
        found: dict[tuple[str, ...], list[str]] = {}
        for c in chunk(parsed, count_tokens=by_words, title="Doc", max_tokens=budget):
            found.setdefault(c.section[:1], []).append(c.search_text)
        return found

    before = search_texts(bodies)
    after = search_texts([edit if i == place else body for i, body in enumerate(bodies)])
    own = (f"Section {place}",)
    assert {key: value for key, value in before.items() if key not in (own, ())} == {
        key: value for key, value in after.items() if key not in (own, ())
    }
