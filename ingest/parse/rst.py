"""reStructuredText (also that of Sphinx): read by docutils into a tree, which is written as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.utils import Reporter

from ingest.columns import is_chinese
from ingest.parse.markuphtml import escaped, parse_body, section
from ingest.parse.rstdirectives import understood
from rag.domain import Parsed

_SETTINGS = {
    "report_level": Reporter.SEVERE_LEVEL + 1,
    "halt_level": Reporter.SEVERE_LEVEL + 1,
    "file_insertion_enabled": False,
    "raw_enabled": True,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "sectsubtitle_xform": False,
    "smart_quotes": False,
    "embed_stylesheet": False,
    "syntax_highlight": "none",
    "warning_stream": False,
    "_disable_config": True,
    "input_encoding": "unicode",
}
_DROPPED = (
    nodes.comment,
    nodes.substitution_definition,
    nodes.system_message,
    nodes.target,
    nodes.pending,
    nodes.image,
    nodes.decoration,
    nodes.colspec,
    nodes.docinfo,
    nodes.generated,
)
_TAGS: tuple[tuple[type[Any], str], ...] = (
    (nodes.paragraph, "p"),
    (nodes.bullet_list, "ul"),
    (nodes.list_item, "li"),
    (nodes.definition_list, "dl"),
    (nodes.definition, "dd"),
    (nodes.field_list, "dl"),
    (nodes.field_body, "dd"),
    (nodes.option_list, "dl"),
    (nodes.description, "dd"),
    (nodes.block_quote, "blockquote"),
    (nodes.strong, "strong"),
    (nodes.superscript, "sup"),
    (nodes.subscript, "sub"),
    (nodes.thead, "thead"),
    (nodes.tbody, "tbody"),
    (nodes.row, "tr"),
    (nodes.line_block, "p"),
    (nodes.caption, "p"),
    (nodes.attribution, "p"),
    (nodes.legend, "div"),
)


def parse(source: str) -> Parsed:
    """Parses decoded reStructuredText. Raises ParseError `unpublished`."""
    with understood(chinese=is_chinese(source)) as left_out:
        tree = publish_doctree(source, settings_overrides=_SETTINGS)
    writer = _Html(tree)
    fields = writer.take_fields()
    body = writer.children(tree)
    return parse_body(body, fields=fields, left_out={"parts": [*dict.fromkeys(left_out)]})


class _Html:
    """Writes a tree as HTML; `level` of the section that is open."""

    def __init__(self, tree: nodes.document) -> None:
        self.tree, self.level = tree, 0

    def take_fields(self) -> dict[str, str]:
        """The fields that a page begins with, which say something about it and are no text; they leave the tree."""
        fields: dict[str, str] = {}
        places = [self.tree, *(child for child in self.tree.children if isinstance(child, nodes.section))][:2]
        for place in places:
            first = next((child for child in place.children if not isinstance(child, (*_DROPPED, nodes.title))), None)
            if isinstance(first, nodes.field_list):
                for field in first.children:
                    fields[field[0].astext().strip()] = field[1].astext().strip() or "true"
                place.remove(first)
                break
        return {("noindex" if name == "nosearch" else name): value for name, value in fields.items()}

    def children(self, node: nodes.Node) -> str:
        return "".join(self.write(child) for child in node.children)

    def write(self, node: nodes.Node) -> str:
        if isinstance(node, nodes.Text):
            return escaped(node.astext())
        if isinstance(node, _DROPPED):
            return self._failed(node) if isinstance(node, nodes.system_message) else ""
        for kind, tag in _TAGS:
            if isinstance(node, kind):
                return f"<{tag}>{self.children(node)}</{tag}>"
        return self._special(node)

    def _special(self, node: nodes.Node) -> str:
        for kind, function in _SPECIAL:
            if isinstance(node, kind):
                return function(self, node)
        return self.children(node)

    def section(self, node: nodes.Element) -> str:
        self.level += 1
        inner = self.children(node)
        self.level -= 1
        return inner

    def title(self, node: nodes.Element) -> str:
        if isinstance(node.parent, nodes.section):
            level = min(max(self.level, 1), 6)
            return f"<h{level}>{self.children(node)}</h{level}>"
        return ""  # of a table, a topic, an admonition: written with it

    def titled(self, node: nodes.Element) -> str:
        """A topic, a sidebar, an admonition with a title of its own, a tab."""
        title = next((child.astext() for child in node.children if isinstance(child, nodes.title)), "")
        return section(title or node.get("x_title", ""), f"<div>{self.children(node)}</div>")

    def enumerated(self, node: nodes.Element) -> str:
        return f'<ol start="{node.get("start", 1)}">{self.children(node)}</ol>'

    def term(self, node: nodes.Element) -> str:
        return f"<dt>{self.children(node)}</dt>"

    def literal_block(self, node: nodes.Element) -> str:
        return f"<pre>{escaped(node.astext())}</pre>"

    def math(self, node: nodes.Element) -> str:
        text = escaped(node.astext())
        return f"<p>{text}</p>" if isinstance(node, nodes.math_block) else text

    def entry(self, node: nodes.Element) -> str:
        tag = "th" if isinstance(node.parent.parent, nodes.thead) or node.get("stub") else "td"
        spans = "".join(
            f' {name}="{node[key] + 1}"' for name, key in (("rowspan", "morerows"), ("colspan", "morecols")) if node.get(key)
        )
        return f"<{tag}{spans}>{self.children(node)}</{tag}>"

    def table(self, node: nodes.Element) -> str:
        title = next((child for child in node.children if isinstance(child, nodes.title)), None)
        caption = f"<caption>{self.children(title)}</caption>" if title is not None else ""
        return f"<table>{caption}{self.children(node)}</table>"

    def line(self, node: nodes.Element) -> str:
        return f"{self.children(node)}<br>"

    def footnote(self, node: nodes.Element) -> str:
        label = next((child.astext() for child in node.children if isinstance(child, nodes.label)), "")
        inner = "".join(self.write(child) for child in node.children if not isinstance(child, nodes.label))
        return inner.replace("<p>", f"<p><sup>{escaped(label)}</sup> ", 1)

    def footnote_mark(self, node: nodes.Element) -> str:
        return f"<sup>{escaped(node.astext())}</sup>"

    def inline(self, node: nodes.Element) -> str:
        """Text of a role; a reference without text of its own shows the title of what it leads to."""
        label = node.get("x_label")
        return escaped(self._titles().get(label, label)) if label else self.children(node)

    def problematic(self, node: nodes.Element) -> str:
        return escaped(node.astext())

    def raw(self, node: nodes.Element) -> str:
        return node.astext() if "html" in node.get("format", "").split() else ""

    def _titles(self) -> dict[str, str]:
        """Label → title of the section or the table that it stands before."""
        titles: dict[str, str] = {}
        for node in self.tree.findall(lambda one: isinstance(one, nodes.section | nodes.table | nodes.figure)):
            title = next((child for child in node.children if isinstance(child, nodes.title | nodes.caption)), None)
            if title is not None:
                titles |= {name: title.astext() for name in node.get("names", ())}
                titles |= {name: title.astext() for name in node.get("ids", ())}
        return titles

    def _failed(self, node: nodes.Element) -> str:
        """What docutils did not understand: a table or a directive, whose lines a reader still has to see."""
        block = next((child for child in node.children if isinstance(child, nodes.literal_block)), None)
        serious = node.get("level", 0) >= Reporter.ERROR_LEVEL
        return f"<pre>{escaped(_shown(block.astext()))}</pre>" if block is not None and serious else ""


def _shown(lines: str) -> str:
    """The lines of a construct without its own markup."""
    kept = (line for line in lines.splitlines() if not re.match(r"\s*(?:\.\. |:[\w-]+:|[-+=|]{3,}\s*$)", line))
    return "\n".join(line.strip() for line in kept).strip()


_SPECIAL: Iterable[tuple[type[Any], Callable[[_Html, Any], str]]] = (
    (nodes.section, _Html.section),
    (nodes.topic, _Html.titled),
    (nodes.sidebar, _Html.titled),
    (nodes.container, _Html.titled),
    (nodes.title, _Html.title),
    (nodes.enumerated_list, _Html.enumerated),
    (nodes.term, _Html.term),
    (nodes.field_name, _Html.term),
    (nodes.option_group, _Html.term),
    (nodes.literal_block, _Html.literal_block),
    (nodes.doctest_block, _Html.literal_block),
    (nodes.math, _Html.math),
    (nodes.math_block, _Html.math),
    (nodes.entry, _Html.entry),
    (nodes.table, _Html.table),
    (nodes.line, _Html.line),
    (nodes.footnote, _Html.footnote),
    (nodes.citation, _Html.footnote),
    (nodes.footnote_reference, _Html.footnote_mark),
    (nodes.inline, _Html.inline),
    (nodes.problematic, _Html.problematic),
    (nodes.raw, _Html.raw),
    (nodes.Admonition, _Html.titled),
)
