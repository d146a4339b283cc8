"""Templates of wikitext: those whose words a reader sees are written out, conditions are decided where they can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_TEMPLATE = re.compile(r"\{\{((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}")
_PARAMETER = re.compile(r"\{\{\{[^{}|]*(?:\|([^{}]*))?\}\}\}")
_LIMIT = 40  # levels
_SPOKEN = re.compile(
    r"(?:(?:note|tip|warning|notice|caution|info|information|important|hint|danger|remark|attention|alert|quote|blockquote"
    r"|ambox|mbox|msgbox|box|callout|admonition)s?(?:[ _]?box)?|注意|提示|警告|说明|備註|备注|重要|引用)",
    re.IGNORECASE,
)
_BOX = re.compile(r"(?:info[ _]?box\b.*|.*[ _]infobox|信息框.*|产品信息|product[ _]?(?:info|data|box))", re.IGNORECASE)
_FIRST = frozenset(
    "nowrap nobr abbr tooltip kbd key code samp tt var strong em big small center mono underline nobold visible resize"
    " color-text highlight mark hlist plainlist nihongo zh-hans bold menu button".split()
)
_NO_TEXT = frozenset("image icon style class width bgcolor color type border float align logo caption_size".split())
_UNITS = {"C": "°C", "F": "°F", "K": "K", "um": "µm", "sqm": "m²", "m2": "m²", "m3": "m³", "in": "in", "l": "l", "L": "L"}


def filled(text: str) -> str:
    """The text with its templates written out, the innermost first."""
    for _ in range(_LIMIT):
        new = _TEMPLATE.sub(_written, _PARAMETER.sub(lambda match: match[1] or "", text))
        if new == text:
            break
        text = new
    return text


def _written(match: re.Match[str]) -> str:
    name, *parts = _parts(match[1])
    name = name.strip()
    if (function := _FUNCTIONS.get(name.partition(":")[0].strip().lower())) is not None and ":" in name:
        return function([name.partition(":")[2], *parts])
    plain = name.lower().replace("_", " ")
    named = {key.strip(): value.strip() for key, eq, value in (part.partition("=") for part in parts) if eq and _is_name(key)}
    bare = [part.strip() for part in parts if not ("=" in part and _is_name(part.partition("=")[0]))]
    bare += [named[number] for number in ("1", "2", "3") if number in named and len(bare) < int(number)]
    if (special := _SPECIAL.get(plain)) is not None:
        return special(bare, named)
    if _SPOKEN.fullmatch(plain):
        texts = bare or [named[key] for key in ("text", "content", "message", "body", "内容") if key in named]
        title = named.get("title", "")
        return "\n\n" + " ".join(filter(None, [f"{title}:" if title else "", *texts])) + "\n\n"
    if _BOX.fullmatch(plain):
        return _box(named)
    if plain in _FIRST or (len(bare) == 1 and not named and match.start() and "\n" not in match[0]):
        return bare[0] if bare else ""
    return ""


def _is_name(key: str) -> bool:
    return re.fullmatch(r"\s*[\w .-]{1,40}\s*", key) is not None


def _parts(inner: str) -> list[str]:
    """Split at bars outside of links and tables."""
    return re.split(r"\|(?![^\[]*\]\])", inner)


def _box(named: Mapping[str, str]) -> str:
    rows = [
        f"|-\n! {name.replace('_', ' ')}\n| {value}"
        for name, value in named.items()
        if value and name.lower() not in _NO_TEXT and not re.search(r"\.(?:png|jpe?g|svg|gif|webp)$", value, re.IGNORECASE)
    ]
    return "\n{|\n" + "\n".join(rows) + "\n|}\n" if rows else ""


def _convert(bare: list[str], _named: Mapping[str, str]) -> str:
    """`{{convert|10|kg|lb}}`: the value as it was given."""
    if len(bare) > 3 and bare[1].lower() in ("to", "-", "–", "and", "x", "by", "or"):
        return f"{bare[0]} {bare[1].replace('-', '–')} {bare[2]} {_UNITS.get(bare[3], bare[3])}"
    return " ".join([bare[0], _UNITS.get(bare[1], bare[1])]) if len(bare) > 1 else "".join(bare)


def _value(bare: list[str], named: Mapping[str, str]) -> str:
    power = f"×10<sup>{named['e']}</sup>" if named.get("e") else ""
    unit = named.get("u") or named.get("ul") or named.get("unit") or ""
    margin = f" ± {bare[1]}" if len(bare) > 1 else ""
    return f"{bare[0] if bare else ''}{margin}{power} {unit}".strip()


_SPECIAL: Mapping[str, Callable[[list[str], Mapping[str, str]], str]] = MappingProxyType(
    {
        "convert": _convert,
        "cvt": _convert,
        "val": _value,
        "frac": lambda bare, _: "/".join(bare[-2:]) if len(bare) < 3 else f"{bare[0]} {bare[1]}/{bare[2]}",
        "sfrac": lambda bare, _: "/".join(bare),
        "lang": lambda bare, _: bare[1] if len(bare) > 1 else "",
        "key press": lambda bare, _: "+".join(bare),
        "keypress": lambda bare, _: "+".join(bare),
        "keys": lambda bare, _: "+".join(bare),
        "link": lambda bare, _: bare[-1] if bare else "",
        "ll": lambda bare, _: bare[-1] if bare else "",
        "sup": lambda bare, _: f"<sup>{bare[0]}</sup>" if bare else "",
        "sub": lambda bare, _: f"<sub>{bare[0]}</sub>" if bare else "",
        "chem": lambda bare, _: "".join(f"<sub>{one}</sub>" if one.isdigit() else one for one in bare),
        "nbsp": lambda bare, _: " ",
        "spaces": lambda bare, _: " ",
        "!": lambda bare, _: "|",
        "=": lambda bare, _: "=",
        "·": lambda bare, _: " · ",
        "ndash": lambda bare, _: "–",
        "mdash": lambda bare, _: "—",
    }
)


def _if(parts: list[str]) -> str:
    met = bool(parts[0].strip())
    return _chosen(parts, met)


def _ifeq(parts: list[str]) -> str:
    if len(parts) < 2:
        return ""
    return _chosen(parts[1:], parts[0].strip() == parts[1].strip())


def _chosen(parts: list[str], met: bool) -> str:
    place = 1 if met else 2
    return parts[place].strip() if len(parts) > place else ""


def _switch(parts: list[str]) -> str:
    wanted, default, falls = parts[0].strip(), "", False
    for part in parts[1:]:
        key, equals, value = part.partition("=")
        if not equals:
            falls |= key.strip() == wanted
            default = key.strip()
            continue
        if key.strip() == wanted or falls:
            return value.strip()
        if key.strip() == "#default":
            default = value.strip()
    return default


def _nothing(_parts: list[str]) -> str:
    return ""


def _first_part(parts: list[str]) -> str:
    return parts[0].strip()


_FUNCTIONS: Mapping[str, Callable[[list[str]], str]] = MappingProxyType(
    {
        "#if": _if,
        "#ifeq": _ifeq,
        "#switch": _switch,
        "#ifexist": _nothing,
        "#tag": _nothing,
        "#invoke": _nothing,
        "displaytitle": _nothing,
        "defaultsort": _nothing,
        "lc": lambda parts: parts[0].lower(),
        "uc": lambda parts: parts[0].upper(),
        "formatnum": _first_part,
        "int": _nothing,
    }
)
