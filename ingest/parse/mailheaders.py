"""Headers of a mail, read so that no mistake of a mailer stops them: raw bytes, wrong charsets, halved characters."""

from __future__ import annotations

import email.errors
import email.header
import email.utils
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from ingest.parse.decode import decode
from ingest.parse.normal import one_line
from rag.errors import ParseError

_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Headers:
    """`sender`, `to`, `cc`: (name or '', address). `date`: ISO 8601 with the sender's offset, or ''."""

    subject: str
    sender: tuple[tuple[str, str], ...]
    to: tuple[tuple[str, str], ...]
    cc: tuple[tuple[str, str], ...]
    date: str


def read(content: bytes, declared: str | None) -> Headers:
    """The headers at the top of a mail; '' and () for those that are missing or senseless."""
    message = HeaderParser().parsestr(text_of(_HEAD_END.split(content, maxsplit=1)[0], declared))
    sender, to, cc = (addresses(message.get_all(name, [])) for name in ("From", "To", "Cc"))
    return Headers(one_line(unfolded(message["Subject"] or "")), sender, to, cc, _date(message))


def unfolded(value: str) -> str:
    """A header's value with its encoded words read."""
    try:
        parts = email.header.decode_header(value)
    except (email.errors.HeaderParseError, ValueError):
        return value
    return "".join(part if isinstance(part, str) else text_of(part, charset) for part, charset in parts)


def text_of(content: bytes, charset: str | None) -> str:
    """Text of a body or header: in UTF-8 if it is, else as declared, else as it looks; never fails."""
    # Mailers write GBK and GB 18030 under the name of their small ancestor.
    named = "gb18030" if (charset or "").lower().replace("-", "") in ("gb2312", "gbk", "gb231280") else charset
    for encoding in [named, "utf-8"] if content.isascii() else ["utf-8", named]:
        try:
            return content.decode(encoding or "utf-8").lstrip("\ufeff")
        except (LookupError, ValueError):
            continue
    try:
        return decode(content, named)
    except ParseError:
        return content.decode("utf-8", "replace")


def addresses(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs = email.utils.getaddresses([" ".join(value.split()) for value in values])
    return tuple((one_line(unfolded(name)), address.lower()) for name, address in pairs if "@" in address)


def _date(message: Message) -> str:
    try:
        return email.utils.parsedate_to_datetime(message["Date"]).isoformat()
    except (TypeError, ValueError, OverflowError):
        return ""
