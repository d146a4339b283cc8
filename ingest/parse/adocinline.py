"""AsciiDoc inside a line, as HTML."""

from __future__ import annotations

import re
from functools import partial

from ingest.parse.adoclines import Page, filled
from ingest.parse.markuphtml import escaped

_KEPT = re.compile(
    r"\+\+\+(.+?)\+\+\+|\+\+(.+?)\+\+|pass:\w*\[(.*?)\](?!\w)|(?<![\w`])`\+(.+?)\+`(?![\w`])"
    r"|(?<!\w)\+(?=\S)(.+?)(?<=\S)\+(?!\w)",
    re.DOTALL,
)
_CODE = re.compile(r"``(.+?)``|(?<![\w`])`(?=\S)(.+?)(?<=\S)`(?![\w`])", re.DOTALL)
_MACROS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"menu:([^\[\]\n]+)\[([^\]]*)\]"), "menu"),
    (re.compile(r"(?:kbd|btn):\[((?:\\\]|[^\]])+)\]"), "keys"),
    (re.compile(r"stem:\[(.*?)\]|(?:latexmath|asciimath):\[(.*?)\]"), "keys"),
    (re.compile(r"footnote(?:ref)?:(?:[\w-]*)\[((?:[^\[\]]|\[[^\]]*\])*)\]"), "note"),
    (re.compile(r"(?:image|icon):(?!:)[^\[\]\s]+\[([^\]]*)\]"), "nothing"),
    (re.compile(r"(?:indexterm2|indexterm):\[([^\]]*)\]"), "nothing"),
    (re.compile(r"anchor:[^\[]+\[[^\]]*\]|\[\[[^\]]+\]\]"), "nothing"),
    (re.compile(r"xref:([^\[\]\s]*)\[((?:[^\[\]]|\[[^\]]*\])*)\]"), "cross"),
    (re.compile(r"<<([^,<>]+)(?:,\s*([^<>]+))?>>"), "cross"),
    (re.compile(r"(?:link:|mailto:)([^\[\]\s]+)\[((?:[^\[\]]|\[[^\]]*\])*)\]"), "link"),
    (re.compile(r"(?<![\w\"'])((?:https?|ftp|irc)://[^\s\[\]<>]+)\[((?:[^\[\]]|\[[^\]]*\])*)\]"), "link"),
)  # fmt: skip
_QUOTED = (
    (re.compile(r"(?:\[[^\]\[\n]*\])?\*\*(?=\S)(.+?)\*\*", re.DOTALL), "strong"),
    (re.compile(r"(?:\[[^\]\[\n]*\])?(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])", re.DOTALL), "strong"),
    (re.compile(r"__(?=\S)(.+?)__", re.DOTALL), "em"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_]+?)(?<=\S)_(?![\w_])", re.DOTALL), "em"),
    (re.compile(r"\^(\S+?)\^"), "sup"),
    (re.compile(r"~(\S+?)~"), "sub"),
)
_STRUCK = re.compile(r"\[\.?(?:line-through|strike)\]#+(.+?)#+")
_MARKED = re.compile(r"(?:\[[^\]\[\n]*\])?(?<![\w#&])##?(?=\S)(.+?)(?<=\S)##?(?!\w)")
_TYPED = (
    (re.compile(r"(?<=\w)--(?=\w)| -- "), "—"),
    (re.compile(r"\(C\)"), "©"),
    (re.compile(r"\(R\)"), "®"),
    (re.compile(r"\(TM\)"), "™"),
    (re.compile(r"(?<!-)-&gt;"), "→"),
    (re.compile(r"&lt;-(?!-)"), "←"),
    (re.compile(r"\.\.\."), "…"),
)
_CURLY = ((re.compile(r"\"`(.+?)`\""), "“\1”"), (re.compile(r"'`(.+?)`'"), "‘\1’"))


def inline(text: str, page: Page) -> str:
    """A paragraph's text with its attributes, macros and marks, as HTML."""
    kept: list[str] = []

    def keep(written: str) -> str:
        kept.append(written)
        return f"\x02{len(kept) - 1}\x02"

    text = _KEPT.sub(lambda match: keep(escaped(next(filter(None, match.groups()), ""))), filled(text, page))
    for pattern, form in _CURLY:
        text = pattern.sub(form, text)
    text = _CODE.sub(lambda match: keep(f"<code>{escaped(match[1] or match[2])}</code>"), text)
    for pattern, kind in _MACROS:
        text = pattern.sub(partial(_macro, kind, page=page), text)
    text = escaped(_STRUCK.sub("", text))
    text = re.sub(r"\(\(\(.*?\)\)\)", "", re.sub(r"(?<!\()\(\(([^()]+)\)\)(?!\))", r"\1", text))
    for pattern, tag in _QUOTED:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    text = _MARKED.sub(r"\1", text)
    for pattern, char in _TYPED:
        text = pattern.sub(char, text)
    text = re.sub(r"\s\+(?=\n|$)", "<br>", text)
    text = re.sub(r"\\(?=[*_`#{~^\[(<]|\x02)", "", text)
    for _ in range(3):  # code inside a link inside a note
        text = re.sub("\x02(\\d+)\x02", lambda match: kept[int(match[1])], text)
    return text


def _macro(kind: str, match: re.Match[str], page: Page) -> str:
    groups = [one or "" for one in match.groups()]
    if kind == "nothing":
        return ""
    if kind == "keys":
        return next(filter(None, groups), "").replace("\\]", "]").strip()
    if kind == "menu":
        return " › ".join([groups[0].strip(), *(one.strip() for one in groups[1].split(">") if one.strip())])
    if kind == "note":
        return f" ({groups[0].strip()})" if groups[0].strip() else ""
    if kind == "cross":
        target = groups[0].lstrip("#").strip()
        text = groups[1].split(",")[0].strip() if groups[1] else ""
        return text or page.anchors.get(target.rpartition("#")[2], "") or _named(target)
    return _label(groups[1]) or groups[0]


def _label(text: str) -> str:
    return re.sub(r",\s*(?:window|role|opts|title|subject|rel)\s*=.*$|\^$", "", text.strip().strip('"')).strip('"^ ')


def _named(target: str) -> str:
    """What a reader sees of a reference to a page without a text of its own."""
    name = target.rpartition(":")[2].rpartition("/")[2]
    return re.sub(r"\.(?:adoc|asciidoc|html)(?:#.*)?$", "", name).lstrip("_").replace("-", " ").replace("_", " ")
