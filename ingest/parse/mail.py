"""Mails (.eml), by unstructured: the subject is the title, sender, recipients and day are fields, attachments are named.

The body is handed over in a fresh message in UTF-8, because unstructured believes every charset that a mail declares, turns
layout tables into one cell, and forgets merged cells and line breaks.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Mapping
from email.message import EmailMessage, MIMEPart
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring

from ingest import columns
from ingest.columns import FIELD_LIMIT
from ingest.parse import mailheaders, partition
from ingest.parse.decode import decode
from ingest.parse.header import split_header
from ingest.parse.htmlgrid import grid
from ingest.parse.lines import bullet
from ingest.parse.lines import columns as width
from ingest.parse.mailheaders import Headers, text_of, unfolded
from ingest.parse.partition import Element
from ingest.parse.writer import Writer, normalise, one_line
from rag.domain import Parsed
from rag.errors import ParseError

_BREAK = "\ue000"  # stands for <br> on the way through unstructured, which makes a space of it
_SEALED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_WRAPPED = range(60, 161)  # columns of a line that a mailer may have broken
_WRAP_LIMIT = 80  # characters
_SENTENCE_ENDS = "。！？.!?；;：:"


def parse(content: bytes, declared: str | None = None) -> Parsed:
    """Parses a mail.

    Args:
        content: the mail as it is stored or sent.
        declared: encoding of parts that name none.

    Returns:
        Every block has the fields `from`, `to` (addresses) and `date` (YYYY-MM-DD), as far as the mail says;
        the metadata hold `from`, `to`, `cc` with names, `date` with time, and `attachments`.

    Raises:
        ParseError: `encrypted`, `broken`, and `empty` when there is neither a subject nor a body nor an attachment.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = decode(content).encode()
    headers = mailheaders.read(content, declared)
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        bodies, attachments = _parts(message, declared)
    except (LookupError, ValueError, TypeError, AttributeError) as exc:  # the email package trips over odd MIME headers
        raise ParseError(
            f"The mail cannot be read ({type(exc).__name__}).", code="broken", fix="Save the mail again as .eml or text."
        ) from exc
    fields = _fields(headers)
    writer = Writer(headers.subject)
    writer.heading(headers.subject, 1)
    for body, subtype in bodies:
        if body.strip():
            _write(writer, partition.mail(_message(body, subtype), _unwrapped), fields)
    if attachments:
        name = "附件" if columns.is_chinese(headers.subject + "".join(body for body, _ in bodies)) else "Attachments"
        writer.close(1)
        writer.block(columns.label(name) + ", ".join(attachments), fields=fields)
    return writer.parsed(_metadata(headers, attachments))


# -- parts -------------------------------------------------------------------------------------------------------------


def _parts(message: EmailMessage, declared: str | None) -> tuple[list[tuple[str, str]], list[str]]:
    """Bodies as (text, `plain` or `html`), and the names of the attachments."""
    if message.get_content_type() in _SEALED:
        raise ParseError("The mail is encrypted or sealed.", code="encrypted", fix="Open it and save it decrypted.")
    found = message.get_body(("html", "plain"))
    bodies = [] if found is None else [_body(found, declared)]
    attachments: list[str] = []
    for part in message.iter_attachments():
        name = one_line(unfolded(part.get_filename() or ""))
        inline = not name and part.get_content_disposition() != "attachment"
        if inline and part.get_content_type() in ("text/plain", "text/html"):
            bodies.append(_body(part, declared))  # mailing lists and some clients write the body in several parts
        elif name or part.get_content_type() == "message/rfc822":
            attachments.append(name or _forwarded(part))
    if found is None and not message.is_multipart() and message.get_content_maintype() in ("text", "multipart"):
        bodies.append((_body(message, declared)[0], "plain"))  # said to be of several parts, or to be attached to nothing
    return bodies, attachments


def _body(part: MIMEPart, declared: str | None) -> tuple[str, str]:
    payload = part.get_payload(decode=True)
    text = text_of(payload if isinstance(payload, bytes) else b"", part.get_content_charset() or declared)
    return text.replace("\x00", ""), "html" if part.get_content_type() == "text/html" else "plain"


def _forwarded(part: MIMEPart) -> str:
    inner = next(iter(part.iter_parts()), None)
    return one_line(unfolded(str(inner["Subject"] or ""))) if inner is not None else ""


def _message(body: str, subtype: str) -> bytes:
    message = EmailMessage()
    if subtype == "html":
        body = _prepared(body)
    # Surrogates that a mailer left in the text cannot be encoded.
    message.set_content(body.encode("utf-8", "replace").decode(), subtype=subtype, cte="base64")
    return message.as_bytes()


def _fields(headers: Headers) -> dict[str, str]:
    sender, to = (", ".join(address for _, address in pairs) for pairs in (headers.sender, headers.to))
    fields = {"from": sender, "to": to, "date": headers.date[:10]}
    return {name: value for name, value in fields.items() if 0 < len(value) <= FIELD_LIMIT}


def _metadata(headers: Headers, attachments: list[str]) -> dict[str, Any]:
    people = {
        name: [f"{person} <{address}>" if person else address for person, address in pairs]
        for name, pairs in (("from", headers.sender), ("to", headers.to), ("cc", headers.cc))
    }
    found = {**people, "date": headers.date, "attachments": attachments}
    return {name: value for name, value in found.items() if value}


# -- bodies ------------------------------------------------------------------------------------------------------------


def _unwrapped(text: str) -> str:
    """A plain body with one line a paragraph: lines that a mailer has broken are joined, list items and quotes stay."""
    lines: list[str] = []
    previous = ""
    for line in (line.strip() for line in text.splitlines()):
        wrapped = width(previous) in _WRAPPED and len(previous) <= _WRAP_LIMIT and previous[-1] not in _SENTENCE_ENDS
        if line and wrapped and not bullet(line) and not line.startswith(">"):
            lines[-1] += ("" if width(previous[-1]) == width(line[0]) == 2 else " ") + line
        else:
            lines.append(line)
        previous = line
    return "\n".join(lines)


def _prepared(html: str) -> str:
    """The page with layout tables opened, data tables without merged cells, line breaks and list numbers as text."""
    try:
        root = document_fromstring(html.encode(), parser=HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True))
    except (etree.LxmlError, ValueError):
        return "<p></p>"
    for line_break in root.iter("br"):
        line_break.tail = _BREAK + (line_break.tail or "")
    for numbered in root.iter("ol"):
        for number, item in enumerate(numbered.iterchildren("li"), start=1):
            item.text = f"{number}. {(item.text or '').lstrip()}"
    for table in list(root.iter("table")):
        if (found := grid(table, lambda cell: " ".join(cell.text_content().split()))) is None:
            for element in _own(table):
                element.tag = "div"
        else:
            _fill(table, [found[0], *found[1]] if found[0] else found[1])
    return str(tostring(root, encoding="unicode"))


def _own(table: HtmlElement) -> Iterator[HtmlElement]:
    """The table and its own rows and cells, without those of tables inside."""
    parts = ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "center")
    for child in table.iterchildren(*parts[1:]):
        yield from _own(child)
    yield table


def _fill(table: HtmlElement, rows: list[list[str]]) -> None:
    for child in list(table):
        table.remove(child)
    for row in rows:
        line = etree.SubElement(table, "tr")
        for text in row:
            etree.SubElement(line, "td").text = text


def _write(writer: Writer, elements: list[Element], fields: Mapping[str, str]) -> None:
    group = -1
    for element in elements:
        text = normalise(element.text.replace(_BREAK, "\n"))
        if element.category == "ListItem":
            tight, group = group >= 0, group if group >= 0 else writer.group()
            length = bullet(text)
            mark = "  " * max(0, (element.depth or 0) - 1) + (text[:length] or "- ")
            writer.block(text[length:], "list", mark=mark, tight=tight, group=group, fields=fields)
            continue
        group = -1
        if element.category == "Title" and element.depth is not None:
            writer.heading(text, element.depth + 2, fields)
        elif element.rows:
            rows = [[cell.replace(_BREAK, "\n") for cell in row] for row in element.rows]
            writer.table(*split_header(rows), fields)
        else:
            for paragraph in text.split("\n\n"):
                if any(char.isalnum() for char in paragraph):
                    writer.block(paragraph, fields=fields)
