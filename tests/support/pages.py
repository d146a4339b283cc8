"""READMEs and pages of the documentation as data: fenced blocks, the commands in them, and whether an output is as shown.

A comment `<!-- needs: docker -->` above a block says why it cannot run here: its commands are looked at, not run.

In a shown output `…` stands for anything: in JSON for a value, for further fields or elements, or for a part of a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
READMES = ("README.md", "README.zh-CN.md")
GUIDES = (
    "quick-start.md",
    "concepts.md",
    "own-documents.md",
    "own-llm.md",
    "tuning-chinese.md",
    "measuring.md",
    "nightly-reindex.md",
    "deployment.md",
    "troubleshooting.md",
    "widget.md",
    "security.md",
)
"""Pages in both languages, in the order in which they run: the last ones make keys, from which on loopback needs one."""
ANY = "…"
TO_COME = ("clients.md", "glossary.md")
"""Pages of `docs/` that are linked and written elsewhere; where one is not in this checkout, the tests do without it."""

_FENCED = re.compile(r"(?:^<!-- needs: ([^\n]+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(?:^|[ \t]+)#[ \t].*$")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,…]|[^\s{}\[\]:,"…]+')


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text without the fences, and what it needs that is not here (None: nothing)."""

    language: str
    text: str
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A command, or a whole Python program. `shown`: the output below it; None in a block of commands only."""

    command: str
    shown: str | None
    python: bool = False


def chinese(name: str) -> str:
    """The Chinese page beside an English one, as paths below the root."""
    return READMES[1] if name == READMES[0] else name.replace("docs/", "docs/zh/", 1)


def read(name: str) -> str:
    """The text of a page; its path is below the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """All fenced blocks, in order."""
    return [Block(match[2], match[3], match[1]) for match in _FENCED.finditer(text)]


def outside(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCED.sub("", text)


def steps(text: str) -> list[Step]:
    """All that runs here, in order: lines of `bash` blocks, in `console` blocks those after `$ ` with their outputs, and
    `python` blocks, whose output is the `text` block behind them.
    """
    found: list[Step] = []
    for block in blocks(text):
        if block.language == "text" and found and found[-1].python and found[-1].shown is None:
            found[-1] = replace(found[-1], shown=block.text)
        if block.needs is not None:
            continue
        if block.language == "bash":
            found += [Step(line, None) for line in lines(block)]
        elif block.language == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                found.append(Step(command, shown))
        elif block.language == "python":
            found.append(Step(block.text, None, python=True))
    return found


def lines(block: Block) -> list[str]:
    """The commands of a `bash` block, one a line."""
    told = (without_comment(line) for line in block.text.splitlines())
    return [line for line in told if line]


def without_comment(line: str) -> str:
    """A line of shell or TOML without the comment at its end."""
    return _COMMENT.sub("", line).rstrip()


def differences(shown: str, got: str) -> list[str]:
    """In what an output differs from the one shown; empty when it does not. White space does not count."""
    if shown.startswith("{"):
        return list(_compare(json.loads(_closed(shown)), json.loads(got), "reply"))
    if _matches(" ".join(shown.split()), " ".join(got.split())):
        return []
    return [f"shown:\n{shown}\ngot:\n{got}"]


def _closed(shown: str) -> str:
    """Shortened JSON as valid JSON: a bare `…` becomes the text "…", as a field one with that name."""
    written: list[str] = []
    open_brackets: list[str] = []
    for match in _TOKEN.finditer(shown):
        token, before = match[0], written[-1] if written else ""
        if token in ("{", "["):
            open_brackets.append(token)
        elif token in ("}", "]"):
            open_brackets.pop()
        elif token == ANY:
            token = f'"{ANY}":"{ANY}"' if open_brackets[-1] == "{" and before in ("{", ",") else f'"{ANY}"'
        written.append(token)
    return "".join(written)


def _compare(shown: Any, got: Any, at: str) -> Iterator[str]:
    if shown == ANY:
        return
    if isinstance(shown, dict) and isinstance(got, dict):
        wanted = shown.keys() - {ANY}
        extra = set() if ANY in shown else got.keys() - wanted
        if wanted - got.keys() or extra:
            yield f"{at}: lacks {sorted(wanted - got.keys())}, has besides {sorted(extra)}"
        for key in sorted(wanted & got.keys()):
            yield from _compare(shown[key], got[key], f"{at}.{key}")
    elif isinstance(shown, list) and isinstance(got, list):
        wanted_items = shown[:-1] if shown[-1:] == [ANY] else shown
        if len(got) < len(wanted_items) or (wanted_items is shown and len(got) > len(shown)):
            yield f"{at}: {len(got)} elements, not {len(wanted_items)}"
        for position, (one, other) in enumerate(zip(wanted_items, got, strict=False)):
            yield from _compare(one, other, f"{at}[{position}]")
    elif isinstance(shown, str) and isinstance(got, str):
        if not _matches(shown, got):
            yield f"{at}: {got!r}, not {shown!r}"
    elif type(shown) is not type(got) or shown != got:
        yield f"{at}: {got!r}, not {shown!r}"


def _matches(shown: str, got: str) -> bool:
    return re.fullmatch(".*?".join(map(re.escape, shown.split(ANY))), got, re.DOTALL) is not None
