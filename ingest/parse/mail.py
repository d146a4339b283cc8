"""Mails (.eml, saved pages .mht): the subject is the title, sender, recipients and day are fields.

Readable attachments are read as sections of the mail, the others are named.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence
from email.message import EmailMessage, MIMEPart
from typing import Any

from ingest import columns
from ingest.columns import FIELD_LIMIT
from ingest.parse import calendar, html, mailheaders, tnef
from ingest.parse.attached import File, write_files
from ingest.parse.decode import decode
from ingest.parse.lines import bullet
from ingest.parse.lines import columns as width
from ingest.parse.mailheaders import Headers, text_of, unfolded
from ingest.parse.normal import normalise, one_line
from ingest.parse.quoted import drop_quoted, new_part
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_FOLD = re.compile(rb"\r?\n[ \t]")
_SEALED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_PACKED = ("application/ms-tnef", "application/vnd.ms-tnef")
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
    headers, bodies, attachments = _opened(content, declared)
    return write(headers, bodies, attachments)


def parse_into(writer: Writer, content: bytes, declared: str | None = None) -> None:
    """Writes a mail that is one of many as a section under its subject. Raises ParseError as `parse`."""
    headers, bodies, attachments = _opened(content, declared)
    fields = writer.fields
    writer.fields = {**fields, **_fields(headers)}
    writer.heading(headers.subject or ", ".join(address for _, address in headers.sender), 1)
    _write(writer, headers, bodies, attachments, level=2)
    writer.close(1)
    writer.fields = fields


def _opened(content: bytes, declared: str | None) -> tuple[Headers, list[tuple[str, str]], list[File]]:
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
    return headers, bodies, attachments


def write(headers: Headers, bodies: Sequence[tuple[str, str]], attachments: Sequence[File]) -> Parsed:
    """A mail from its parts; `bodies` as (text, `plain` or `html`)."""
    writer = Writer(headers.subject, _fields(headers))
    writer.heading(headers.subject, 1)
    skipped = _write(writer, headers, bodies, attachments, level=1)
    return writer.parsed(_metadata(headers, [name for name, _, _ in attachments], skipped))


def _write(
    writer: Writer, headers: Headers, bodies: Sequence[tuple[str, str]], attachments: Sequence[File], *, level: int
) -> list[str]:
    """Writes what a mail says and its attachments; gives those that were not read."""
    for body, subtype in bodies:
        if body.strip():
            write_body(writer, body, subtype)
    chinese = columns.is_chinese(headers.subject + "".join(body for body, _ in bodies))
    names = [name for name, _, _ in attachments]
    if attachments:
        writer.close(level)
        writer.block(columns.label("附件" if chinese else "Attachments") + ", ".join(names))
    return write_files(writer, [file for file in attachments if file[1]], chinese=chinese, level=level)


# -- parts -------------------------------------------------------------------------------------------------------------


def _parts(message: EmailMessage, declared: str | None) -> tuple[list[tuple[str, str]], list[File]]:
    """Bodies as (text, `plain` or `html`), and the attachments."""
    if message.get_content_type() in _SEALED:
        raise ParseError("The mail is encrypted or sealed.", code="encrypted", fix="Open it and save it decrypted.")
    body = message.get_body(("html", "plain"))
    bodies = [] if body is None else [_body(body, declared)]
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            text = _body(part, declared)[0]
            chinese = columns.is_chinese("".join(body for body, _ in bodies))
            bodies.append(("\n\n".join(calendar.lines(text, chinese=chinese)), "plain"))
            break
    attachments: list[File] = []
    for part in message.iter_attachments():
        name = one_line(unfolded(part.get_filename() or ""))
        inline = not name and part.get_content_disposition() != "attachment"
        if inline and part.get_content_type() in ("text/plain", "text/html"):
            bodies.append(_body(part, declared))  # mailing lists and some clients write the body in several parts
        elif name or part.get_content_type() in ("message/rfc822", *_PACKED):
            _attach(attachments, bodies, _file(part, name), body is None)
    if body is None and message.get_content_type() in _PACKED:
        _attach(attachments, bodies, _file(message, "winmail.dat"), True)
    if body is None and not message.is_multipart() and message.get_content_maintype() in ("text", "multipart"):
        bodies.append((_body(message, declared)[0], "plain"))  # said to be of several parts, or to be attached to nothing
    return bodies, attachments


def _attach(attachments: list[File], bodies: list[tuple[str, str]], file: File, bare: bool) -> None:
    """Adds an attachment; of Outlook's package what is in it, its body too where the mail is `bare` of one."""
    if not tnef.is_packed(file[0], file[2] or "", file[1]):
        attachments.append(file)
        return
    packed = tnef.unpacked(file[1])
    attachments += packed.files
    if bare or not any(text.strip() for text, _ in bodies):
        bodies += packed.bodies[:1]


def _body(part: MIMEPart, declared: str | None) -> tuple[str, str]:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    if part.get_content_type() == "text/calendar":
        raw = _FOLD.sub(b"", raw)  # RFC 5545 folds by octets, also within a character
    text = text_of(raw, part.get_content_charset() or declared)
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _unflowed(text, joined=str(part.get_param("delsp", "")).lower() == "yes")
    return text.replace("\x00", ""), "html" if part.get_content_type() == "text/html" else "plain"


def _unflowed(text: str, *, joined: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one; `joined`: the space itself is not part of the text."""
    lines: list[str] = []
    goes_on = False
    for line in text.splitlines():
        line = line[1:] if line.startswith(" ") else line  # space-stuffed
        soft = line.endswith(" ") and line != "-- "
        kept = line[:-1] if soft and joined else line
        if goes_on:
            lines[-1] += kept
        else:
            lines.append(kept)
        goes_on = soft
    return "\n".join(lines)


def _file(part: MIMEPart, name: str) -> File:
    """An attachment; a forwarded mail is named by its subject."""
    if part.get_content_type() != "message/rfc822":
        payload = part.get_payload(decode=True)
        return name, payload if isinstance(payload, bytes) else b"", part.get_content_type()
    inner = next(iter(part.iter_parts()), None)
    if inner is None:
        return name, b"", None
    return name or one_line(unfolded(str(inner["Subject"] or ""))), inner.as_bytes(), "message/rfc822"


def _fields(headers: Headers) -> dict[str, str]:
    sender, to = (", ".join(address for _, address in pairs) for pairs in (headers.sender, headers.to))
    fields = {"from": sender, "to": to, "date": headers.date[:10]}
    return {name: value for name, value in fields.items() if 0 < len(value) <= FIELD_LIMIT}


def _metadata(headers: Headers, attachments: list[str], skipped: list[str]) -> dict[str, Any]:
    people = {
        name: [f"{person} <{address}>" if person else address for person, address in pairs]
        for name, pairs in (("from", headers.sender), ("to", headers.to), ("cc", headers.cc))
    }
    metadata = {**people, "date": headers.date, "attachments": attachments, "attachments_not_read": skipped}
    return {name: value for name, value in metadata.items() if value}


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


def write_body(writer: Writer, body: str, subtype: str) -> None:
    """Writes one body; `subtype` `html` or `plain`."""
    if subtype == "html":
        root = html.tree(body)
        if drop_quoted(root):
            writer.leave_out("quoted mails", ["yes"])
        html.write(writer, root, below=1)
        return
    body, quoted = new_part(body)
    if any(map(str.isalnum, quoted)):
        writer.leave_out("quoted mails", ["yes"])
    group = -1
    for line in _unwrapped(body).splitlines():
        if not any(char.isalnum() for char in line):
            continue
        text = normalise(line)
        if not (length := bullet(text)):
            writer.block(text)
            group = -1
            continue
        tight, group = group >= 0, group if group >= 0 else writer.group()
        writer.block(text[length:], "list", mark=text[:length], tight=tight, group=group)
