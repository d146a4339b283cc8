"""What was typed onto a PDF: values of forms and typewriter notes are read where they stand."""

from __future__ import annotations

import io

from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Text
from reportlab.pdfgen.canvas import Canvas

from ingest.parse.pdf import parse


def form() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 400))
    canvas.setFont("Helvetica", 11)
    for number, label in enumerate(("Serial number of the lamp:", "Colour that was ordered:", "Door code of the shop:")):
        canvas.drawString(50, 340 - 40 * number, label)
    fields = canvas.acroForm
    fields.textfield(name="serial", value="LX-4471", x=200, y=332, width=120, height=22, borderWidth=0)
    fields.choice(name="colour", value="amber", options=["amber", "jade"], x=200, y=292, width=120, height=22, borderWidth=0)
    fields.textfield(name="door", value="0815", x=200, y=252, width=120, height=22, borderWidth=0, fieldFlags="password")
    canvas.save()
    return buffer.getvalue()


def noted(note: FreeText | Text) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 400))
    canvas.drawString(50, 300, "The lamp is shipped with two cables.")
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(buffer.getvalue())))
    writer.add_annotation(0, note)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_values_of_a_form_stand_beside_their_labels() -> None:
    text = parse(form()).text
    assert "Serial number of the lamp: LX-4471" in " ".join(text.replace("|", " ").split())
    assert "Colour that was ordered: amber" in " ".join(text.replace("|", " ").split())
    assert "0815" not in text


def test_a_typewriter_note_is_text_and_a_sticky_note_is_not() -> None:
    typed = FreeText(text="Since March with three cables.\n自三月起附三根电缆。", rect=(50, 240, 300, 280), font_size="11pt")
    text = parse(noted(typed)).text
    assert "Since March with three cables." in text
    assert "自三月起附三根电缆。" in text
    sticky = parse(noted(Text(text="Li: margin is 40 percent", rect=(50, 240, 70, 260)))).text
    assert "margin" not in sticky
    assert "two cables" in sticky


def test_a_note_that_is_not_to_be_seen_is_not_read() -> None:
    hidden = FreeText(text="internal price list 7", rect=(50, 240, 300, 280))
    hidden.flags = 2
    assert "internal" not in parse(noted(hidden)).text
