"""Rules that drop blocks and never touch the text."""

from ingest.clean import clean
from rag.domain import Block, Parsed


def parsed(*texts: str, **fields: object) -> Parsed:
    text, blocks = "", []
    for part in texts:
        text += "\n\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(part), **fields))  # type: ignore[arg-type]
        text += part
    return Parsed(text, tuple(blocks))


def kept(document: Parsed) -> list[str]:
    cleaned, _ = clean(document)
    assert cleaned.text == document.text
    return [cleaned.text[block.start : block.end] for block in cleaned.blocks]


def test_markup_and_punctuation_alone_go() -> None:
    document = parsed("Text.", "---", "***", "<br/><hr/>", "![shot](a.png)", "。。。", "<b>kept</b>", "☑", "5")
    assert kept(document) == ["Text.", "<b>kept</b>", "5"]
    assert clean(document)[1] == {"markup_only": 6, "garbage": 0, "duplicate": 0}


def test_garbage_goes() -> None:
    assert kept(parsed("a\ufffd\ufffdb", "\ue001\ue002x", "fine\ttext\nhere", "one \ufffd in a long enough sentence")) == [
        "fine\ttext\nhere",
        "one \ufffd in a long enough sentence",
    ]


def test_repeated_paragraphs_of_one_section_go() -> None:
    repeated = "This  product is sold by ACME Ltd."
    document = parsed(repeated, "Other text.", repeated.replace("  ", " ").upper(), "Next.", "Next.")
    assert kept(document) == [repeated, "Other text.", "Next.", "Next."]


def test_the_same_text_in_other_sections_and_under_other_questions_stays() -> None:
    text = "Please contact the customer service team."
    blocks = (
        Block(0, 41, section=("A",)),
        Block(43, 84, section=("B",)),
        Block(43, 84, "faq", ("B",), "Question one?"),
        Block(43, 84, "faq", ("B",), "Question two?"),
        Block(43, 84, "faq", ("B",), "Question two?", fields={"product": "X1"}),
        Block(43, 84, "faq", ("B",), "Question two?", fields={"product": "X1"}),
    )
    assert len(clean(Parsed(f"{text}\n\n{text}", blocks))[0].blocks) == 5
