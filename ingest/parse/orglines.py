"""Org source, line by line: what an export leaves out is taken out, keywords are collected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_KEYWORD = re.compile(r"\s*#\+(\w+):\s*(.*?)\s*$")
_HEADLINE = re.compile(r"(\*+)\s+(.*?)(?:\s+(:[\w@#%:]+:))?\s*$")
_DRAWER = re.compile(r"\s*:([\w-]+):\s*$")
_END = re.compile(r"\s*:END:\s*$", re.IGNORECASE)
_PLANNING = re.compile(r"\s*(?:DEADLINE|SCHEDULED|CLOSED):\s*[<\[]")
_CLOCK = re.compile(r"\s*CLOCK:\s*\[")
_BLOCK = re.compile(r"\s*#\+begin_(\w+)(.*)$", re.IGNORECASE)
_DYNAMIC = re.compile(r"\s*#\+begin:", re.IGNORECASE)
_PRIORITY = re.compile(r"\[#\w\]\s*")
_RESULTS = re.compile(r"\s*#\+results(?:\[.*?\])?:", re.IGNORECASE)
_FIELDS = ("slug", "url", "permalink", "hugo_draft", "draft", "status", "language", "date", "hugo_slug", "export_hugo_draft")


@dataclass(slots=True)
class Outline:
    """`lines` that are exported; `keywords` by lower-case name, the last one of a name; `macros`: name → text."""

    lines: list[str] = field(default_factory=list)
    keywords: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.keywords.get("title", "")

    @property
    def fields(self) -> dict[str, str]:
        return {name.removeprefix("hugo_"): self.keywords[name] for name in _FIELDS if self.keywords.get(name)}


def exported(source: str) -> Outline:
    """What of a decoded file an export with its own settings shows."""
    lines = source.lstrip("\ufeff").splitlines()
    outline = Outline(keywords=_keywords(lines))
    for line in lines:
        if match := re.match(r"\s*#\+macro:\s*(\S+)\s+(.*)$", line, re.IGNORECASE):
            outline.macros[match[1]] = match[2]
    outline.lines = list(_without_notes(_shown(_published(lines, outline), outline), outline))
    return outline


def _keywords(lines: Sequence[str]) -> dict[str, str]:
    keywords: dict[str, str] = {}
    for line in lines:
        if match := _KEYWORD.match(line):
            name = match[1].lower()
            joined = name in ("options", "exclude_tags", "select_tags", "todo", "seq_todo", "typ_todo", "title")
            keywords[name] = f"{keywords[name]} {match[2]}" if joined and name in keywords else match[2]
    return keywords


def _option(outline: Outline, name: str) -> str:
    match = re.search(rf"(?:^|\s){re.escape(name)}:(\([^)]*\)|\S+)", outline.keywords.get("options", ""))
    return match[1] if match else ""


def _todo(outline: Outline) -> frozenset[str]:
    states = " ".join(outline.keywords.get(name, "") for name in ("todo", "seq_todo", "typ_todo"))
    return frozenset(re.sub(r"\(.*?\)", "", word) for word in states.split() if word != "|") or frozenset(("TODO", "DONE"))


def _published(lines: Sequence[str], outline: Outline) -> Iterator[str]:
    """Without the headings, and what stands below them, that are not exported."""
    excluded = {*(outline.keywords.get("exclude_tags") or "noexport").split()}
    wanted = {*(outline.keywords.get("select_tags") or "export").split()}
    chosen = _chosen(lines, wanted)
    keywords, tasks = _todo(outline), _option(outline, "tasks")
    hidden = 0  # level of the heading that hides what is below it
    archived = 0
    verbatim = False
    for number, line in enumerate(lines):
        verbatim = _is_verbatim(line, verbatim)
        match = None if verbatim else _HEADLINE.match(line)
        if match is None:
            if not hidden and not archived and (chosen is None or number in chosen):
                yield line
            continue
        level, text, tags = len(match[1]), match[2], set(filter(None, (match[3] or "").split(":")))
        if (hidden and level > hidden) or (archived and level > archived):
            continue
        hidden = archived = 0
        word, _, rest = text.partition(" ")
        state = word if word in keywords else ""
        text = _PRIORITY.sub("", rest if state else text).strip()
        left = (
            tags & excluded or text == "COMMENT" or text.startswith("COMMENT ") or (chosen is not None and number not in chosen)
        )
        if left or (state and tasks in ("nil", "todo", "done") and not _task_shown(state, tasks, outline)):
            hidden = level
            outline.left_out.append(text)
            continue
        archived = level if "ARCHIVE" in tags else 0
        counted = re.sub(r"\s*\[(?:\d*/\d*|\d*%)\]", "", text)
        yield f"{match[1]} {counted}"


def _task_shown(state: str, tasks: str, outline: Outline) -> bool:
    done = (outline.keywords.get("todo", "") or "TODO | DONE").rpartition("|")[2].split() or ["DONE"]
    return tasks != "nil" and (state in done) == (tasks == "done")


def _chosen(lines: Sequence[str], wanted: set[str]) -> set[int] | None:
    """Lines of the trees with a tag that alone is exported, with the headings above them; None when no heading has one."""
    places: set[int] = set()
    above: list[tuple[int, int]] = []
    inside = 0
    for number, line in enumerate(lines):
        if match := _HEADLINE.match(line):
            level = len(match[1])
            above = [*(pair for pair in above if pair[0] < level), (level, number)]
            inside = 0 if inside and level <= inside else inside
            if not inside and set((match[3] or "").split(":")) & wanted:
                inside = level
                places |= {place for _, place in above}
        if inside:
            places.add(number)
    return places or None


def _is_verbatim(line: str, inside: bool) -> bool:
    if match := re.match(r"\s*#\+(begin|end)_(?:src|example)\b", line, re.IGNORECASE):
        return match[1].lower() == "begin"
    return inside


def _shown(lines: Iterator[str], outline: Outline) -> Iterator[str]:
    """Without drawers, plans, comments, and code and results that are not exported."""
    drawers = _option(outline, "d")
    inside = end = ""
    exports = "code"
    for line in lines:
        if inside:
            kept = inside in ("kept", "src")
            closes = re.match(end, line, re.IGNORECASE) is not None
            if kept and not (closes and inside == "kept"):
                yield line
            inside = "" if closes else inside
            continue
        if match := _BLOCK.match(line):
            name, arguments = match[1].lower(), match[2]
            end = rf"\s*#\+end_{re.escape(name)}\s*$"
            exports = _exports(arguments, outline) if name == "src" else exports
            hidden = name == "comment" or (name == "src" and exports in ("none", "results"))
            inside = "hidden" if hidden else "src"
            if not hidden:
                yield line
            continue
        if _DYNAMIC.match(line):
            inside, end = "hidden", r"\s*#\+end:?\s*$"
            continue
        if _RESULTS.match(line):
            if exports not in ("both", "results"):
                inside, end = "results", r"\s*$"
            continue
        if match := _DRAWER.match(line):
            name = match[1].upper()
            shown = (
                name not in ("PROPERTIES", "LOGBOOK")
                and drawers not in ("nil",)
                and (name != "RESULTS" or exports in ("both", "results"))
            )
            shown = shown and (not drawers.startswith("(") or "not" in drawers or f'"{match[1]}"' in drawers)
            inside, end = ("kept" if shown else "hidden"), _END.pattern
            continue
        if _PLANNING.match(line) or _CLOCK.match(line) or re.match(r"\s*#(?:\s|$)", line):
            continue
        yield line


def _exports(arguments: str, outline: Outline) -> str:
    general = outline.keywords.get("property", "") + " " + outline.keywords.get("header", "")
    match = re.search(r":exports\s+(\w+)", arguments) or re.search(r":exports\s+(\w+)", general)
    return match[1].lower() if match else "code"


def _without_notes(lines: Iterator[str], outline: Outline) -> Iterator[str]:
    """Footnotes' definitions are kept for where they are called."""
    name = ""
    for line in lines:
        if match := re.match(r"\[fn:([\w-]+)\]\s*(.*)$", line):
            name = match[1]
            outline.notes[name] = match[2]
        elif name and line.strip() and not re.match(r"\*+\s|\s*#\+", line):
            outline.notes[name] += f" {line.strip()}"
        else:
            name = ""
            if not re.match(r"\*+\s+footnotes\s*$", line, re.IGNORECASE):
                yield line
