"""Org inside a line, as HTML."""

from __future__ import annotations

import re
from functools import partial

from ingest.parse.markuphtml import escaped
from ingest.parse.orglines import Outline

_PRE, _POST = r"(?<![\w])", r"(?![\w])"
_CODE = re.compile(rf"{_PRE}([=~])(?=\S)(.+?)(?<=\S)\1{_POST}")
_MACRO = re.compile(r"\{\{\{(\w[\w-]*)(?:\((.*?)\))?\}\}\}")
_LINK = re.compile(r"\[\[([^\[\]]+)\](?:\[((?:[^\[\]]|\[[^\[\]]*\])+)\])?\]")
_SNIPPET = re.compile(r"@@(\w+):(.*?)@@")
_NOTE = re.compile(r"\[fn:([\w-]*)(?::((?:[^\[\]]|\[[^\[\]]*\])+))?\]")
_STRUCK = re.compile(rf"{_PRE}\+(?=\S)([^+]+?)(?<=\S)\+{_POST}")
_MARKS = (
    (re.compile(rf"{_PRE}\*(?=\S)([^*]+?)(?<=\S)\*{_POST}"), "strong"),
    (re.compile(r"(?<![\w/:&lt;])/(?=\S)([^/]+?)(?<=\S)/(?![\w/])"), "em"),
    (re.compile(rf"{_PRE}_(?=[^\s{{])([^_]+?)(?<=\S)_{_POST}"), "em"),
    (re.compile(r"(?<=\S)\^(?:\{([^{}]+)\}|(-?\d+)\b)"), "sup"),
    (re.compile(r"(?<=\S)_(?:\{([^{}]+)\}|(?<=\b[A-Z]_)(\d+))"), "sub"),
)
_ENTITIES = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "epsilon": "ε", "eta": "η", "lambda": "λ", "mu": "μ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω", "Omega": "Ω", "deg": "°", "pm": "±",
    "plusmn": "±",
    "times": "×", "div": "÷", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "approx": "≈", "rarr": "→", "to": "→",
    "larr": "←", "nbsp": "\u00a0", "ndash": "–", "mdash": "—", "hellip": "…", "dots": "…", "euro": "€", "EUR": "€",
    "pound": "£",
    "copy": "©", "reg": "®", "trade": "™", "sect": "§", "para": "¶", "infin": "∞", "micro": "µ", "permil": "‰", "middot": "·",
    "laquo": "«", "raquo": "»", "ldquo": "“", "rdquo": "”", "lsquo": "‘", "rsquo": "’", "vert": "|", "ohm": "Ω", "frac12": "½",
}  # fmt: skip
_ENTITY = re.compile(r"\\([A-Za-z]+\d*)(?:\{\}|(?![A-Za-z]))")


def inline(text: str, outline: Outline) -> str:
    """A paragraph's text with its macros, links and marks, as HTML."""
    kept: list[str] = []

    def keep(written: str) -> str:
        kept.append(written)
        return f"\x02{len(kept) - 1}\x02"

    text = _MACRO.sub(lambda match: _expanded(match, outline), text)
    text = _SNIPPET.sub(lambda match: keep(match[2]) if match[1] == "html" else "", text)
    text = _CODE.sub(lambda match: keep(f"<code>{escaped(match[2])}</code>"), text)
    text = _NOTE.sub(lambda match: _note(match, outline), text)
    text = _LINK.sub(lambda match: _link(match), text)
    text = re.sub(r"<((?:https?|mailto|ftp):[^<>\s]+)>", lambda match: keep(escaped(match[1])), text)
    text = re.sub(r"<<<?([^<>]+)>>>?", r"\1", text) if "<<<" in text else re.sub(r"<<[^<>]+>>", "", text)
    text = re.sub(r"[ \t]*\\\\(?:\s|$)", lambda match: keep("<br>"), text)
    text = escaped(_STRUCK.sub("", text))
    for pattern, tag in _MARKS:
        text = pattern.sub(partial(_marked, tag), text)
    text = _ENTITY.sub(lambda match: _ENTITIES.get(match[1], match[0]), text)
    for _ in range(3):
        text = re.sub("\x02(\\d+)\x02", lambda match: kept[int(match[1])], text)
    return text


def _marked(tag: str, match: re.Match[str]) -> str:
    return f"<{tag}>{next(filter(None, match.groups()), '')}</{tag}>"


def _expanded(match: re.Match[str], outline: Outline) -> str:
    """A macro's text; one that nobody defined is exported as nothing but stays here, as its sentence does."""
    built_in = {name: outline.keywords.get(name, "") for name in ("title", "date", "author", "email")}
    template = outline.macros.get(match[1], built_in.get(match[1]))
    if template is None:
        return match[0]
    values = re.split(r"(?<!\\),", match[2] or "")
    return re.sub(r"\$(\d)", lambda one: values[int(one[1]) - 1].strip() if 0 < int(one[1]) <= len(values) else "", template)


def _note(match: re.Match[str], outline: Outline) -> str:
    note = match[2] or outline.notes.get(match[1], "")
    return f" ({note.strip()})" if note.strip() else ""


def _link(match: re.Match[str]) -> str:
    target, text = match[1], match[2]
    if text:
        return "" if re.fullmatch(r"(?:file:)?\S+\.(?:png|jpe?g|gif|svg)", text) else text
    if re.fullmatch(r"(?:file:)?\S+\.(?:png|jpe?g|gif|svg|webp)", target):
        return ""
    return target.lstrip("*#").removeprefix("file:")
