"""Rules that repair text: characters that nobody sees, and text that was read in the wrong encoding."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from ingest.clean.edits import Edit, applied
from ingest.clean.mojibake import repaired
from ingest.clean.radicals import radicals
from rag.domain import Parsed

# C0 and C1 controls but tab, line ends and form feed; zero-width spaces and byte order marks; marks of writing direction that
# hide text; soft hyphens; interlinear and tag characters. Joiners stay: emoji and Indic scripts need them.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_LINE = re.compile(r"[^\r\n]+")


def _control(text: str) -> Iterator[Edit]:
    return (Edit(match.start(), match.end(), "") for match in _CONTROL.finditer(text))


def _mojibake(text: str) -> Iterator[Edit]:
    if text.isascii():
        return
    for match in _LINE.finditer(text):
        line = match.group()
        if (better := repaired(line)) is not None:
            yield Edit(match.start(), match.end(), better)


_RULES: tuple[tuple[str, Callable[[str], Iterator[Edit]]], ...] = (
    ("mojibake", _mojibake),  # first: soft hyphens and C1 controls are bytes of it
    ("control_characters", _control),
    ("radicals", radicals),
)
REPAIRS: tuple[str, ...] = tuple(name for name, _ in _RULES)


def repair(parsed: Parsed, off: Collection[str] = ()) -> tuple[Parsed, dict[str, int]]:
    """The document with its text repaired, and how many places each rule changed. Headings are repaired like the text."""
    counts, labels = dict.fromkeys(REPAIRS, 0), _labels(parsed)
    for name, rule in _RULES:
        if name in off:
            continue
        edits = list(rule(parsed.text))
        counts[name] = len(edits)
        if edits:
            parsed, _ = applied(parsed, edits)
        if next(rule("\n".join(labels)), None) is not None:  # all but never: no rule goes over the end of a line
            parsed = _with_labels(parsed, labels, rule)
            labels = _labels(parsed)
    return parsed, counts


def _labels(parsed: Parsed) -> set[str]:
    """Title, sections and headers, which are copies of the text's parts."""
    return {parsed.title, *(part for b in parsed.blocks for part in (*b.section, b.header, *b.keys))}


def _with_labels(parsed: Parsed, labels: set[str], rule: Callable[[str], Iterator[Edit]]) -> Parsed:
    changed = {label: fixed for label in labels if (fixed := _edited(label, rule)) != label}
    if not changed:
        return parsed

    def now(label: str) -> str:
        return changed.get(label, label)

    blocks = tuple(
        replace(b, section=tuple(map(now, b.section)), header=now(b.header), keys=tuple(map(now, b.keys)))
        for b in parsed.blocks
    )
    return replace(parsed, title=now(parsed.title), blocks=blocks)


def _edited(text: str, rule: Callable[[str], Iterator[Edit]]) -> str:
    for edit in reversed(list(rule(text))):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text
