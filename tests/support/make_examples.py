"""Writes the binary files of `examples/` (PDF, DOCX, XLSX) from the text in `example_pages_*` and `example_docs_*`.

    python -m tests.support.make_examples [FOLDER]

Two runs write the same bytes: no clock, no random ids. The markup is a small part of Markdown: `#`, `##`, `- `, `1. `,
`| cell | cell |` (first row is the header) and paragraphs; a line indented by two spaces continues the one above.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

import docx
import openpyxl
from docx.oxml.ns import qn
from openpyxl.styles import Alignment, Font
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from tests.support.example_docs_en import DOCX_EN, FAQ_EN
from tests.support.example_docs_zh import DOCX_ZH, FAQ_ZH
from tests.support.example_pages_en import PDF_EN
from tests.support.example_pages_zh import PDF_ZH

Lang = Literal["zh", "en"]
EXAMPLES = Path(__file__).parents[2] / "examples"
AUTHOR: dict[Lang, str] = {"zh": "雀屿智能", "en": "Larkovia"}
FAQ_HEADER: dict[Lang, tuple[str, str, str]] = {
    "zh": ("问题", "相似问题", "答案"),
    "en": ("question", "alternative questions", "answer"),
}
STAMP = datetime(2026, 6, 15, 9, 0, 0)
CJK_FONT = "STSong-Light"
FIRST_WIDE_CHARACTER = "\u2e80"
BULLET: dict[Lang, str] = {"zh": "● ", "en": "- "}  # signs that both fonts have and pdfplumber reads back
NUMBERED = re.compile(r"\d+\. ")


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the markup. `rows` is filled for tables only, `text` for everything else."""

    kind: Literal["h1", "h2", "p", "ul", "ol", "table"]
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def joined_lines(source: str) -> Iterator[str]:
    """Lines with their continuations glued on: without a space after a Chinese character, with one otherwise."""
    whole = ""
    for line in source.strip().splitlines():
        if line.startswith("  "):
            whole += ("" if whole[-1] >= FIRST_WIDE_CHARACTER else " ") + line.strip()
            continue
        yield whole
        whole = line
    yield whole


def parse(source: str) -> Iterator[Piece]:
    """The blocks of a page in order; neighbouring `|` lines become one table."""
    rows: list[tuple[str, ...]] = []
    for line in [*joined_lines(source), ""]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            yield Piece("table", rows=tuple(rows))
            rows = []
        if line.startswith("## "):
            yield Piece("h2", line[3:])
        elif line.startswith("# "):
            yield Piece("h1", line[2:])
        elif line.startswith("- "):
            yield Piece("ul", line[2:])
        elif NUMBERED.match(line):
            yield Piece("ol", NUMBERED.sub("", line, count=1))
        elif line:
            yield Piece("p", line)


# -- PDF ---------------------------------------------------------------------------------------------------------------


def pdf_styles(lang: Lang) -> dict[str, ParagraphStyle]:
    """Paragraph styles by block kind, plus `cell` and `head` for tables."""
    body, bold = (CJK_FONT, CJK_FONT) if lang == "zh" else ("Helvetica", "Helvetica-Bold")
    wrap = "CJK" if lang == "zh" else None
    base = ParagraphStyle("p", fontName=body, fontSize=10, leading=15, spaceAfter=5, wordWrap=wrap)
    item = ParagraphStyle("item", parent=base, leftIndent=16, firstLineIndent=-12, spaceAfter=3)
    return {
        "p": base,
        "ul": item,
        "ol": item,
        "h1": ParagraphStyle("h1", parent=base, fontName=bold, fontSize=18, leading=24, spaceAfter=8),
        "h2": ParagraphStyle("h2", parent=base, fontName=bold, fontSize=13, leading=18, spaceBefore=9, keepWithNext=1),
        "cell": ParagraphStyle("cell", parent=base, fontSize=9, leading=12, spaceAfter=0),
        "head": ParagraphStyle("head", parent=base, fontName=bold, fontSize=9, leading=12, spaceAfter=0),
    }


def pdf_table(rows: tuple[tuple[str, ...], ...], styles: dict[str, ParagraphStyle], width: float) -> Table:
    """A ruled table over the full width; the header repeats on every page. `width` in points."""
    cells = [[Paragraph(escape(cell), styles["cell" if number else "head"]) for cell in row] for number, row in enumerate(rows)]
    table = Table(cells, colWidths=[width / len(rows[0])] * len(rows[0]), repeatRows=1)
    rule = ("GRID", (0, 0), (-1, -1), 0.5, colors.grey)
    table.setStyle(TableStyle([rule, ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]))
    return table


def pdf_story(source: str, lang: Lang, width: float) -> list[Flowable]:
    """The page's blocks as reportlab flowables; numbering restarts with every list."""
    styles = pdf_styles(lang)
    story: list[Flowable] = []
    number = 0
    for piece in parse(source):
        number = number + 1 if piece.kind == "ol" else 0
        if piece.kind == "table":
            story += [pdf_table(piece.rows, styles, width), Spacer(1, 3 * mm)]
            continue
        mark = f"{number}. " if piece.kind == "ol" else BULLET[lang] if piece.kind == "ul" else ""
        story.append(Paragraph(mark + escape(piece.text), styles[piece.kind]))
    return story


def write_pdf(path: Path, source: str, lang: Lang) -> None:
    """An A4 file with a running footer."""
    title = next(piece.text for piece in parse(source) if piece.kind == "h1")
    page = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=title,
        author=AUTHOR[lang],
        invariant=1,
        lang=lang,
    )

    def footer(canvas: Any, template: Any) -> None:
        canvas.setFont(CJK_FONT if lang == "zh" else "Helvetica", 8)
        canvas.drawString(template.leftMargin, 12 * mm, f"{AUTHOR[lang]} - {title} - {canvas.getPageNumber()}")

    page.build(pdf_story(source, lang, page.width), onFirstPage=footer, onLaterPages=footer)


# -- office files ------------------------------------------------------------------------------------------------------


def repack(content: bytes) -> bytes:
    """The same office file with every clock reading replaced by `STAMP`; the libraries write the time of the run."""
    modified = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = modified.sub(rb"\g<1>" + f"{STAMP:%Y-%m-%dT%H:%M:%SZ}".encode(), data)
            entry = zipfile.ZipInfo(name, date_time=STAMP.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return target.getvalue()


def docx_table(document: Any, rows: tuple[tuple[str, ...], ...]) -> None:
    """A gridded table with a bold first row."""
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for number, row in enumerate(rows):
        for cell, text in zip(table.rows[number].cells, row, strict=True):
            cell.paragraphs[0].add_run(text).bold = number == 0
    document.add_paragraph()


def write_docx(path: Path, source: str, lang: Lang) -> None:
    """A Word file with real heading and list styles."""
    document = docx.Document()
    if lang == "zh":
        for name in ("Normal", "Heading 1", "Heading 2"):
            fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
            fonts.set(qn("w:eastAsia"), "宋体" if name == "Normal" else "黑体")
    styles = {"h1": "Heading 1", "h2": "Heading 2", "p": "Normal", "ul": "List Bullet", "ol": "List Number"}
    for piece in parse(source):
        if piece.kind == "table":
            docx_table(document, piece.rows)
            continue
        document.add_paragraph(piece.text, style=styles[piece.kind])
        if piece.kind == "h1":
            document.core_properties.title = piece.text
    document.core_properties.author = AUTHOR[lang]
    document.core_properties.comments = ""
    document.core_properties.created = STAMP
    document.core_properties.modified = STAMP
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(repack(buffer.getvalue()))


def faq_rows(source: str) -> list[tuple[str, str, str]]:
    """Entries of three lines (question, alternatives, answer) with an empty line between them."""
    entries = [tuple(joined_lines(entry))[1:] for entry in source.strip().split("\n\n")]
    return [(question, "|".join(other.strip() for other in others.split("|")), answer) for question, others, answer in entries]


def write_xlsx(path: Path, source: str, lang: Lang) -> None:
    """A one-sheet workbook: question, alternative questions separated by `|`, answer."""
    book = openpyxl.Workbook()
    book.properties.creator, book.properties.created = AUTHOR[lang], STAMP
    sheet = book.worksheets[0]
    sheet.title = "FAQ"
    for row in (FAQ_HEADER[lang], *faq_rows(source)):
        sheet.append(row)
    for column, width in zip("ABC", (36, 44, 90), strict=True):
        sheet.column_dimensions[column].width = width
        sheet[f"{column}1"].font = Font(bold=True)
        for cell in sheet[column]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(repack(buffer.getvalue()))


def write_all(folder: Path) -> list[Path]:
    """Writes every binary example below `folder` and returns the paths written."""
    pdfmetrics.registerFont(UnicodeCIDFont(CJK_FONT))
    written: list[Path] = []
    plan: tuple[tuple[Any, Lang, str, dict[str, str]], ...] = (
        (write_pdf, "zh", "help/zh", PDF_ZH),
        (write_pdf, "en", "help/en", PDF_EN),
        (write_docx, "zh", "help/zh", DOCX_ZH),
        (write_docx, "en", "help/en", DOCX_EN),
        (write_xlsx, "zh", "faq", FAQ_ZH),
        (write_xlsx, "en", "faq", FAQ_EN),
    )
    for write, lang, place, pages in plan:
        (folder / place).mkdir(parents=True, exist_ok=True)
        for name, source in pages.items():
            written.append(folder / place / name)
            write(written[-1], source, lang)
    return written


if __name__ == "__main__":
    for made in write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES):
        print(made)
