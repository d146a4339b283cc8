"""Reads HTML and JSX tags in Markdown source, where no HTML parser holds: `<Card title={"x"} style={{a: 1}}>`."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from ingest.parse.extras import without_extras

_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9.]*)(?=[\s/>]|$)")
_ATTRIBUTE = re.compile(
    r"\b([A-Za-z][\w-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{\s*[\"'`]([^\"'`]*)[\"'`]\s*\}))?(?=[\s/>]|$)"
)
_TAG_LIMIT = 4000

INLINE = frozenset(
    "a abbr b big br cite code del dfn em font i img input ins kbd label mark q s samp small span strike strong sub sup"
    " tt u var wbr badge tooltip icon kbd button required optional".split()
)
BLOCK = frozenset(
    "article aside blockquote body caption center col colgroup dd details div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 head header hr html li main nav ol p picture section source summary table tbody td tfoot th thead tr"
    " track ul".split()
)
DROPPED = frozenset("script style svg iframe video audio noscript object canvas math".split())
VOID = frozenset("br hr img input source track col wbr".split())


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag at `start` up to `end` in the source. `name` is lower case; `component`: written as a JSX component."""

    name: str
    start: int
    end: int
    closing: bool
    alone: bool
    component: bool
    attributes: dict[str, str]

    @property
    def inline(self) -> bool:
        return self.name in INLINE


def read_tag(source: str, start: int) -> Tag | None:
    """The known HTML or component tag that opens at `start`, or None: `<version>` in prose is a placeholder."""
    match = _NAME.match(source, start)
    if match is None or (end := _tag_end(source, match.end())) is None:
        return None
    spelled = match[1]
    name = spelled.lower()
    component = spelled[0].isupper() and any(char.islower() for char in spelled)
    if not component and name not in INLINE and name not in BLOCK and name not in DROPPED:
        return None
    body = source[match.end() : end - 1]
    alone = body.endswith("/") or (name in VOID and not component)
    attributes = {key: html.unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(body)}
    return Tag(name, start, end, source[start + 1] == "/", alone, component, attributes)


def _tag_end(source: str, position: int) -> int | None:
    """Just behind the `>` that closes the tag, past quoted values and JSX expressions."""
    depth, quote = 0, ""
    for i in range(position, min(len(source), position + _TAG_LIMIT)):
        char = source[i]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == ">" and depth <= 0:
            return i + 1
        elif char == "<" and depth <= 0:
            return None
    return None


_WIKI_EMBED = re.compile(r"!\[\[[^\[\]\n]{1,300}\]\]")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,300}\|)?([^\[\]|\n]{1,300})\]\]")
_HIGHLIGHT = re.compile(r"==(?=\S)([^=\n]{1,300}?)(?<=\S)==")
_HIDDEN_NOTE = re.compile(r"%%[^\n]*?%%|<!--.*?-->", re.DOTALL)
_BLOCK_ID = re.compile(r"\s\^[\w-]{3,40}\s*$")
_MARKED = re.compile(r"[\\`*_~^<\[{&\x00]|\+\+|==|%%|:[a-z]+-|^:[ \t]", re.IGNORECASE | re.MULTILINE)
"""Without any of these there is nothing to take out; most lines and nearly all cells have none."""
_IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^)]{0,1000}\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)|\[([^\[\]]*)\]\[[^\[\]]*\]")
_ANCHOR = re.compile(r"\s*\{#[^{}]*\}\s*$")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>")
_NEXT_CELL = re.compile(r"\s*(?:</t[dh]\s*>\s*)?<t[dh](?:\s[^<>]*)?>\s*", re.IGNORECASE)
_LINE_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_CODE = re.compile(r"(`+)(.+?)\1")
_STRONG = re.compile(r"(\*\*\*|\*\*|\*|~~)(?=\S)(.+?)(?<=\S)\1")
_UNDERSCORE = re.compile(r"(?<!\w)(__|_)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def plain(markdown: str) -> str:
    """One line of Markdown as a reader sees it: for headings, titles and table headers."""
    if not _MARKED.search(markdown):
        return " ".join(markdown.split())
    markdown = without_extras(markdown)
    text = _wiki(markdown) if "[[" in markdown or "==" in markdown or "%%" in markdown or " ^" in markdown else markdown
    text = _LINK.sub(lambda match: match[1] or match[2] or "", _IMAGE.sub("", _ANCHOR.sub("", text)))
    codes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        codes.append(match[2].strip())
        return f"\x00{len(codes) - 1}\x00"

    text = _CODE.sub(keep, text)
    text = _LINE_BREAK.sub(" ", _NEXT_CELL.sub(lambda match: " | " if match.start() else "", text) if "<t" in text else text)
    text = _TAG.sub(lambda match: "" if _is_markup(match[1]) else match[0], text)
    text = html.unescape(_ESCAPE.sub(r"\1", _UNDERSCORE.sub(r"\2", _STRONG.sub(r"\2", text))))
    text = re.sub("\x00(\\d+)\x00", lambda match: codes[int(match[1])], text)
    return " ".join(text.split())


def _wiki(text: str) -> str:
    """Without what Obsidian and wikis add: `[[page|name]]`, `==marked==`, `%% comments %%`, `^block-ids`."""
    text = _BLOCK_ID.sub("", _HIDDEN_NOTE.sub("", text))
    return _HIGHLIGHT.sub(r"\1", _WIKI_LINK.sub(r"\1", _WIKI_EMBED.sub("", text)))


def _is_markup(name: str) -> bool:
    lower = name.lower()
    component = name[0].isupper() and any(char.islower() for char in name)
    return component or lower in INLINE or lower in BLOCK
