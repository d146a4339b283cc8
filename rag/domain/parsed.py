"""What a parser returns, and what passages are cut from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.domain.kinds import Kind
from rag.domain.statement import Cell, Statement


@dataclass(frozen=True, slots=True)
class Block:
    """A span of a parsed text that belongs together: a paragraph, a list item, a table row, a FAQ answer.

    Attributes:
        start, end: span in the parsed text.
        kind: what it is; `table` blocks are single rows, `list` blocks single items.
        section: headings above it, outermost first.
        header: text repeated before it when it is searched or prompted alone (a table's header row, a FAQ's question).
        group: blocks with the same non-negative group are kept in one passage while they fit (steps of one list, rows of
            one table, one FAQ entry). -1 means no group.
        keys: further phrasings under which this block is found (a FAQ's alternative questions).
        fields: named values of a case or FAQ entry (product, version, date, status), usable as filters.
        cells: of a table row: its cells with the header cells above each; of a case: its columns. Empty cells are left out.
        above: the section row that stands above a row inside its table (`Mail-in service` over rows of prices).
        lead: the caption of a table, or what its page says it is.
    """

    start: int
    end: int
    kind: Kind = "text"
    section: tuple[str, ...] = ()
    header: str = ""
    group: int = -1
    keys: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    above: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser returns. `text` is the text that citations point into; every block's span is non-empty.

    For plain text `text` is the decoded source itself, for Markdown the source without what its page does not show (tags,
    directives, comments); `markdown` says that it holds markup, which searching leaves out.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    markdown: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it has an id. `text == parsed.text[start:end]`.

    `context` stands before `text` when it is embedded, searched by words or prompted: title, heading path, table header.
    `plain` is the text without markup, when it has any; `statements` are what the passage is made of.
    """

    start: int
    end: int
    text: str
    kind: Kind = "text"
    section: tuple[str, ...] = ()
    context: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    plain: str = ""
    statements: tuple[Statement, ...] = ()

    @property
    def search_text(self) -> str:
        """The text that is embedded and indexed by words."""
        text = self.plain or self.text
        return f"{self.context}\n{text}" if self.context else text
