"""What a Word paragraph's style says: outline level, list level, bold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.parse.docxnumbers import Numbers

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPECIAL = ("vanish", "strike", "dstrike", "vertAlign")
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])$")


def w(name: str) -> str:
    """The name in WordprocessingML's namespace."""
    return f"{{{_W}}}{name}"


class Styles:
    """Styles and numbering of one document. `next_mark` counts, so paragraphs must be asked in order."""

    def __init__(self, document: Any) -> None:
        self._styles = {style.get(w("styleId")): style for style in document.styles.element.iter(w("style"))}
        self._numbers = Numbers(document)
        self.special = any(next(self._all(document, name), None) is not None for name in _SPECIAL)
        self.has_headings = any(self.level(paragraph) for paragraph in document.element.body.iter(w("p")))

    @staticmethod
    def _all(document: Any, name: str) -> Iterator[Any]:
        """Marks of this name in the text and in its styles."""
        yield from document.element.body.iter(w(name))
        yield from document.styles.element.iter(w(name))

    def name(self, paragraph: Any) -> str:
        """The style's name in lower case; '' for the default style."""
        style = self._styles.get(_value(paragraph, "pStyle"))
        return (_value(style, "name") if style is not None else "").lower()

    def level(self, paragraph: Any) -> int:
        """Outline level from 1 on, 0 for body text."""
        for properties in self._properties(paragraph):
            outline = properties.find(w("outlineLvl"))
            if outline is not None and outline.get(w("val"), "9").isdigit():
                level = int(outline.get(w("val"), "9"))
                return level + 1 if level < 9 else 0
        match = _HEADING.match(self.name(paragraph))
        return int(match[1]) if match else 0

    def number(self, paragraph: Any) -> tuple[str, int] | None:
        """(numbering id, depth) of a list paragraph."""
        for properties in self._properties(paragraph):
            numbering = properties.find(w("numPr"))
            if numbering is not None:
                number, depth = _child_value(numbering, "numId"), _child_value(numbering, "ilvl")
                return (number, int(depth) if depth.isdigit() else 0) if number not in ("", "0") else None
        return None

    def next_mark(self, numbering: str, depth: int) -> str:
        """The next mark of that list, see `Numbers`."""
        return self._numbers.next_mark(numbering, depth)

    def is_out(self, run: Any) -> bool:
        """Whether no reader sees the run: hidden by itself or by a style, or struck out."""
        return any(self._on(run, name) for name in ("vanish", "strike", "dstrike"))

    def raised(self, run: Any) -> str:
        """`superscript`, `subscript` or ''."""
        alignments = (_child_value(properties, "vertAlign") for properties in self._run_properties(run))
        return next((value for value in alignments if value in ("superscript", "subscript", "baseline")), "").replace(
            "baseline", ""
        )

    def _on(self, run: Any, name: str) -> bool:
        for properties in self._run_properties(run):
            if (mark := properties.find(w(name))) is not None:
                return mark.get(w("val"), "1") not in ("0", "false", "off")
        return False

    def _run_properties(self, run: Any) -> list[Any]:
        """Run properties from the nearest to the most general: its own, those of its style, of its paragraph's style."""
        own = run.find(w("rPr"))
        layers = [own]
        paragraph = next(run.iterancestors(w("p")), None)
        named = [
            _child_value(own, "rStyle") if own is not None else "",
            _value(paragraph, "pStyle") if paragraph is not None else "",
        ]
        for style in named:
            seen = set[str]()
            while style in self._styles and style not in seen:
                seen.add(style)
                layers.append(self._styles[style].find(w("rPr")))
                style = _child_value(self._styles[style], "basedOn")
        return [properties for properties in layers if properties is not None]

    def is_bold(self, paragraph: Any) -> bool:
        """Whether all of the paragraph's text is bold."""
        runs = [run for run in paragraph.iter(w("r")) if "".join(run.itertext(w("t"))).strip()]
        return bool(runs) and all(_is_on(run.find(w("rPr"))) for run in runs)

    def _properties(self, paragraph: Any) -> list[Any]:
        """Paragraph properties from the nearest to the most general: its own, its style's, the base styles'."""
        layers = [paragraph.find(w("pPr"))]
        style, seen = _value(paragraph, "pStyle"), set[str]()
        while style in self._styles and style not in seen:
            seen.add(style)
            layers.append(self._styles[style].find(w("pPr")))
            style = _child_value(self._styles[style], "basedOn")
        return [properties for properties in layers if properties is not None]


def _is_on(properties: Any) -> bool:
    bold = properties.find(w("b")) if properties is not None else None
    return bold is not None and bold.get(w("val"), "1") not in ("0", "false", "off")


def _value(element: Any, name: str) -> str:
    """`w:val` of a child or, for a paragraph, of a child of its properties."""
    properties = element.find(w("pPr"))
    return (_child_value(properties, name) if properties is not None else "") or _child_value(element, name)


def _child_value(element: Any, name: str) -> str:
    child = element.find(w(name))
    return child.get(w("val"), "") if child is not None else ""
