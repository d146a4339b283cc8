"""PDF pages: exponents and indices stay at their word; what the sheet has outside of its shown part is no text."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.parse.pdf import parse

RAISED, LOWERED = 4.2, -2.0


def page(*rows: list[str | tuple[str, float]], size: float = 12) -> bytes:
    """Rows of text; a pair is (text, rise) in two thirds of the size."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    for number, parts in enumerate(rows):
        text = canvas.beginText(60, 760 - 18 * number)
        for part in parts:
            words, rise = (part, 0.0) if isinstance(part, str) else part
            text.setFont("Helvetica", size if isinstance(part, str) else round(size * 0.65, 1))
            text.setRise(rise)
            text.textOut(words)
        canvas.drawText(text)
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["The leak rate of the pump is 2 x 10", ("-3", RAISED), " mbar l/s at room temperature."], "2 x 10⁻³ mbar l/s"),
        (["An area of 40 m", ("2", RAISED), " is served by each of the four fans."], "40 m² is served"),
        (["The sensor measures CO", ("2", LOWERED), " and H", ("2", LOWERED), "O in the air."], "CO₂ and H₂O in the air."),
        (["The cover lasts three years", ("1", RAISED), " and includes the motor."], "three years¹ and includes"),
    ],
)
def test_a_raised_or_lowered_number_stays_at_its_word(row: list[str | tuple[str, float]], expected: str) -> None:
    before, after = ["The line above is ordinary text about the pump."], ["The line below is ordinary text, too."]
    assert expected in parse(page(before, row, after)).text
    assert expected in parse(page(row)).text


def test_small_print_on_the_same_baseline_is_no_exponent() -> None:
    text = parse(page(["The case weighs", (" 12", 0.0), " kg without its cable."], ["Another line of text follows."])).text
    assert "weighs 12 kg" in text
    assert "₁" not in text


def test_small_rows_of_numbers_below_a_heading_stay_rows() -> None:
    small: list[list[str | tuple[str, float]]] = [[("Model 7  12  40", 0.0)], [("Model 9  15  60", 0.0)]]
    text = parse(page(["Figures of 2026"], *small)).text
    assert "12" in text
    assert "60" in text
    assert not set(text) & set("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉")


@pytest.mark.parametrize("rotation", [0, 90, 270])
def test_what_stands_outside_the_shown_part_of_the_sheet_is_not_read(rotation: int) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 600))
    canvas.setCropBox((40, 60, 470, 540))
    canvas.setPageRotation(rotation)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(60, 570, "manual_v3_final.indd 7 for Kim, dealer margin 40 percent")
    canvas.drawString(60, 300, "The warranty of the lamp is three years.")
    canvas.drawString(60, 280, "It starts on the day of purchase, not of delivery.")
    canvas.drawString(60, 30, "Slug line of the printer")
    canvas.save()
    text = parse(buffer.getvalue()).text
    assert "warranty of the lamp" in text
    assert "day of purchase" in text
    # The edges of a turned page's box are not known well enough to leave text out.
    assert ("margin" in text) is ("Slug" in text) is (rotation != 0)
