"""Pages of components: what they show is text, in Markdown without tags, and citations hold nothing else."""

from __future__ import annotations

import pytest

from ingest.parse import parse
from rag.domain import Parsed


def read(source: str, name: str = "a.mdx") -> Parsed:
    return parse(source.encode(), filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ('<Card title="Range" description="Up to 21 metres." />', [("Range", "Up to 21 metres.")]),
        ('<Card\n  title="Range"\n  icon={<Icon />}\n  description={"Up to 21 metres."}\n/>', [("Range", "Up to 21 metres.")]),
        ('<Card title="Alone" href="/a" />', [("", "Alone")]),
        ('<FAQItem question="Can it swim?" answer="Never." />', [("Can it swim?", "Never.")]),
        ('<Steps items={["Open it.", "Close it."]} />', [("", "Open it."), ("", "Close it.")]),
        ('<Faq items={[{question: "Loud?", answer: "No."}]} />', [("Loud?", "No.")]),
        ('<Table columns={["Model", "Price"]} rows={[["S", "5 EUR"]]} />', [("Model | Price", "| S | 5 EUR |")]),
        ("export const v = '8.12';\n\nFirmware {v} it is.", [("", "Firmware 8.12 it is.")]),
        ('export const about = {size: "3 l", n: 2}\n\nHolds {about.size}.', [("", "Holds 3 l.")]),
        ("It costs {'5 EUR'}.", [("", "It costs 5 EUR.")]),
        ("export const v = make()\n\nFirmware {v}.", [("", "Firmware {v}.")]),
        ("Run `curl {v}`.\n\nexport const v = '1'", [("", "Run `curl {v}`.")]),
        ('<Icon name="x" />\n\nText.', [("", "Text.")]),
    ],
)  # fmt: skip
def test_what_components_show_is_text(source: str, seen: list[tuple[str, str]]) -> None:
    parsed = read(source)
    told = [
        (block.section[-1] if block.section else block.header, text)
        for block, text in zip(parsed.blocks, texts(parsed), strict=True)
    ]
    assert [(head, text.strip("| ")) for head, text in told] == [(head, text.strip("| ")) for head, text in seen]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Before.\n\n:::tip[Heat]\nStops at 66.\n:::\n\nAfter.", "Before.\n\nHeat\nStops at 66.\n\nAfter."),
        ("Before.\n\n<Note>Inside.</Note>\n\nAfter.", "Before.\n\nInside.\n\nAfter."),
        ("One.\n\n<!-- Bo: 79? -->\n\nTwo.", "One.\n\n\nTwo."),
        ("One %%ask Bo%% two ==three== [[page|four]] ![[embed]].", "One two three four ."),
        ("10<sup>-3</sup> m, H<sub>2</sub>O, <b>bold</b>&nbsp;&amp; 5 &lt; 6", "10⁻³ m, H₂O, bold & 5 &lt; 6"),
        ("`<b>` stays.\n\n```\n<b>&nbsp;</b>\n```", "`<b>` stays.\n\n```\n<b>&nbsp;</b>\n```"),
        ("| A | B |\n|---|---|\n| x<br>y | z |", "| A | B |\n|---|---|\n| x y | z |"),
        ("x\n\n<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>", "x\n\n\nA | B\n1 | 2\n"),
    ],
)  # fmt: skip
def test_markdown_holds_no_markup_that_is_not_shown(source: str, text: str) -> None:
    parsed = read(source, "a.md")
    assert parsed.text == text
    assert all(parsed.text[cell.start : cell.end] for block in parsed.blocks for cell in block.cells)


def test_an_answer_in_a_table_keeps_its_lines() -> None:
    parsed = read("| 问题 | 答案 |\n|---|---|\n| 多久换一次？ | 家用 5 个月<br>商用 2 个月 |", "a.md")
    assert texts(parsed) == ["家用 5 个月\n商用 2 个月"]
