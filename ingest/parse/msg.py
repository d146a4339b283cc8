"""Outlook messages (.msg), by python-oxmsg: read like mails."""

from __future__ import annotations

import io
from typing import Any

from ingest.parse import mail
from ingest.parse.attached import File
from ingest.parse.decode import decode
from ingest.parse.mailheaders import Headers, addresses
from ingest.parse.normal import one_line
from rag.domain import Parsed
from rag.errors import ParseError

_CODEPAGE = 0x3FDE  # PidTagInternetCodepage: the encoding of an HTML body
_UTF8 = 65001


def parse(content: bytes) -> Parsed:
    """Parses a .msg. Raises ParseError `broken`, `empty`."""
    from oxmsg import Message

    try:
        message = Message.load(io.BytesIO(content))
        headers = _headers(message)
        bodies = _bodies(message)
        files = [_file(attachment) for attachment in message.attachments]
    except Exception as exc:  # oxmsg and olefile raise KeyError, struct.error, OSError, AssertionError, …
        raise ParseError(
            f"The message cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again as .msg or .eml."
        ) from exc
    return mail.write(headers, bodies, files)


def _headers(message: Any) -> Headers:
    to = [f"{one.name or ''} <{one.email_address or ''}>" for one in message.recipients]
    sent = message.sent_date
    date = sent.isoformat() if sent is not None else ""
    return Headers(one_line(message.subject or ""), addresses([message.sender or ""]), addresses(to), (), date)


def _bodies(message: Any) -> list[tuple[str, str]]:
    html = _html(message)
    if html.strip():
        return [(html, "html")]
    return [(message.body or "", "plain")]


def _html(message: Any) -> str:
    """The HTML body in the encoding that the message names."""
    from oxmsg.domain import constants

    raw = message.properties.binary_prop_value(constants.PID_HTML)
    if not raw:
        return str(message.html_body or "")
    codepage = message.properties.int_prop_value(_CODEPAGE)
    named = "utf-8" if codepage == _UTF8 else f"cp{codepage}" if codepage else None
    return decode(raw, named)


def _file(attachment: Any) -> File:
    name = attachment.file_name or attachment.properties.str_prop_value(0x3001) or "attachment"
    try:
        return name, attachment.file_bytes or b"", attachment.mime_type
    except Exception:  # an embedded message or object has no bytes of its own
        return name, b"", None
