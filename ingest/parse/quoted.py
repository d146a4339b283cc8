"""The part of a mail that quotes earlier ones: it is a reader's history, not what this mail says."""

from __future__ import annotations

import re
from itertools import pairwise

from lxml.html import HtmlElement

_START = re.compile(
    r"\s*(?:-{2,}\s*(?:Original Message|原始邮件|原邮件|Ursprüngliche Nachricht|Message d'origine|回复的?原邮件|回复邮件)"
    r"\s*-{2,}"
    r"|(?=.*[\d@])(?:(?:On|Am|Le)\b.{4,200}(?:wrote|schrieb|a écrit)\s*:|在?\s*.{4,120}(?:写道|寫道)\s*[:：]))\s*",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(r"\s*\**(?:From|Von|De|发件人|寄件者|寄件人)\**\s*[:：]\s*\S", re.IGNORECASE)
_SECOND = re.compile(
    r"\s*\**(?:Sent|Date|To|Subject|Cc|Gesendet|An|Betreff|Envoyé|À|Objet|发送时间|日期|收件人|主题|抄送|寄件日期|收件者|主旨)\**"
    r"\s*[:：]",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"forwarded message|转发(?:的)?邮件|轉寄|weitergeleitete nachricht|begin forwarded", re.IGNORECASE)
_QUOTED = re.compile(r"(?:^|\s)(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|qt-)", re.IGNORECASE)
_MARKERS = ("divRplyFwdMsg", "appendonsend", "x_divRplyFwdMsg", "isForwardContent")


def new_part(body: str) -> tuple[str, str]:
    """(what the mail itself says, what it quotes) of a plain body; a forwarded mail, and one of quotes alone, stays whole."""
    lines = body.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if _FORWARD.search(line):
            break
        two = line + (lines[number + 1] if number + 1 < len(lines) else "")
        begins = _START.fullmatch(line) or (len(line) < 120 and _START.fullmatch(two) and number + 1 < len(lines))
        below = "".join(lines[number + 1 : number + 4])
        if begins or (_HEADER.match(line) and any(_SECOND.match(one) for one in below.splitlines())):
            above = "".join(lines[:number])
            return (above, "".join(lines[number:])) if any(map(str.isalnum, above)) else (body, "")
    kept = [line for line in lines if not line.lstrip().startswith(">")]
    if len(kept) < len(lines) and any(map(str.isalnum, "".join(kept))) and not _answers_between(lines):
        return "".join(kept), "".join(line for line in lines if line.lstrip().startswith(">"))
    return body, ""


def _answers_between(lines: list[str]) -> bool:
    """Whether the writer answers below each quoted part: then the quotes are needed to understand it."""
    marks = [line.lstrip().startswith(">") for line in lines if line.strip()]
    changes = sum(a != b for a, b in pairwise(marks))
    return changes > 2


def drop_quoted(root: HtmlElement) -> bool:
    """Takes the quoted mails out of an HTML body, in place; a forwarded mail, and one of quotes alone, stays whole."""
    if _FORWARD.search(root.text_content()[:2000]):
        return False
    quotes = [element for element in root.iter() if isinstance(element.tag, str) and _is_quote(element)]
    inside = "".join(element.text_content() for element in quotes)
    if not quotes or sum(map(str.isalnum, root.text_content())) <= sum(map(str.isalnum, inside)):
        return False
    for element in quotes:
        if element.getparent() is None:
            continue
        if element.get("id") in _MARKERS:  # what follows in the same place is the quoted mail
            for later in list(element.itersiblings()):
                later.drop_tree()
        element.drop_tree()
    return True


def _is_quote(element: HtmlElement) -> bool:
    if element.tag == "blockquote" and (element.get("type") or "").lower() == "cite":
        return True
    return element.get("id") in _MARKERS or _QUOTED.search(element.get("class") or "") is not None
