"""What reading a table costs: nothing grows with the square of its size, and nothing is done twice."""

import io
import time

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from ingest.collector import seldom
from ingest.parse import xlsx
from ingest.parse.dispatch import parse
from ingest.parse.header import is_value
from ingest.parse.numfmt import shown
from ingest.parse.shape import shape
from ingest.parse.slots import line


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _seconds(rows: list[list[str]]) -> float:
    cells = [line(row) for row in rows]
    with seldom():  # else the time grows with all that the test run holds
        began = time.process_time()
        shape(cells)
        return time.process_time() - began


def test_remarks_below_a_table_are_read_in_one_pass() -> None:
    head = [["Part", "Price", "Stock"], ["Belt", "12.50", "4"]]
    small, large = (head + [[f"Note: see sheet {i}", "", ""] for i in range(count)] for count in (4_000, 64_000))
    assert _seconds(large) < 60 * max(_seconds(small), 0.02)  # 16 times the rows


def test_a_long_number_that_is_none_is_told_at_once() -> None:
    began = time.process_time()
    assert not is_value("7" * 30_000 + "x")
    assert time.process_time() - began < 0.5
    assert is_value("¥ 1,250.00") and is_value("2026年3月1日") and not is_value("- / -") and not is_value("E-40")


def test_hidden_rows_are_looked_up_once() -> None:
    book = Workbook()
    for number in range(1, 3_001):
        book.active.append([f"part {number}", number, number / 7])
        book.active.row_dimensions[number].hidden = number > 10
    began = time.process_time()
    found = parse(_saved(book), filename="parts.xlsx", mime_type=None)
    assert time.process_time() - began < 4
    assert len(found.metadata["left_out"]["hidden rows"]) == 50


@pytest.mark.parametrize(("cell", "times"), [(b"<f>A2*2</f><v>6</v>", 1), (b"<f>A2*2</f><v></v>", 2), (b"<f>A2*2</f>", 2)])
def test_a_workbook_is_opened_again_only_where_a_result_is_missing(
    cell: bytes, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    book = Workbook()
    for row in (["Amount", "Twice"], [3, "=A2*2"], [4, 8]):
        book.active.append(row)
    source, out = zipfile.ZipFile(io.BytesIO(_saved(book))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            held = source.read(name)
            target.writestr(name, held.replace(b"<f>A2*2</f><v></v>", cell).replace(b"<f>A2*2</f><v />", cell))
    opened: list[bool] = []
    usual = xlsx._open

    def counted(content: bytes, *, data_only: bool) -> object:
        opened.append(data_only)
        return usual(content, data_only=data_only)

    monkeypatch.setattr(xlsx, "_open", counted)
    found = parse(out.getvalue(), filename="sums.xlsx", mime_type=None)
    assert len(opened) == times
    assert "Amount: 3; Twice: 6" in found.text


def test_shared_strings_of_several_looks_stay_whole() -> None:
    book = Workbook()
    mixed = CellRichText("pull the ", TextBlock(InlineFont(b=True), "red"), " lever")
    for row in (["Step", "What to do"], ["first", mixed], ["second", "  press\nfirmly "]):
        book.active.append(row)
    found = parse(_saved(book), filename="steps.xlsx", mime_type=None)
    assert "What to do: pull the red lever" in found.text
    assert "What to do: press\nfirmly" in found.text


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (5, "0##", "05"),
        (1234567, "#,##0", "1,234,567"),
        (12, "000,000", "000,012"),
        (0.5, "#.##", ".5"),
        (7, "#.##", "7"),
        (7, "0.", "7."),
        (-0.001, "0.00", "0.00"),
        (20260312, "0000-00-00", "2026-03-12"),
        (1234567, '0.0,,"M"', "1.2M"),
        (0.125, "0.0%", "12.5%"),
    ],
)
def test_digits_in_a_run_and_in_places(value: float, pattern: str, text: str) -> None:
    assert shown(value, pattern) == text
