"""Passages: what stays together, what is repeated before them, where long text is cut."""

import re
from collections.abc import Sequence

import pytest

from ingest.chunk import chunk
from ingest.parse import parse
from rag.domain import Block, Chunk, Parsed


def count(texts: Sequence[str]) -> list[int]:
    """A Chinese character, a word or a mark is a token."""
    return [len(re.findall(r"[\u3400-\u9fff]|\w+|[^\w\s]", text)) for text in texts]


def passages(source: str, name: str = "a.md", **options: int) -> list[Chunk]:
    parsed = parse(source.encode(), filename=name, mime_type=None)
    return chunk(parsed, count_tokens=count, title=parsed.title, **options)


def words(number: int, word: str = "word") -> str:
    return " ".join(f"{word}{i}" for i in range(number - 1)) + " end."


def test_blocks_of_a_section_share_a_passage_and_sections_never_do() -> None:
    chunks = passages("# Guide\n\nIntro.\n\n## A\n\nOne.\n\nTwo.\n\n- x\n- y\n\n## B\n\nThree.\n")
    assert [(c.section, c.context, c.text) for c in chunks] == [
        ((), "Guide", "Intro."),
        (("A",), "Guide › A", "One.\n\nTwo.\n\n- x\n- y"),
        (("B",), "Guide › B", "Three."),
    ]
    assert chunks[1].search_text == "Guide › A\nOne.\nTwo.\n- x\n- y"


def test_kind_is_that_of_all_blocks_or_text() -> None:
    assert [c.kind for c in passages("## A\n\n- x\n- y\n\n## B\n\nT.\n\n```\nc1\n```\n\n## C\n\n```\nc2\n```\n")] == [
        "list",
        "text",
        "code",
    ]


def test_paragraphs_fill_passages_up_to_the_budget() -> None:
    source = "\n\n".join(words(30, f"p{i}x") for i in range(6))
    chunks = passages(source, max_tokens=70, min_tokens=10)
    assert [len(c.text.split("\n\n")) for c in chunks] == [2, 2, 2]


def test_a_list_is_not_parted_when_it_fits_a_passage_of_its_own() -> None:
    source = f"{words(50)}\n\n{words(10)}\n\n1. {words(20)}\n2. {words(20)}\n"
    chunks = passages(source, max_tokens=80, min_tokens=10)
    assert [c.kind for c in chunks] == ["text", "list"]


def test_a_line_that_introduces_goes_with_what_it_introduces() -> None:
    source = f"{words(60)}\n\nRun this:\n\n```\n{words(20)}\n```\n"
    chunks = passages(source, max_tokens=75, min_tokens=10)
    assert [c.text.split()[0] for c in chunks] == ["word0", "Run"]


def test_a_long_list_repeats_the_line_that_introduces_it() -> None:
    source = "Do this:\n\n" + "\n".join(f"- {words(30)}" for _ in range(4))
    chunks = passages(source, max_tokens=80, min_tokens=10)
    assert [c.context for c in chunks] == ["", "Do this:"]
    assert chunks[0].text.startswith("Do this:")


def test_table_rows_repeat_their_header() -> None:
    rows = "\n".join(f"| n{i} | {words(20)} |" for i in range(6))
    chunks = passages(f"# T\n\n| Name | Text |\n|--|--|\n{rows}\n", max_tokens=60, min_tokens=10)
    assert len(chunks) > 2
    assert {c.context for c in chunks} == {"T\nName | Text"}
    assert {c.kind for c in chunks} == {"table"}


def test_steps_stay_whole_when_the_guide_does_not_fit() -> None:
    step = '<Step title="S{0}">\n\n{1}\n\n```\nrun {0}\n```\n\n</Step>\n'
    source = "<Steps>\n" + "".join(step.format(i, words(25)) for i in range(3)) + "</Steps>\n"
    chunks = passages(source, name="a.mdx", max_tokens=45, min_tokens=10)
    assert [c.context for c in chunks] == ["S0", "S1", "S2"]
    assert all(c.text.endswith(f"run {i}") for i, c in enumerate(chunks))


def test_markup_between_blocks_ends_a_passage_that_is_long_enough() -> None:
    image = "![a screen of the settings page](https://example.com/a/very/long/path/to/an/image/file.png)"
    chunks = passages(f"{words(20)}\n\n{image}\n\n{words(20)}", max_tokens=200, min_tokens=10)
    assert [image in c.text for c in chunks] == [False, False]
    (joined,) = passages(f"{words(5)}\n\n{image}\n\n{words(20)}", max_tokens=200, min_tokens=10)
    assert image in joined.text


def test_long_paragraphs_are_cut_at_sentences_into_equal_parts() -> None:
    source = "".join(f"这是第{i}句话，内容足够长，可以单独成为一个句子。" for i in range(12))
    chunks = passages(source, max_tokens=120)
    assert "".join(c.text for c in chunks) == source
    assert all(c.text.endswith("。") for c in chunks)
    sizes = count([c.text for c in chunks])
    assert max(sizes) - min(sizes) <= 25


@pytest.mark.parametrize("source", ["字" * 1000, " ".join(["word"] * 1000), "x" * 5000])
def test_endless_sentences_are_cut_between_words(source: str) -> None:
    def by_letters(texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    parsed = parse(source.encode(), filename="a.txt", mime_type=None)
    chunks = chunk(parsed, count_tokens=by_letters, title="T", max_tokens=100)
    assert all(len(c.search_text) <= 100 for c in chunks)
    assert "".join("".join(c.text.split()) for c in chunks) == "".join(source.split())
    if " " in source:
        assert all(set(c.text.split()) == {"word"} for c in chunks)


def test_a_faq_entry_gives_a_passage_for_each_phrasing() -> None:
    chunks = passages("问题,相似问题,答案,产品\n如何退款？,怎么退钱|退款,联系客服。,A1\n", name="faq.csv")
    assert [(c.context, c.text, c.kind, c.fields) for c in chunks] == [
        ("如何退款？", "联系客服。", "faq", {"product": "A1"}),
        ("怎么退钱", "联系客服。", "faq", {"product": "A1"}),
        ("退款", "联系客服。", "faq", {"product": "A1"}),
    ]
    assert len({(c.start, c.end) for c in chunks}) == 1


def test_entries_stay_whole_beyond_the_budget() -> None:
    (answer,) = passages(f'question,answer\nHow?,"{words(300)}"\n', name="faq.csv", max_tokens=100)
    assert count([answer.text])[0] > 300
    (case,) = passages(f"现象,解决方案\n黑屏,{'重启。' * 100}\n", name="cases.csv", max_tokens=100)
    assert (case.kind, case.text.startswith("现象：黑屏\n解决方案：重启。")) == ("case", True)


def test_deep_headings_never_take_more_than_half_of_the_budget() -> None:
    deep = tuple(words(20, f"h{i}x") for i in range(5))
    document = Parsed(words(30), (Block(0, len(words(30)), section=deep),))
    (only,) = chunk(document, count_tokens=count, title=words(20, "title"), max_tokens=80)
    assert count([only.search_text])[0] <= 80
    assert only.context.endswith(deep[-1])
    assert only.section == deep


def test_the_title_is_not_said_twice() -> None:
    document = Parsed("Text.", (Block(0, 5, section=("Guide", "A")),))
    assert chunk(document, count_tokens=count, title="Guide")[0].context == "Guide › A"


def test_tokens_are_counted_in_few_calls() -> None:
    calls: list[int] = []

    def counted(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return count(texts)

    source = "\n\n".join(f"## H{i}\n\n{words(40)}\n\n{words(400)}" for i in range(30))
    parsed = parse(source.encode(), filename="a.md", mime_type=None)
    assert len(chunk(parsed, count_tokens=counted, title="", max_tokens=64)) > 100
    assert len(calls) <= 40


def test_nothing_gives_nothing() -> None:
    assert chunk(Parsed("", ()), count_tokens=count, title="T") == []
