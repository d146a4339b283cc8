"""What the styles of an OpenDocument say of its text: hidden, struck out, raised or lowered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE = f"{{{_NS}text:1.0}}", f"{{{_NS}style:1.0}}"
_HIDING = ("section", "hidden-text", "hidden-paragraph", "conditional-text")
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Look:
    """`out`: no reader sees it; `place`: -1 lowered, 1 raised, 0 on the line."""

    out: bool = False
    place: int = 0


PLAIN = Look()
LOOKS: ContextVar[Mapping[str, Look]] = ContextVar("looks of the text's styles", default={})  # noqa: B039


def looks(roots: Sequence[Any]) -> dict[str, Look]:
    """Style → look, of those that are not plain; a style is as its parent where it says nothing itself."""
    styles = {
        (style.get(f"{_STYLE}name") or ""): style for root in roots if root is not None for style in root.iter(f"{_STYLE}style")
    }
    by_name = {name: _look(name, styles) for name in styles}
    return {name: look for name, look in by_name.items() if look != PLAIN}


def _look(name: str, styles: Mapping[str, Any]) -> Look:
    values: dict[str, str] = {}
    for _ in range(_DEPTH):
        style = styles.get(name)
        if style is None:
            break
        for properties in style.iterchildren(f"{_STYLE}text-properties"):
            for key in (
                f"{_TEXT}display",
                f"{_STYLE}text-line-through-style",
                f"{_STYLE}text-line-through-type",
                f"{_STYLE}text-position",
            ):
                if (value := properties.get(key)) is not None:
                    values.setdefault(key, value)
        name = style.get(f"{_STYLE}parent-style-name") or ""
    struck = any(values.get(f"{_STYLE}text-line-through-{part}", "none") != "none" for part in ("style", "type"))
    shift = values.get(f"{_STYLE}text-position", "").split(" ")[0]
    raised = shift == "super" or (shift.rstrip("%").isdigit() and shift.rstrip("%") != "0")
    lowered = shift == "sub" or shift.startswith("-")
    return Look(struck or values.get(f"{_TEXT}display") == "none", 1 if raised else -1 if lowered else 0)


def look_of(element: Any) -> Look:
    """By the element's own style, and by what it is."""
    name = element.tag.removeprefix(_TEXT) if isinstance(element.tag, str) else ""
    if name in _HIDING:
        hidden = element.get(f"{_TEXT}is-hidden") == "true" or element.get(f"{_TEXT}display") in ("none", "condition")
        if hidden and (name != "section" or element.get(f"{_TEXT}display") == "none"):
            return Look(out=True)
    return LOOKS.get().get(element.get(f"{_TEXT}style-name") or "", PLAIN)
