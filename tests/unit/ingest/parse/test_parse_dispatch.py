"""Which parser reads what, and what people are told when none does."""

import io
import subprocess
import sys
import zipfile

import pytest

from ingest.parse import FORMATS, parse
from rag.errors import ParseError

HTML = "<!DOCTYPE html><html><body><p>页面文字。</p></body></html>".encode()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in names:
            target.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "filename", "mime_type", "text"),
    [
        (b"# Title\n\nText.", "a.md", None, "# Title\n\nText."),
        (b"# Title\n\nText.", "A.MD", "application/octet-stream", "# Title\n\nText."),
        (HTML, "page.htm", None, "页面文字。"),
        (HTML, None, "text/html; charset=utf-8", "页面文字。"),
        (HTML, None, None, "页面文字。"),
        (b'[{"a": 1}]', None, None, "a: 1"),
        (b"{not json", None, None, "{not json"),
        (b"plain text", "README", None, "plain text"),
        (b"key: value", "a.yaml", None, "key: value"),
        (b"a,b\n1,2", None, "text/csv", "a: 1; b: 2"),
        ("привет, как дела".encode("koi8-r"), "a.txt", "text/plain; charset=koi8-r", "привет, как дела"),
    ],
)
def test_the_parser_is_chosen(content: bytes, filename: str | None, mime_type: str | None, text: str) -> None:
    assert parse(content, filename=filename, mime_type=mime_type).text == text


def test_text_under_the_id_of_a_file_is_text() -> None:
    parsed = parse(b"Plain words.", filename="manual.pdf", mime_type="text/plain")
    assert parsed.text == "Plain words."
    assert parse(b"Plain words.", filename="old.doc", mime_type="text/markdown").text == "Plain words."


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        (b"", "a.txt", "empty"),
        (b" \n\t\x00", "a.txt", "empty"),
        ("\ufeff \n".encode(), "a.md", "empty"),
        (b"---\n---\n", "a.md", "empty"),
        (bytes(range(256)) * 50, "a.txt", "binary"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "a.png", "broken"),
        (b"\x1f\x8b" + b"x" * 50, "a.gz", "binary"),
        (b"not a pdf", "a.pdf", "broken"),
        (b"not an office file", "a.docx", "broken"),
        (b"PK\x03\x04 cut off", "a.docx", "broken"),
        (b"%PDF-1.7 cut off", "a.pdf", "broken"),
        (archive("ppt/presentation.xml"), "a.pptx", "broken"),
        (archive("notes.bin"), "a.zip", "unsupported"),
        (archive("mimetype", "content.xml"), "a.odt", "broken"),
        (archive("META-INF/container.xml"), "a.epub", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "a.doc", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "encrypted"),
        (b"not rich text", "a.rtf", "broken"),
        (rb"{\rtf1 }", "a.rtf", "empty"),
        (b"From: a@b.c\n\n \n", "a.eml", "empty"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(content: bytes, filename: str, code: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(content, filename=filename, mime_type=None)
    assert caught.value.code == code
    assert caught.value.fix
    assert caught.value.detail.endswith(".")


def test_archives_that_would_fill_the_memory() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("word/document.xml", bytes(64 * 2**20))
    with pytest.raises(ParseError) as caught:
        parse(buffer.getvalue(), filename="bomb.docx", mime_type=None)
    assert caught.value.code == "too_large"


def test_a_parser_that_trips_over_a_document_is_a_parse_error() -> None:
    with pytest.raises(ParseError) as caught:
        parse(archive("xl/workbook.xml"), filename="a.xlsx", mime_type=None)
    assert caught.value.code == "broken"
    assert caught.value.__cause__ is not None


def test_every_text_format_has_a_mime_type_that_leads_back_to_it() -> None:
    strict = (".json", ".jsonl", ".ndjson", ".ipynb", ".mbox", ".mbx", ".opml", ".mm")  # any other text is damaged
    for extension, known in FORMATS.items():
        if not known.signature and extension not in strict:
            assert parse(b"a,b\n\nWords here.", filename=None, mime_type=known.mime_type).text, extension


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = [
        "lxml",
        "docx",
        "openpyxl",
        "pdfplumber",
        "pypdfium2",
        "pandas",
        "pptx",
        "oxmsg",
        "olefile",
        "xlrd",
        "ftfy",
        "PIL",
        "markdown_it",
        "charset_normalizer",
    ]
    code = f"import sys, ingest.parse; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
