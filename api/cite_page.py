"""The page of a cited passage: plain HTML without scripts, in which nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from api.cites import Cited, Gone
from rag.domain import Language
from rag.text.tokens import is_chinese

_STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;max-width:46rem;padding:1.5rem 1rem 4rem;font:16px/1.6 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .25rem}
nav,footer,.note{color:GrayText;font-size:.9rem}
.note{border-left:3px solid #b45309;padding-left:.75rem}
main{white-space:pre-wrap;overflow-wrap:anywhere;margin:1.5rem 0}
mark{background:#fde68a;color:#1c1917;padding:.1em 0;scroll-margin:30vh}
a{color:LinkText}
""".strip()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
}

STATUS: Mapping[Gone, int] = {"expired": 410, "deleted": 410, "closed": 404, "unknown": 404}
_GONE: Mapping[Language, Mapping[Gone, tuple[str, str]]] = {
    "en": {
        "expired": ("This link has expired", "Ask the question again: the new answer has a new link."),
        "deleted": ("This passage has been deleted", "Its document is no longer there, so the text is not shown."),
        "closed": ("This passage is not available", "It has been changed or closed since the answer was given."),
        "unknown": ("There is no such link", "It is incomplete or was changed on its way. Open it from the answer again."),
    },
    "zh": {
        "expired": ("链接已过期", "请重新提问，新的回答会带上新的链接。"),
        "deleted": ("这段内容已被删除", "它所在的文档已不存在，因此不再显示原文。"),
        "closed": ("这段内容无法查看", "回答给出之后，它已被修改或不再公开。"),
        "unknown": ("链接无效", "链接不完整或被改动过，请从回答里重新打开。"),
    },
}
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "old": "The document has been changed since; this is the version that was cited.",
        "version": "version",
        "source": "Open the document",
    },
    "zh": {"old": "文档之后有修改，这里显示的是被引用的版本。", "version": "版本", "source": "打开原文档"},
}


def page(cited: Cited) -> str:
    """The section with the cited words marked; the first mark is `#cited`."""
    language: Language = "zh" if is_chinese(cited.text) else "en"
    words = _WORDS[language]
    note = "" if cited.current else f'<p class="note">{words["old"]}</p>'
    path = f"<nav>{escape(' › '.join(cited.section))}</nav>" if cited.section else ""
    source = ""
    if cited.url and cited.url.lower().startswith(("http://", "https://")):
        source = f' · <a href="{escape(cited.url)}" rel="noreferrer nofollow">{words["source"]}</a>'
    about = f"<footer>{escape(cited.document_id)} · {words['version']} {cited.version}{source}</footer>"
    return _whole(language, cited.title, f"<h1>{escape(cited.title)}</h1>{path}{note}<main>{_marked(cited)}</main>{about}")


def gone(why: Gone, language: Language) -> str:
    """What is said in its place."""
    title, text = _GONE[language][why]
    return _whole(language, title, f"<h1>{title}</h1><p>{text}</p>")


def _marked(cited: Cited) -> str:
    out, at = "… " if cited.cut[0] else "", 0
    for number, (start, end) in enumerate(cited.spans):
        start = max(start, at)
        if end <= start:
            continue
        name = ' id="cited"' if number == 0 else ""
        out += f"{escape(cited.text[at:start])}<mark{name}>{escape(cited.text[start:end])}</mark>"
        at = end
    return out + escape(cited.text[at:]) + (" …" if cited.cut[1] else "")


def _whole(language: Language, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f'<title>{escape(title)}</title><style>{_STYLE}</style></head><body dir="auto">{body}</body></html>'
    )
