"""What chunking promises, clause by clause, over the formats that people really have."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from ingest.chunk import chunk
from ingest.clean import clean
from ingest.parse import parse
from ingest.pipeline import Pipeline
from rag.domain import Chunk, DocumentInput
from rag.fakes import HashEmbedder
from rag.wiring import Application

SECTIONS = 50


def count(texts: Sequence[str]) -> list[int]:
    """A Chinese character, a word or a mark is a token."""
    return [len(re.findall(r"[\u3400-\u9fff]|\w+|[^\w\s]", text)) for text in texts]


def passages(source: str, name: str, max_tokens: int = 60) -> list[Chunk]:
    parsed, _ = clean(parse(source.encode(), filename=name, mime_type=None))
    return chunk(parsed, count_tokens=count, title=parsed.title, max_tokens=max_tokens, min_tokens=10)


def row(number: int) -> tuple[str, str]:
    return f"E{number:03}", " ".join(f"cause{number}x{i}" for i in range(18))


TABLE_MD = "# Errors\n\n## Codes\n\n| Code | Cause |\n|--|--|\n" + "".join("| {} | {} |\n".format(*row(i)) for i in range(12))
TABLE_HTML = (
    "<h1>Errors</h1><h2>Codes</h2><table><tr><th>Code</th><th>Cause</th></tr>"
    + "".join("<tr><td>{}</td><td>{}</td></tr>".format(*row(i)) for i in range(12))
    + "</table>"
)


@pytest.mark.parametrize(("source", "name"), [(TABLE_MD, "a.md"), (TABLE_HTML, "a.html")])
def test_a_long_table_is_split_between_rows_and_each_part_says_header_and_heading_path(source: str, name: str) -> None:
    chunks = passages(source, name)
    assert len(chunks) > 3
    for part in chunks:
        assert part.search_text.count("Code | Cause") == 1 or "| Code | Cause |" in part.text
        assert "Errors › Codes" in part.context
    for number in range(12):  # every row is whole, in one passage
        code, cause = row(number)
        assert [code in part.text for part in chunks].count(True) == 1
        assert any(code in part.text and cause in part.text for part in chunks)


def test_rows_of_a_data_file_are_whole_and_name_their_columns() -> None:
    source = "model,range,colour\n" + "".join(f"M{i},{i * 10} m,{' '.join(['grey'] * 12)}\n" for i in range(20))
    chunks = passages(source, "models.csv")
    assert len(chunks) > 3
    for part in chunks:
        for line in part.text.splitlines():
            assert re.fullmatch(r"model: M\d+; range: \d+ m; colour: (grey ?)+", line)


def test_every_passage_has_its_heading_path_however_the_section_is_cut() -> None:
    text = " ".join(f"Sentence number {i} says something about the device." for i in range(40))
    source = (
        f"# Guide\n\n## Part\n\n### Chapter\n\n{text}\n\n```\n" + "\n".join(f"run {i} a b c" for i in range(40)) + "\n```\n"
    )
    chunks = passages(source, "a.md")
    assert len(chunks) > 8
    assert {part.context for part in chunks} == {"Guide › Part › Chapter"}
    assert {part.section for part in chunks} == {("Part", "Chapter")}


@pytest.mark.parametrize(
    "inside",
    [
        "1. Open the app.\n\n   ```\n   app --open\n   ```\n2. Press the button.\n3. Wait for the lamp.",
        "```python\nfor item in items:\n    print(item)\n    send(item)\n```",
        "- first point\n- second point\n  - a point below it\n- third point",
    ],
)
def test_steps_and_code_that_fit_are_never_parted(inside: str) -> None:
    for words in range(5, 60, 5):  # wherever the budget would end
        before, after = (" ".join(f"{word}{i}" for i in range(words)) + "." for word in ("before", "after"))
        chunks = passages(f"# T\n\n## S\n\n{before}\n\n{inside}\n\n{after}\n", "a.md")
        lines = [line.strip("- `123.") for line in inside.splitlines() if not line.strip().startswith("```")]
        first, last = lines[0], lines[-1]
        assert any(first in part.text and last in part.text for part in chunks), words


def test_the_same_bytes_give_the_same_passages_in_another_process() -> None:
    """Hashes of strings differ between processes; passages, which key the embedding cache, must not."""
    import os
    import subprocess
    import sys

    program = (
        "import re, hashlib\nfrom ingest.parse import parse\nfrom ingest.clean import clean\nfrom ingest.chunk import chunk\n"
        "count = lambda texts: [len(re.findall(r'\\w+|[^\\w\\s]', text)) for text in texts]\n"
        f"parsed, _ = clean(parse({TABLE_HTML!r}.encode(), filename='a.html', mime_type=None))\n"
        "made = chunk(parsed, count_tokens=count, title='T', max_tokens=60)\n"
        "print(hashlib.sha256(repr([(c.search_text, c.start, c.end) for c in made]).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def section(number: int, words: str = "The lamp of device {0} blinks {0} times, then the door opens.") -> tuple[str, str]:
    return f"Device {number}", " ".join(words.format(number) for _ in range(6))


def as_markdown(sections: Sequence[tuple[str, str]]) -> str:
    return "# Manual\n\n" + "\n\n".join(f"## {head}\n\n{body}" for head, body in sections)


def as_html(sections: Sequence[tuple[str, str]]) -> str:
    return "<h1>Manual</h1>" + "".join(f"<h2>{head}</h2><p>{body}</p>" for head, body in sections)


def as_faq(sections: Sequence[tuple[str, str]]) -> str:
    return "question,similar questions,answer\n" + "".join(f'What does {h} do?,Tell me of {h},"{b}"\n' for h, b in sections)


@pytest.mark.parametrize(("render", "name"), [(as_markdown, "m.md"), (as_html, "m.html"), (as_faq, "m.csv")])
def test_one_edited_section_of_fifty_embeds_at_most_two_passages(application: Application, render, name: str) -> None:  # type: ignore[no-untyped-def]
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    embedder = application.embedder
    assert isinstance(embedder, HashEmbedder)
    sections = [section(number) for number in range(SECTIONS)]
    first = pipeline.put(DocumentInput("m", render(sections).encode(), filename=name))
    assert first.passages >= SECTIONS
    for place in (0, 24, SECTIONS - 1):
        edited = list(sections)
        edited[place] = (sections[place][0], f"{sections[place][1]} Since {place} it also rings.")
        before = embedder.embedded
        result = pipeline.put(DocumentInput("m", render(edited).encode(), filename=name))
        assert embedder.embedded - before == result.embedded
        assert 1 <= result.embedded <= 2
        sections = edited
    shorter = sections[:10] + sections[11:]  # a section that goes costs nothing
    before = embedder.embedded
    pipeline.put(DocumentInput("m", render(shorter).encode(), filename=name))
    assert embedder.embedded == before
