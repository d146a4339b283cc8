"""Blocks become statements: what each is, what introduces it, and which token vectors are its own."""

from __future__ import annotations

import pytest

from ingest.chunk import chunk
from ingest.parse import parse
from ingest.statements import of_text, with_statements
from ingest.token_spans import with_tokens
from rag.domain import Chunk
from rag.domain.statement import FORMAT, Period, Statement, dump, load
from rag.fakes import HashEmbedder

MANUAL = """# Kettle K7

## Fill it

Never fill it above the mark. The lid stays closed.

To fill the kettle:

1. Lift the lid.
2. Pour in **cold** water.
   It may hold 1.7 litres.
3. Close the lid.

| Model | Volume | Price |
| --- | --- | --- |
| K7 | 1.7 l | €39 |
| K7 S | 1.2 l | €45 |
"""


def read(content: str, filename: str = "k.md", max_tokens: int = 256) -> tuple[str, list[Chunk]]:
    parsed = parse(content.encode(), filename=filename, mime_type=None)
    embedder = HashEmbedder()
    chunks = chunk(parsed, count_tokens=embedder.count_tokens, title=parsed.title, max_tokens=max_tokens)
    return parsed.text, list(with_tokens(with_statements(parsed, chunks), embedder))


def said(text: str, one: Statement) -> str:
    return one.text or text[one.start : one.end]


def test_every_piece_of_a_page_is_told_apart() -> None:
    text, chunks = read(MANUAL)
    found = [one for made in chunks for one in made.statements]
    kinds = [(one.kind, one.mark) for one in found]
    assert ("step", "1.") in kinds and ("step", "3.") in kinds
    assert [one.kind for one in found].count("row") == 2
    assert "Never fill it above the mark." in [said(text, one) for one in found]
    step = next(one for one in found if one.mark == "2.")
    assert (step.number, step.total, step.lead) == (2, 3, "To fill the kettle:")
    assert said(text, step).startswith("Pour in cold water.")


def test_a_row_knows_its_columns_and_its_label() -> None:
    _, chunks = read(MANUAL)
    row = [one for made in chunks for one in made.statements if one.kind == "row"][1]
    assert row.label == "K7 S"
    assert [(cell.name, cell.value) for cell in row.cells] == [("Model", "K7 S"), ("Volume", "1.2 l"), ("Price", "€45")]


def test_spans_lie_inside_their_passage_and_in_order() -> None:
    text, chunks = read(MANUAL, max_tokens=24)
    assert len(chunks) > 2
    for made in chunks:
        spans = [(one.start, one.end) for one in made.statements]
        assert spans == sorted(spans)
        assert all(made.start <= start < end <= made.end for start, end in spans)
        assert all(text[one.start : one.end].strip() for one in made.statements)


def test_a_list_that_is_cut_knows_how_many_steps_it_has() -> None:
    steps = "\n".join(f"{n}. Turn the left screw number {n} until it is tight, then wait for the click." for n in range(1, 13))
    _, chunks = read(f"# Screws\n\n{steps}\n", max_tokens=60)
    assert len(chunks) > 1
    assert {one.total for made in chunks for one in made.statements} == {12}


def test_tokens_are_those_of_the_statements_own_words() -> None:
    text, chunks = read("# Ship\n\nThe anchor weighs forty tons. The mast is made of spruce.\n")
    passage = chunks[0]
    anchor, mast = passage.statements
    assert said(text, mast) == "The mast is made of spruce."
    assert anchor.tokens[1] <= mast.tokens[0] + 1
    assert mast.tokens[1] > mast.tokens[0]


@pytest.mark.parametrize(
    ("name", "csv", "labels"),
    [
        ("faq.csv", 'question,answer,note\nDo you open on Sundays?,"Yes, from ten to two.",Closed in August.\n', ["note"]),
        ("cases.csv", "symptom,cause,resolution\nNo steam,Valve stuck,Descale the valve\n", ["symptom", "cause", "resolution"]),
    ],
)
def test_fields_of_entries_are_statements(name: str, csv: str, labels: list[str]) -> None:
    _, chunks = read(csv, name)
    assert [one.label for one in chunks[0].statements if one.kind == "field"] == labels


def test_a_rows_period_is_read() -> None:
    _, chunks = read(
        "# Fees\n\n| Fee | Valid |\n| --- | --- |\n| 5 € | 2026-01-01 ~ 2026-06-30 |\n| 6 € | 2026-07-01 ~ 2026-12-31 |\n"
    )
    periods = [one.period for made in chunks for one in made.statements]
    assert all(isinstance(period, Period) for period in periods)
    assert periods[0] is not None and periods[1] is not None and not periods[0].meets(periods[1])


def test_a_templates_place_holders_are_no_text() -> None:
    text, chunks = read("# Page\n\n{{ navigation.main }}\n\nThe shop opens at nine.\n")
    assert [said(text, one) for made in chunks for one in made.statements] == ["The shop opens at nine."]


def test_statements_survive_the_ledger_and_other_formats_are_not_guessed() -> None:
    _, chunks = read(MANUAL)
    for made in chunks:
        assert load(dump(made.statements)) == made.statements
    assert load(None) == ()
    assert load(f'[{FORMAT + 1},[["anything"]]]') == ()


def test_passages_without_blocks_get_statements_by_their_text() -> None:
    text = "First do this. Then do that."
    made = of_text([Chunk(0, len(text), text)], text, markdown=False)
    assert [text[one.start : one.end] for one in made[0].statements] == ["First do this.", "Then do that."]
