"""What a client gets to see: no tag, image, foreign link or invisible character; documents' markup as safe Markdown."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\])")
_LINK = re.compile(
    r"\[((?:[^\[\]\n]|\[[^\]\n]*\])*)\]\(\s*(<[^<>\n]*>|(?:[^()\s]|\([^()\s]*\))*)(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
)
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>|<[!?/][^<>]*>", re.DOTALL)
_OPEN = re.compile(r"<(?=\s*[A-Za-z/!?\\])")
_ANGLES = re.compile(r"<[^<>\s][^<>]*>|<\s*[A-Za-z/!?]")
_URL = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>\"，。；）】、]+|\bmailto:[^\s<>\"，。；）】]+|\b(?:javascript"
    r"|vbscript|data|file|blob|ms-[a-z]+):\S+"
)
_ADDRESS = re.compile(r"(?i)(?<![\w@/.-])(?:[\w.+-]+@)?(?:[a-z0-9_-]+\.)+[a-z]{2,24}(?:/[^\s<>\"，。；）】、]*)?(?![\w-])")
_SAFE = re.compile(r"(?i)(?:https?://|mailto:)")
_FILES = re.compile(
    r"(?i)\.(?:md|mdx|py|js|ts|json|ya?ml|toml|txt|html?|csv|pdf|docx?|xlsx?|pptx?|zip|png|jpe?g|exe"
    r"|sh|conf|ini|log|sql|xml|env|go|rs|java|cfg)$"
)
_DOT = re.compile(r"(?<=[A-Za-z0-9-])[。｡](?=[A-Za-z0-9])")  # a dot of a host name too (IDNA)
_TRAIL = ".,;:!?)]}'\"*_`。，；：！？、"


_UNSEEN = frozenset(("Cf", "Cc", "Co", "Cs", "Cn", "Zl", "Zp"))
# Letters and marks that show nothing (Unicode 16, Default_Ignorable_Code_Point), and the blank Braille cell.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0000-\U000e0fff]"
    "|(?<![\u00a9-\u3299\U0001f000-\U0001faff#*0-9])\ufe0f"
)


def visible(text: str) -> str:
    """Without characters that nobody sees: directions, tags, joiners, fillers, controls."""
    if text.isascii() and text.isprintable():
        return text
    return _BLANK.sub("", "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _UNSEEN))


def foreign(text: str, evidence: Iterable[str], allowed: Iterable[str] = ()) -> bool:
    """Whether an LLM's sentence holds what must not be shown: markup in angle brackets, an image, a link not of the evidence.

    allowed: addresses that may be named besides, compared by exact host and path.
    """
    texts = list(evidence)
    plain = _CODE.sub(lambda m: " " if any(m.group() in one for one in texts) else m.group(), text)
    decoded = unicodedata.normalize("NFKC", html.unescape(html.unescape(unicodedata.normalize("NFKC", plain))))
    decoded = _DOT.sub(".", decoded)
    if _ANGLES.search(decoded.replace("<=", "≤")) or _IMAGE.search(decoded) or re.search(r"(?m)^\s*\[[^\]]+\]:\s", decoded):
        return True
    known = {address for one in (*texts, *allowed) for address in links(one)}
    return not links(decoded) <= known


def links(text: str) -> frozenset[str]:
    """Addresses in a text, as they are compared: scheme and host in small letters, no mark behind them."""
    addresses = set()
    for match in _LINK.finditer(text):
        addresses.add(_address(match[2].strip("<>")))
    bare = _LINK.sub(lambda m: f"{m[1]} ", text)
    for pattern in (_URL, _ADDRESS):
        for match in pattern.finditer(bare):
            address = _address(match.group())
            if pattern is _ADDRESS and (
                _FILES.search(address)
                or (address.count(".") == 1 and "@" not in address and "/" not in address and not _domain(address))
            ):
                continue
            addresses.add(address)
        bare = pattern.sub(" ", bare)
    return frozenset(addresses - {""})


_DOMAINS = frozenset(
    (
        "com org net cn io dev app ai co de uk eu us fr jp ru info biz me tv xyz top shop online site "
        "example test club link tech store gov edu in hk tw"
    ).split()
)


def _domain(address: str) -> bool:
    return address.rsplit(".", 1)[-1].lower() in _DOMAINS


def _address(address: str) -> str:
    address = address.rstrip(_TRAIL)
    head, mark, rest = address.partition("://")
    if mark:
        host, slash, path = rest.partition("/")
        return f"{head.lower()}://{host.lower()}{slash}{path}".rstrip("/")
    return address.lower().rstrip("/") if "/" not in address else address.rstrip("/")


def safe(text: str) -> str:
    """A document's own words as Markdown that does nothing: links with a safe scheme, no images, no tags; code as it stands."""
    if text.isascii() and not any(mark in text for mark in "<[&") and text.isprintable():
        return text
    out, at = [], 0
    for match in _CODE.finditer(text):
        out += [_safe(text[at : match.start()]), visible(match.group())]
        at = match.end()
    return "".join([*out, _safe(text[at:])])


def _safe(text: str) -> str:
    text = _IMAGE.sub(lambda m: m[1], visible(text))
    text = _LINK.sub(lambda m: m[0] if _SAFE.match(m[2].strip("<>")) or _relative(m[2]) else m[1], text)
    if "&" in text:
        text = html.unescape(text)
    if "<" not in text:
        return text
    text = re.sub(r"<((?:https?://|mailto:)[^<>\s]+)>", r"\1", text)
    text = _TAG.sub(lambda m: "" if _element(m.group()) else f"‹{m.group()[1:-1]}›", text)
    return _OPEN.sub("‹", text)


def _relative(target: str) -> bool:
    return bool(re.match(r"[/#.]?[\w./#%-]*$", target)) and not target.startswith("//")


_ELEMENTS = frozenset(
    "a abbr address area article aside audio b base blockquote body br button canvas caption center "
    "cite code col dd del details dfn div dl dt em embed "
    "fieldset figcaption figure font footer form frame h1 h2 h3 h4 h5 h6 head header hr html i "
    "iframe img input ins kbd label legend li link main map mark "
    "math meta nav noscript object ol option p param picture pre q s samp script section select "
    "small source span strike strong style sub summary sup svg "
    "table tbody td template textarea tfoot th thead title tr track tt u ul var video wbr".split()
)


def _element(tag: str) -> bool:
    """Whether it is HTML, not a placeholder such as <domain>."""
    name = re.match(r"</?([A-Za-z][\w-]*)", tag)
    return name is None or name[1].lower() in _ELEMENTS or "=" in tag or tag.startswith("</")


def safe_url(url: str | None) -> str | None:
    """The address of a document, where a browser may follow it."""
    if url is None:
        return None
    plain = visible(url).strip()
    return plain if _SAFE.match(plain) and plain == url.strip() else None
