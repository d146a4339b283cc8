"""What a page's components show, rewritten as Markdown: attributes that are text, values that the page exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ingest.parse.tags import read_tag

_COMPONENT = re.compile(r"<[A-Z][A-Za-z0-9.]*(?=[\s/>])")
_VERBATIM = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?^[ \t]*\1[`~]*[ \t]*$|(`+)(?!`).+?(?<!`)\2(?!`)", re.DOTALL | re.MULTILINE
)
_EXPORTED = re.compile(r"^export\s+(?:const|let|var)\s+(\w+)\s*(?::\s*[\w<>\[\]]+\s*)?=\s*", re.MULTILINE)
_VALUE = re.compile(r"\{(?<![\w$={]\{)\s*([A-Za-z_]\w*(?:\.\w+|\[\d+\])*)\s*\}")
_LITERAL = re.compile(r"\{(?<![\w$={]\{)\s*(?:\"([^\"\n{}]*)\"|'([^'\n{}]*)'|`([^`\n{}$]*)`)\s*\}")
_ATTRIBUTE = re.compile(r"([A-Za-z][\w-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(?=\{))")
_TITLES = ("title", "heading", "question", "header", "summary", "name", "label", "term")
_TEXTS = (
    "description",
    "desc",
    "answer",
    "text",
    "content",
    "body",
    "subtitle",
    "caption",
    "message",
    "children",
    "details",
    "note",
)
_LISTS = ("rows", "data", "items", "steps", "cards", "features", "faqs", "questions", "list", "options", "values")
_HEADS = ("columns", "headers", "head", "header", "cols")
_NO_TEXT = frozenset(
    "icon image img video link button badge a input meta head script style youtube iframe logo avatar figma".split()
)
_LIMIT = 4000


def resolved(source: str) -> str:
    """The source with what its components and expressions show in their place; the source itself where there are none."""
    if "{" not in source and "<" not in source:
        return source
    if not (_COMPONENT.search(source) or _VALUE.search(source) or _LITERAL.search(source)):
        return source
    exports = _exports(source)
    parts: list[str] = []
    at = 0
    for match in _VERBATIM.finditer(source):
        parts += [_rewritten(source[at : match.start()], exports), match[0]]
        at = match.end()
    return "".join([*parts, _rewritten(source[at:], exports)])


def _exports(source: str) -> dict[str, Any]:
    """Constants that the page exports, as far as they are plain values."""
    exports: dict[str, Any] = {}
    for match in _EXPORTED.finditer(source):
        text = _literal(source, match.end())
        value = _plain(text)
        if value is not None:
            exports[match[1]] = value
    return exports


def _literal(source: str, start: int) -> str:
    """The expression that begins there: up to its closing bracket, quote or line end."""
    opening = source[start : start + 1]
    if opening in "[{":
        return source[start : _closing(source, start)]
    if opening in "\"'`":
        end = source.find(opening, start + 1, start + _LIMIT)
        return source[start : end + 1] if end > 0 else ""
    return re.split(r"[;\n]", source[start : start + 200], maxsplit=1)[0]


def _closing(source: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; strings count as one."""
    depth, quote = 0, ""
    for at in range(start, min(len(source), start + 5 * _LIMIT)):
        char = source[at]
        if quote:
            quote = "" if char == quote and source[at - 1] != "\\" else quote
        elif char in "\"'`":
            quote = char
        elif char in "[{(":
            depth += 1
        elif char in "]})":
            depth -= 1
            if depth == 0:
                return at + 1
    return len(source)


def _plain(text: str) -> Any:
    """A literal of JavaScript; None for anything that is computed."""
    text = text.strip().rstrip(";").strip()
    if text[:1] == text[-1:] == "`":
        return text[1:-1] if "${" not in text else None
    if not text or re.search(r"=>|\bfunction\b|<[A-Za-z/>]|\bnew\s", text):
        return None
    if re.fullmatch(r"[A-Za-z_$][\w$.()]*", text) and text not in ("true", "false"):
        return None
    try:
        return yaml.safe_load(re.sub(r"([{,]\s*\w+):(?=\S)", r"\1: ", re.sub(r",(\s*[\]}])", r"\1", text.replace("\t", " "))))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _rewritten(text: str, exports: Mapping[str, Any]) -> str:
    parts: list[str] = []
    at = 0
    for match in _COMPONENT.finditer(text):
        if match.start() < at:
            continue
        tag = read_tag(text, match.start())
        if tag is None or not tag.alone or tag.closing:
            continue
        shown = _shown(tag.name, text[match.end() : tag.end], exports)
        parts += [text[at : match.start()], shown if shown is not None else text[match.start() : tag.end]]
        at = tag.end
    whole = "".join([*parts, text[at:]])
    whole = _LITERAL.sub(lambda match: next((one for one in match.groups() if one is not None), ""), whole)
    return _VALUE.sub(lambda match: _looked_up(match, exports), whole) if exports else whole


def _looked_up(match: re.Match[str], exports: Mapping[str, Any]) -> str:
    value: Any = exports
    for key in re.findall(r"\w+", match[1]):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return match[0]
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else match[0]


def _shown(name: str, attributes: str, exports: Mapping[str, Any]) -> str | None:
    """What a component without content shows; None where that is nothing."""
    if name in _NO_TEXT or name.endswith(("icon", "image", "logo")):
        return None
    values = dict(_attributes(attributes, exports))
    texts = [value for key in _TEXTS if isinstance(value := values.get(key), str) and value.strip()]
    title = next((value for key in _TITLES[:4] if isinstance(value := values.get(key), str) and value.strip()), "")
    lists = [value for key in _LISTS if isinstance(value := values.get(key), list) and value]
    parts = [*texts, *(_listed(value, values) for value in lists)]
    if not parts:
        return f"\n\n{title}\n\n" if title else None
    if not title:
        title = next((value for key in _TITLES[4:] if isinstance(value := values.get(key), str) and value.strip()), "")
    inner = "\n\n".join(parts)
    quoted = title.replace('"', "&quot;")
    frame = "Accordion" if "question" in values or name.startswith(("accordion", "faq")) else "Card"
    return f'\n\n<{frame} title="{quoted}">\n\n{inner}\n\n</{frame}>\n\n' if title else f"\n\n{inner}\n\n"


def _attributes(text: str, exports: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    at = 0
    while match := _ATTRIBUTE.search(text, at):
        at = match.end()
        if match[2] is not None or match[3] is not None:
            yield match[1], match[2] if match[2] is not None else match[3]
            continue
        end = _closing(text, at)
        inner = text[at + 1 : end - 1].strip()
        value = exports.get(inner) if re.fullmatch(r"\w+", inner) else _plain(inner)
        at = end
        if value is not None:
            yield match[1], value


def _listed(value: list[Any], values: Mapping[str, Any]) -> str:
    """Rows as a table, objects and texts as a list."""
    if all(isinstance(row, list) for row in value):
        head = next((one for key in _HEADS if isinstance(one := values.get(key), list)), None)
        return _table([list(map(_named, head)) if head else [""] * len(value[0]), *value])
    if all(isinstance(row, dict) for row in value):
        head = next((one for key in _HEADS if isinstance(one := values.get(key), list)), None)
        if head:
            keys = [_key(one) for one in head]
            return _table([[_named(one) for one in head], *([row.get(key, "") for key in keys] for row in value)])
        return "\n".join(_item(row) for row in value)
    return "\n".join(f"- {one}" for one in value)


def _named(column: Any) -> Any:
    return _first(column, ("title", "header", "label", "name"))


def _key(column: Any) -> Any:
    return _first(column, ("key", "dataIndex", "accessor", "field"))


def _first(column: Any, names: Sequence[str]) -> Any:
    """What a column says of itself, which is a text or an object."""
    return next((column[name] for name in names if name in column), "") if isinstance(column, dict) else column


def _item(row: Mapping[str, Any]) -> str:
    title = next((str(row[key]) for key in _TITLES if row.get(key)), "")
    texts = [str(row[key]) for key in _TEXTS if row.get(key)]
    if question := str(row.get("question") or row.get("q") or ""):
        answer = " ".join(texts) or row.get("a", "")
        return f'\n<Accordion title="{question}">\n\n{answer}\n\n</Accordion>\n'
    return f"- **{title}**: {' '.join(texts)}" if title and texts else f"- {title or ' '.join(map(str, row.values()))}"


def _table(rows: list[list[Any]]) -> str:
    width = max(map(len, rows))
    lines = [
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in [*row, *[""] * (width - len(row))]) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
