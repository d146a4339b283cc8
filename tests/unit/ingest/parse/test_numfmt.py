"""Numbers and dates as a sheet shows them; what they should be was read off the format's rules (ECMA-376)."""

from __future__ import annotations

import datetime
import io

import pytest
from openpyxl import Workbook

from ingest.parse import parse
from ingest.parse.numfmt import shown, shown_text


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (7, "0000", "0007"), (7.5, '"€"#,##0.00', "€7.50"), (-3, '"€"#,##0;("€"#,##0)', "(€3)"), (0.075, "0.0%", "7.5%"),
        (1234567, "#,##0", "1,234,567"), (2500, '#,##0" 件"', "2,500 件"), (4, '"约 "0" 天"', "约 4 天"), (0, '0;-0;"—"', "—"),
        (3, '[>=5]"many";"few"', "few"), (9, '[>=5]"many";"few"', "many"), (12.5, "[$£-809]#,##0.00", "£12.50"),
        (2.75, "# ?/?", "2 3/4"), (0.5, "# ?/8", "4/8"), (1500000, '0.0,,"M"', "1.5M"), (12345, "0.00E+00", "1.23E+04"),
        (1234567890, "000-000-0000", "123-456-7890"), (0.1, "General", "0.1"), (3.0, "General", "3"),
        (2**60, "General", str(2**60)),
        (5, "", "5"), (5, None, "5"), (5, ";;;", ""), (1.005, "0.00", "1.01"),
        (45366, "yyyy-mm-dd", "2024-03-15"), (45366, 'yyyy"年"m"月"d"日"', "2024年3月15日"), (45366, "[$-804]aaaa", "星期五"),
        (45366, "d mmm yy", "15 Mar 24"), (45366.75, "m/d/yyyy h:mm AM/PM", "3/15/2024 6:00 PM"),
        (45366, "yyyy-mm-dd hh:mm", "2024-03-15"),
        (1.25, "[h]:mm", "30:00"), (0.0625, "h:mm", "1:30"), (45366, "mm-dd-yy", "2024-03-15"),
    ],
)  # fmt: skip
def test_as_the_sheet_shows_it(value: float, pattern: str | None, text: str) -> None:
    assert shown(value, pattern) == text


def test_days_counted_from_1904_and_texts() -> None:
    assert shown(43904, "yyyy-mm-dd", days_off=1462) == "2024-03-15"
    assert shown_text("Seal", '@" (spare)"') == "Seal (spare)"
    assert shown_text("Seal", "0.00") == "Seal"


def test_a_workbook_is_read_as_displayed_and_what_is_hidden_or_without_value_is_told() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "价目"
    for line in (
        ["编码", "单价", "成本", "上市"],
        [42, 9.9, 5, datetime.date(2026, 2, 3)],
        [7, 8, 4, None],
        ["=INDEX(A2:A3,1)", 1, 1, None],
    ):
        sheet.append(line)
    for row in (2, 3):
        sheet.cell(row, 1).number_format, sheet.cell(row, 2).number_format = "00000", '"¥"0.00'
    sheet["D2"].number_format = 'm"月"d"日"'
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[3].hidden = True
    secret = book.create_sheet("内部")
    secret.append(["秘密", "不可见"])
    secret.sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    parsed = parse(buffer.getvalue(), filename="a.xlsx", mime_type=None)
    texts = [parsed.text[block.start : block.end] for block in parsed.blocks]
    assert texts == ["编码：00042；单价：¥9.90；上市：2月3日", "单价：1"]
    assert parsed.metadata["left_out"] == {
        "sheets": ["内部"],
        "hidden rows": ["价目!3"],
        "hidden columns": ["价目!C"],
        "formulas without a stored value": ["价目!A4"],
    }


def test_a_quoted_number_of_a_csv_export() -> None:
    parsed = parse(b'Code,Name\n="00123",Seal\n', filename="a.csv", mime_type=None)
    assert parsed.text == "Code: 00123; Name: Seal"
