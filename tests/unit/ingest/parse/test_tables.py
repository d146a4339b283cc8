"""Rows of tables with their cells: the same for every format."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from ingest.parse import parse
from rag.domain import Block, Parsed


def read(content: str | bytes, name: str) -> Parsed:
    data = content if isinstance(content, bytes) else content.encode()
    return parse(data, filename=name, mime_type=None)


def rows(parsed: Parsed) -> list[dict[tuple[str, ...], str]]:
    """Cells by the header cells above them; each span must say what the cell says, if it has one."""
    found = []
    for block in parsed.blocks:
        if block.kind == "table":
            for cell in block.cells:
                assert block.start <= cell.start <= cell.end <= block.end
            found.append({cell.names: cell.value for cell in block.cells})
    return found


def tables(parsed: Parsed) -> list[Block]:
    return [block for block in parsed.blocks if block.kind == "table"]


def exact(parsed: Parsed) -> bool:
    return all(parsed.text[cell.start : cell.end] in (cell.value, "") for block in parsed.blocks for cell in block.cells)


def book(*lines: list[object], merge: tuple[str, ...] = ()) -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    for area in merge:
        sheet.merge_cells(area)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


FARES = [["Zone", "Adult", "Child"], ["North", "4.10", "2.05"], ["South", "3.60", "1.80"]]
AS_HTML = "<table>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in FARES) + "</table>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "\n".join(",".join(row) for row in FARES)),
        ("a.tsv", "\n".join("\t".join(row) for row in FARES)),
        ("a.xlsx", book(*FARES)),
        ("a.md", "# F\n\n| Zone | Adult | Child |\n|---|---|---|\n| North | 4.10 | 2.05 |\n| **South** | 3.60 | 1.80 |\n"),
        ("b.md", f"# F\n\n{AS_HTML}\n"),
        ("a.html", f"<main><h1>F</h1>{AS_HTML}</main>"),
    ],
)
def test_each_cell_knows_its_place_and_its_header(name: str, content: str | bytes) -> None:
    parsed = read(content, name)
    assert rows(parsed) == [
        {("Zone",): "North", ("Adult",): "4.10", ("Child",): "2.05"},
        {("Zone",): "South", ("Adult",): "3.60", ("Child",): "1.80"},
    ]
    assert exact(parsed) or name == "a.md", "Markdown's own marks stand in a span"


DEEP = {("Room",): "Attic", ("Price", "winter"): "80", ("Price", "summer"): "120"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Room,Price,\n,winter,summer\nAttic,80,120\nCellar,50,70\n"),
        (
            "a.xlsx",
            book(
                ["Room", "Price", None],
                [None, "winter", "summer"],
                ["Attic", 80, 120],
                ["Cellar", 50, 70],
                merge=("A1:A2", "B1:C1"),
            ),
        ),
        (
            "a.html",
            "<main><p>Text.</p><table><tr><th rowspan=2>Room</th><th colspan=2>Price</th></tr>"
            "<tr><th>winter</th><th>summer</th></tr>"
            "<tr><td>Attic</td><td>80</td><td>120</td></tr></table></main>",
        ),
        (
            "a.md",
            "<table><tr><th rowspan=2>Room</th><th colspan=2>Price</th></tr><tr><th>winter</th><th>summer</th></tr>"
            "<tr><td>Attic</td><td>80</td><td>120</td></tr></table>\n",
        ),
    ],
)
def test_a_header_of_two_rows(name: str, content: str | bytes) -> None:
    assert rows(read(content, name))[0] == DEEP


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Work,Hours,Rate\nIn the shop,,\nFit,2,30\nTune,1,40\nAt home,,\nFit,3,55\n"),
        (
            "a.xlsx",
            book(
                ["Work", "Hours", "Rate"],
                ["In the shop"],
                ["Fit", 2, 30],
                ["Tune", 1, 40],
                ["At home"],
                ["Fit", 3, 55],
                merge=("A2:C2", "A5:C5"),
            ),
        ),
        (
            "a.md",
            "| Work | Hours | Rate |\n|--|--|--|\n| **In the shop** | | |\n| Fit | 2 | 30 |\n| Tune | 1 | 40 |\n"
            "| **At home** | | |\n| Fit | 3 | 55 |\n",
        ),
        (
            "a.html",
            "<main><p>x</p><table><tr><th>Work</th><th>Hours</th><th>Rate</th></tr><tr><td colspan=3>In the shop</td></tr>"
            "<tr><td>Fit</td><td>2</td><td>30</td></tr><tr><td>Tune</td><td>1</td><td>40</td></tr>"
            "<tr><td colspan=3>At home</td></tr><tr><td>Fit</td><td>3</td><td>55</td></tr></table></main>",
        ),
    ],
)
def test_section_rows_stand_above_their_rows_and_end_where_the_next_begins(name: str, content: str | bytes) -> None:
    parsed = read(content, name)
    assert [block.above for block in tables(parsed)] == ["In the shop", "In the shop", "At home"]
    assert [[cell.value for cell in block.cells] for block in tables(parsed)] == [
        ["Fit", "2", "30"],
        ["Tune", "1", "40"],
        ["Fit", "3", "55"],
    ]
    assert all(block.above in block.header for block in tables(parsed)), "a passage that begins there still says it"
    assert "At home" in parsed.text


def test_an_item_without_values_is_no_section_row() -> None:
    parsed = read("Part,Price,Stock\nSeal,3,9\nValve,,\nHose,5,2\n", "a.csv")
    assert [(block.above, block.cells[0].value) for block in tables(parsed)] == [("", "Seal"), ("", "Valve"), ("", "Hose")]


def test_a_last_row_over_the_whole_table_is_a_remark() -> None:
    parsed = read(book(["城市", "邮费"], ["青岛", "8 元"], ["说明：满 50 元免邮"], merge=("A3:B3",)), "a.xlsx")
    assert [block.above for block in tables(parsed)] == ["", ""]
    assert tables(parsed)[-1].cells[0].names == ()


def test_a_cell_over_several_columns_stands_once_and_one_over_rows_in_each_row() -> None:
    page = (
        "<main><p>x</p><table><tr><th>Line</th><th>Mon</th><th>Tue</th></tr>"
        "<tr><td rowspan=2>7</td><td colspan=2>closed</td></tr>"
        "<tr><td>6:10</td><td>6:40</td></tr></table></main>"
    )
    for name, content in (("a.html", page), ("a.md", page.removeprefix("<main><p>x</p>").removesuffix("</main>") + "\n")):
        parsed = read(content, name)
        assert [[cell.value for cell in block.cells] for block in tables(parsed)] == [["7", "closed"], ["7", "6:10", "6:40"]]


def test_the_sentence_that_introduces_a_table_belongs_to_it() -> None:
    source = (
        "# Lifts\n\nThe following table is for weekdays.\n\n| A | B |\n|--|--|\n| 1 | 2 |\n\n"
        "The table below is for Sundays.\n\n| A | B |\n|--|--|\n| 3 | 4 |\n"
    )
    first, second = tables(read(source, "a.md"))
    assert (first.lead, second.lead) == ("The following table is for weekdays.", "The table below is for Sundays.")
    blocks = read(source, "a.md").blocks
    assert blocks[0].group == first.group != second.group == blocks[2].group
    (row,) = tables(read("# L\n\nWe have two lifts. One is old.\n\n| A | B |\n|--|--|\n| 1 | 2 |\n", "a.md"))
    assert row.lead == ""


def test_labels_with_values_have_no_header() -> None:
    page = (
        "<main><p>x</p><table><tr><td>Model</td><td>Q7</td></tr><tr><td>Weight</td><td>3 kg</td></tr>"
        "<tr><td>Colour</td><td>red</td></tr></table></main>"
    )
    assert [[(cell.names, cell.value) for cell in block.cells] for block in tables(read(page, "a.html"))] == [
        [((), "Model"), ((), "Q7")],
        [((), "Weight"), ((), "3 kg")],
        [((), "Colour"), ((), "red")],
    ]
    plain = read("品名,磨豆机\n型号,G5\n功率,150 W\n", "a.csv")
    assert [block.cells[0].value for block in tables(plain)] == ["品名", "型号", "功率"]
    assert rows(read("型号,价格\nA1,30\nA2,40\n", "a.csv")) == [{("型号",): f"A{n}", ("价格",): f"{n + 2}0"} for n in (1, 2)]
    with_heads = "<main><p>x</p><table><tr><th>Name</th><td>Foo</td></tr><tr><th>Phone</th><td>12 34</td></tr></table></main>"
    assert [block.cells[0].value for block in tables(read(with_heads, "a.html"))] == ["Name", "Phone"]


def test_a_form_is_read_by_label() -> None:
    import docx

    document = docx.Document()
    table = document.add_table(3, 4)
    for number, (label, value) in enumerate((("品名", "磨刀机"), ("货号", "M-9"))):
        table.cell(0, number * 2).text, table.cell(0, number * 2 + 1).text = label, value
    for row, (label, value) in enumerate((("使用场所", "后厨"), ("联系分机", "转 8021")), 1):
        table.cell(row, 0).text = label
        table.cell(row, 1).merge(table.cell(row, 3)).text = value
    buffer = io.BytesIO()
    document.save(buffer)
    parsed = read(buffer.getvalue(), "a.docx")
    assert [[cell.value for cell in block.cells] for block in tables(parsed)] == [
        ["品名", "磨刀机"], ["货号", "M-9"], ["使用场所", "后厨"], ["联系分机", "转 8021"],
    ]  # fmt: skip
    assert parsed.text.count("转 8021") == 1


def test_cells_in_markdown_read_as_a_reader_sees_them() -> None:
    (row,) = tables(read("| Name | Note |\n|--|--|\n| [**Kit**](http://x) | first<br>second |\n", "a.md"))
    assert [cell.value for cell in row.cells] == ["Kit", "first second"]
