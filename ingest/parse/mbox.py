"""A mailbox (mbox): each mail a section under its subject. Its own splitter: others cut sentences that begin with From."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header

from ingest.parse import mail
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DATE = (
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?"
)
_SEPARATOR = re.compile(
    rb"From (?:\S+@\S+|-|MAILER-DAEMON|\"[^\"]*\"\S*|\S+)[ \t]+" + _DATE + rb"[^\r\n]*\r?\n(?=[!-9;-~]+:[ \t\r\n])"
)
START = _SEPARATOR
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BOXES = re.compile(
    r"spam|junk|trash|bin|deleted(?: items)?|drafts?|papierkorb|entwürfe|corbeille|brouillons|papelera|borradores"
    r"|垃圾邮件|已删除邮件|已删除|草稿|草稿箱|回收站|垃圾桶|迷惑メール|ゴミ箱|下書き",
    re.IGNORECASE,
)
_DELETED = 0x0008  # of Mozilla's status bits


def parse(content: bytes, declared: str | None = None) -> Parsed:
    """Parses a mailbox. Mails in the bin, drafts and spam are left out and told.

    Raises:
        ParseError: `broken` when there is no mail in it.
    """
    writer, count = Writer(), 0
    for one in split(content):
        count += 1
        if reason := _set_aside(one):
            writer.leave_out("mails", [reason])
            continue
        try:
            mail.parse_into(writer, one, declared)
        except ParseError as exc:
            writer.leave_out("mails", [f"{_header(one, 'Subject')} ({exc.code})"])
    if not count:
        raise ParseError("There is no mail in the mailbox.", code="broken", fix="Export it again, or send the mails as .eml.")
    return writer.parsed()


def split(content: bytes) -> Iterator[bytes]:
    """The mails, without their separators: a line `From address date` at the start or after a blank line, above a header."""
    starts = [match for match in _SEPARATOR.finditer(content) if _stands_alone(content, match.start())]
    for number, match in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(content)
        yield _QUOTED.sub(rb"\1", content[match.end() : end])


def _stands_alone(content: bytes, start: int) -> bool:
    return start == 0 or content[max(0, start - 3) : start].endswith((b"\n\n", b"\n\r\n"))


def _header(one: bytes, name: str) -> str:
    value = message_from_bytes(one.partition(b"\n\n")[0] + b"\n\n", policy=policy.compat32)[name]
    try:
        return " ".join(str(make_header(decode_header(value or ""))).split())
    except (LookupError, ValueError):
        return str(value or "")


def _set_aside(one: bytes) -> str:
    """Why a mail is none that anybody keeps, as `subject (reason)`; '' for the others."""
    labels = [label.strip() for label in _header(one, "X-Gmail-Labels").split(",")]
    box = next((label for label in labels if _BOXES.fullmatch(label)), "")
    status = _header(one, "X-Mozilla-Status")
    if not box and re.fullmatch(r"[0-9a-fA-F]{4}", status) and int(status, 16) & _DELETED:
        box = "deleted"
    return f"{_header(one, 'Subject')} ({box})" if box else ""
