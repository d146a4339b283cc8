"""Equations as a line of text: Word's (OMML) and those of pages (MathML)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ingest.parse.visible import lowered, raised

_SIMPLE = re.compile(r"[\w.,%°′″αβγΔΩπμ]*")
_OPERATORS = {"&InvisibleTimes;": "", "\u2062": "", "\u2061": "", "\u2063": "", "\u2064": ""}
_DRAWN = re.compile(r"(?:^|\s)(?:katex-html|MathJax_Preview|MathJax_SVG|mjx-chtml)(?:$|\s)")
_CLASSED = "descendant-or-self::*[contains(@class, 'katex') or contains(@class, 'MathJax') or contains(@class, 'mjx')]"
_WIDE = frozenset("=<>≤≥≈≠±×·÷+−→⇒∈∼≡")


def linear(element: Any) -> str:
    """An equation (`m:oMath`, `m:oMathPara`, `math`) as text: `F/2 = 10⁻³`."""
    return " ".join(_written(element).split())


def _written(element: Any) -> str:
    if not isinstance(element.tag, str):
        return ""
    if (function := _KINDS.get(_name(element))) is not None:
        return function(element)
    return "".join(_written(child) for child in element)


def _name(element: Any) -> str:
    """Without its namespace or prefix; '' for a comment."""
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _child(element: Any, *names: str) -> str:
    child = next((child for name in names for child in element if _name(child) == name), None)
    return "".join(map(_written, child)).strip() if child is not None else ""


def _value(element: Any, properties: str, name: str) -> str:
    """A property of Word's: `m:naryPr/m:chr/@m:val`."""
    for about in element:
        if _name(about) == properties:
            for one in about:
                if _name(one) == name:
                    return next(iter(one.attrib.values()), "")
    return ""


def _children(element: Any) -> list[str]:
    return [_written(child).strip() for child in element if isinstance(child.tag, str)]


def _bracketed(text: str) -> str:
    return text if _SIMPLE.fullmatch(text) or re.fullmatch(r"\([^()]*\)", text) else f"({text})"


def _over(above: str, below: str) -> str:
    return f"{_bracketed(above)}/{_bracketed(below)}"


def _power(base: str, exponent: str) -> str:
    plain = exponent.replace("−", "-").replace(" ", "")
    superscript = raised(plain)
    return f"{_bracketed(base)}{superscript}" if superscript != plain else f"{_bracketed(base)}^{_bracketed(exponent)}"


def _index(base: str, index: str) -> str:
    subscript = lowered(index.replace(" ", ""))
    return f"{base}{subscript}" if subscript != index.replace(" ", "") else f"{base}_{_bracketed(index)}"


def _text(element: Any) -> str:
    text = "".join(element.itertext())
    for char, meant in _OPERATORS.items():
        text = text.replace(char, meant)
    return text


def _operator(element: Any) -> str:
    text = _text(element).strip()
    return f" {text} " if text in _WIDE else text


def _fraction(element: Any) -> str:
    return _over(_child(element, "num"), _child(element, "den"))


def _root(element: Any) -> str:
    degree, base = _child(element, "deg"), _child(element, "e")
    return f"{raised(degree)}√{_bracketed(base)}" if degree else f"√{_bracketed(base)}"


def _delimited(element: Any) -> str:
    opening = _value(element, "dPr", "begChr") or "("
    closing = _value(element, "dPr", "endChr") or ")"
    parts = ["".join(map(_written, one)) for one in element if _name(one) == "e"]
    return opening + (_value(element, "dPr", "sepChr") or "|").join(parts) + closing


def _sum(element: Any) -> str:
    sign = _value(element, "naryPr", "chr") or "∫"
    low, high = _child(element, "sub"), _child(element, "sup")
    limits = (f"_{_bracketed(low)}" if low else "") + (f"^{_bracketed(high)}" if high else "")
    return f"{sign}{limits} {_child(element, 'e')}"


def _matrix(element: Any) -> str:
    rows = [one for one in element if _name(one) in ("mr", "mtr", "mlabeledtr")]
    return "[" + "; ".join(", ".join(_children(row)) for row in rows) + "]"


def _semantics(element: Any) -> str:
    return _written(element[0]) if len(element) else ""


def _two(write: Callable[[str, str], str]) -> Callable[[Any], str]:
    def written(element: Any) -> str:
        parts = _children(element)
        return write(parts[0], parts[1]) if len(parts) > 1 else "".join(parts)

    return written


def _msubsup(element: Any) -> str:
    parts = [*_children(element), "", "", ""]
    return _power(_index(parts[0], parts[1]), parts[2]) if parts[2] else _index(parts[0], parts[1])


_KINDS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "t": _text,
        "f": _fraction,
        "sSup": lambda one: _power(_child(one, "e"), _child(one, "sup")),
        "sSub": lambda one: _index(_child(one, "e"), _child(one, "sub")),
        "sSubSup": lambda one: _power(_index(_child(one, "e"), _child(one, "sub")), _child(one, "sup")),
        "rad": _root,
        "d": _delimited,
        "nary": _sum,
        "m": _matrix,
        "func": lambda one: f"{_child(one, 'fName')} {_child(one, 'e')}",
        "limLow": lambda one: f"{_child(one, 'e')}_{_bracketed(_child(one, 'lim'))}",
        "limUpp": lambda one: f"{_child(one, 'e')}^{_bracketed(_child(one, 'lim'))}",
        "rPr": lambda _: "",
        "ctrlPr": lambda _: "",
        "mi": _text,
        "mn": _text,
        "mtext": _text,
        "ms": _text,
        "mo": _operator,
        "mspace": lambda _: " ",
        "mfrac": _two(_over),
        "msup": _two(_power),
        "msub": _two(_index),
        "msubsup": _msubsup,
        "munder": _two(_index),
        "mover": _two(lambda base, over: f"{base}{over}"),
        "munderover": _msubsup,
        "msqrt": lambda one: f"√{_bracketed(''.join(_children(one)))}",
        "mroot": _two(lambda base, degree: f"{raised(degree)}√{_bracketed(base)}"),
        "mtable": _matrix,
        "mtd": lambda one: "".join(map(_written, one)),
        "semantics": _semantics,
        "annotation": lambda _: "",
        "annotation-xml": lambda _: "",
        "mphantom": lambda _: "",
    }
)


def write_equations(root: Any) -> None:
    """Puts each equation of a page in its place as text, in place: MathML, what KaTeX and MathJax made, TeX in scripts."""
    drawn = [one for one in root.xpath(_CLASSED) if _DRAWN.search(one.get("class"))]
    for element in drawn:
        if element.getparent() is not None:
            element.drop_tree()
    for element in list(root.iter("math", "{http://www.w3.org/1998/Math/MathML}math")):
        text = linear(element)
        if element.getparent() is not None:
            _as_text(element, text)
    for script in list(root.iter("script")):
        if (script.get("type") or "").startswith(("math/tex", "math/asciimath")) and script.getparent() is not None:
            _as_text(script, (script.text or "").strip())


def _as_text(element: Any, text: str) -> None:
    block = element.get("display") == "block" or "mode=display" in (element.get("type") or "")
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "div" if block else "span", text, tail
