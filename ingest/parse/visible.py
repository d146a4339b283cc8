"""What of a page a reader sees: hidden and deleted parts go, raised and lowered digits stay what they are."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from ingest.parse.raised import lowered, raised

_DELETED = ("del", "s", "strike")
_INVISIBLE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:px|pt|em|rem|%)?\s*(?:;|!|$))",
    re.IGNORECASE,
)
_MAY_HIDE = re.compile(r":\s*(?:none|hidden|collapse|0)", re.IGNORECASE)
_FOR_OTHERS = re.compile(r"@(?:media|supports|container)\b[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")  # print, small screens
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"[.#][\w-]+")
# What opens when a reader asks for it is text: the panels of tabs and accordions.
_PANEL = re.compile(
    r"(?:^|[\s_-])(?:tab|tabs|tab-?(?:pane|panel|content|item|body)s?|panels?|accordion\w*|collaps\w*|expand\w*|toggle\w*"
    r"|disclosure|details?|faq\w*|answer\w*|slides?|carousel\w*|drop-?down\w*)(?:$|[\s_-])",
    re.IGNORECASE,
)

# What is looked at one by one: of most pages it is next to nothing, and each look costs more than finding them all.
_SUSPECTS = "descendant-or-self::*[self::del or self::s or self::strike or self::dialog or @hidden or @style{}]"
_OPENING = "descendant-or-self::*[@aria-controls or @data-target or @data-bs-target or starts-with(@href, '#')]"

__all__ = ["drop_invisible", "lowered", "raised"]


def drop_invisible(root: HtmlElement) -> int:
    """Takes out what a page hides and what is marked as deleted, in place; returns how many parts that were."""
    hidden, gone = _hidden_names(root), 0
    opened: set[str] | None = None
    for element in root.xpath(_SUSPECTS.format(" or @class or @id" if hidden else "")):
        if element.getparent() is None:
            continue
        if opened is None:
            opened = {name for one in root.xpath(_OPENING) for name in _opens(one)}
        if element.tag in _DELETED or (_is_hidden(element, hidden) and not _is_panel(element, opened)):
            gone += bool(element.text_content().strip())
            element.drop_tree()
    return gone


def _hidden_names(root: HtmlElement) -> frozenset[str]:
    """Simple selectors (`.x`, `#y`) that the page's own style sheets hide."""
    names: set[str] = set()
    for style in root.iter("style"):
        if not _MAY_HIDE.search(style.text or ""):
            continue
        for selectors, rules in _RULE.findall(_FOR_OTHERS.sub("", style.text or "")):
            if _INVISIBLE.search(rules) and "@" not in selectors:
                names |= {one.strip() for one in selectors.split(",") if _SIMPLE.fullmatch(one.strip())}
    return frozenset(names)


def _is_hidden(element: HtmlElement, names: frozenset[str]) -> bool:
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if element.get("hidden") is not None or _INVISIBLE.search(element.get("style") or ""):
        return True
    if not names:
        return False
    selectors = {f".{name}" for name in (element.get("class") or "").split()} | {f"#{element.get('id') or ''}"}
    return not names.isdisjoint(selectors)


def _opens(element: HtmlElement) -> list[str]:
    """Ids of what the element opens."""
    targets = [element.get(name) or "" for name in ("aria-controls", "data-target", "data-bs-target")]
    targets += [element.get("href") or ""] if (element.get("href") or "").startswith("#") else []
    return [name for one in targets for name in one.replace("#", "").split()]


def _is_panel(element: HtmlElement, opened: set[str]) -> bool:
    if (element.get("role") or "").lower() in ("tabpanel", "region") or (element.get("id") or "") in opened:
        return True
    before = element.getprevious()
    if before is not None and before.tag in ("button", "summary"):
        return True
    return _PANEL.search(f"{element.get('class') or ''} {element.get('id') or ''}") is not None
