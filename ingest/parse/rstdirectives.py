"""Directives and roles that reStructuredText of Sphinx, Read the Docs and their extensions has beside docutils' own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.statemachine import StringList

_KEPT_OUT = frozenset("ifconfig todo todolist comment internal draft draft-comments".split())
_SILENT = frozenset(
    "toctree contents index highlight sectnum section-numbering meta currentmodule module py:module py:currentmodule"
    " default-domain tabularcolumns include literalinclude automodule autoclass autofunction automethod autosummary"
    " program youtube vimeo video raw-latex image-map feed cssclass bibliography nosearch".split()
)
_CODE = frozenset("code-block sourcecode code prompt ipython ipython3 code-cell command-output program-output".split())
_VERSIONS = {
    "versionadded": ("Added in version", "自版本 {} 起新增"),
    "version-added": ("Added in version", "自版本 {} 起新增"),
    "versionchanged": ("Changed in version", "自版本 {} 起变更"),
    "version-changed": ("Changed in version", "自版本 {} 起变更"),
    "deprecated": ("Deprecated since version", "自版本 {} 起弃用"),
    "version-deprecated": ("Deprecated since version", "自版本 {} 起弃用"),
    "versionremoved": ("Removed in version", "自版本 {} 起移除"),
    "version-removed": ("Removed in version", "自版本 {} 起移除"),
}
_TITLED = frozenset(
    "tab group-tab tab-item dropdown details collapse toggle card grid-item-card panel step exercise solution".split()
)
_SIGNATURES = re.compile(
    r"(?:[a-z]+:)?(?:function|method|class|attribute|data|exception|describe|object|option|envvar|confval|cmdoption"
    r"|program-option|setting|directive|role|macro|type|member|staticmethod|classmethod|property|get|post|put|patch|delete)"
)
_OWN = frozenset(
    "note warning tip hint important caution danger attention error admonition topic sidebar table csv-table list-table"
    " figure image math parsed-literal epigraph highlights pull-quote compound container class rst-class replace unicode"
    " date role default-role line-block title header footer target-notes restructuredtext-test-directive".split()
)
_left_out: ContextVar[list[str]] = ContextVar("left out", default=[])  # noqa: B039
_chinese: ContextVar[bool] = ContextVar("chinese", default=False)


@contextmanager
def understood(*, chinese: bool) -> Iterator[list[str]]:
    """Within it docutils knows these directives and roles; gives what was left out, as the source names it."""
    before = directives.directive, roles.role
    left_out: list[str] = []
    marks = _left_out.set(left_out), _chinese.set(chinese)

    def directive(name: str, language: Any, document: Any) -> tuple[Any, list[Any]]:
        known = name.lower() in _OWN
        return before[0](name, language, document) if known else (_Any, [])

    def role(name: str, language: Any, line: int, reporter: Any) -> tuple[Any, list[Any]]:
        lower = name.lower()
        if lower in roles._role_registry or lower in _PLAIN_ROLES:
            resolved, messages = before[1](name, language, line, reporter)
            if resolved is not None:
                return resolved, messages
        return _role, []

    directives.directive, roles.role = directive, role
    try:
        yield left_out
    finally:
        directives.directive, roles.role = before
        _left_out.reset(marks[0])
        _chinese.reset(marks[1])


class _Options(dict[str, Any]):
    """Any option of any name."""

    def __missing__(self, _name: str) -> Any:
        return directives.unchanged

    def __bool__(self) -> bool:
        return True


class _Any(Directive):  # type: ignore[misc]
    """A directive that docutils has not: what its name says of its content."""

    optional_arguments = 1
    final_argument_whitespace = True
    arguments: list[str]
    content: StringList
    has_content = True
    option_spec = _Options()

    def run(self) -> list[nodes.Node]:
        name = self.name.lower()
        if not _SIGNATURES.fullmatch(name):
            self._split_argument()
        argument = " ".join(self.arguments).strip()
        if name == "only" and _shown(argument):
            return self._inner()
        if name in _KEPT_OUT or name in ("only", "include", "literalinclude"):
            _left_out.get().append(f"{name}:: {argument}".rstrip(": "))
            return []
        if name in _SILENT:
            return []
        if name == "raw":
            return [nodes.raw("", "\n".join(self.content), format=argument)] if "html" in argument.lower().split() else []
        return self._known(name, argument)

    def _known(self, name: str, argument: str) -> list[nodes.Node]:
        if name in _CODE:
            return self._code()
        if name in _VERSIONS:
            return self._version(argument)
        if name in ("rubric", "centered"):
            return [nodes.paragraph("", "", nodes.strong("", argument))]
        if name == "code-tab":
            return self._titled(argument.partition(" ")[2] or argument, self._code())
        if name in _TITLED:
            return self._titled(argument or self.options.get("title", ""), self._inner())
        if _SIGNATURES.fullmatch(name):
            return self._signature()
        return self._fallback(argument)

    def _split_argument(self) -> None:
        """Only the first line is the argument: `.. deprecated:: 3.0` may have its text right below it."""
        first, _, rest = "\n".join(self.arguments).partition("\n")
        self.arguments = [first] if first else []
        if rest:
            lines = [*(line.strip() for line in rest.splitlines()), ""]
            self.content = StringList([*lines, *self.content], source="")

    def _inner(self, content: StringList | None = None) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(self.content if content is None else content, self.content_offset, holder, match_titles=True)
        return list(holder.children)

    def _inline(self, text: str) -> list[nodes.Node]:
        inline, messages = self.state.inline_text(text, self.lineno)
        return [*inline, *messages]

    def _titled(self, title: str, inner: list[nodes.Node]) -> list[nodes.Node]:
        holder = nodes.container("", *inner)
        holder["x_title"] = nodes.unescape(title)
        return [holder]

    def _code(self) -> list[nodes.Node]:
        caption = self.options.get("caption", "")
        block = nodes.literal_block("", "\n".join(self.content))
        return self._titled(caption, [block]) if caption else [block]

    def _version(self, argument: str) -> list[nodes.Node]:
        number, _, rest = argument.partition(" ")
        english, chinese = _VERSIONS[self.name.lower()]
        words = f"{chinese.format(number)}：" if _chinese.get() else f"{english} {number}: "
        inner = self._inner()
        lead: list[nodes.Node] = [nodes.Text(words), *(self._inline(rest) if rest else [])]
        if inner and isinstance(inner[0], nodes.paragraph):
            first = inner[0]
            return [nodes.paragraph("", "", *lead, *([nodes.Text(" ")] if rest else []), *first.children), *inner[1:]]
        return [nodes.paragraph("", "", *lead), *inner]

    def _signature(self) -> list[nodes.Node]:
        terms = [nodes.term("", line.strip()) for argument in self.arguments for line in argument.splitlines()]
        inner = self._inner()
        if not inner:
            return [nodes.paragraph("", "", nodes.literal("", term.astext())) for term in terms]
        return [nodes.definition_list("", nodes.definition_list_item("", *terms, nodes.definition("", *inner)))]

    def _fallback(self, argument: str) -> list[nodes.Node]:
        """The content, with the argument before it where it reads as text."""
        inner = self._inner()
        shown = argument if re.search(r"\s|[\u3400-\u9fff]", argument) or not inner else ""
        words = [nodes.paragraph("", "", *self._inline(shown))] if shown and not re.fullmatch(r"\S*[/.]\S*", shown) else []
        return [*words, *inner]


def _shown(expression: str) -> bool:
    """Whether a page on the web has what stands under `only::`."""
    words = re.findall(r"\w+|[()]", expression)
    values = [
        word if word in ("and", "or", "not", "(", ")") else str(word.lower() in ("html", "online", "web", "format_html"))
        for word in words
    ]
    try:
        return bool(eval(compile(" ".join(values) or "False", "only", "eval"), {"__builtins__": {}}))
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return False


_PLAIN_ROLES = frozenset(
    "emphasis strong literal subscript sub superscript sup title-reference title t math code pep-reference pep rfc-reference"
    " rfc".split()
)
_TITLE = re.compile(r"(.+?)\s*(?<!\\)<(.+)>$", re.DOTALL)
_FULL = frozenset("kbd guilabel menuselection file samp command program abbr term index dfn mailheader makevar".split())


def _role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = ()
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """A role that docutils has not: the text that a reader sees in its place."""
    lower, plain = name.lower(), nodes.unescape(text)
    match = _TITLE.fullmatch(plain)
    if match:
        plain = match[1]
    elif lower == "ref" or lower.endswith(":ref"):
        node = nodes.inline("", plain)
        node["x_label"] = nodes.fully_normalize_name(plain)
        return [node], []
    if lower == "menuselection":
        plain = re.sub(r"\s*-->\s*", " › ", plain)
    if lower == "guilabel" or lower == "menuselection":
        plain = re.sub(r"&(.)", r"\1", plain)
    elif lower in ("file", "samp"):
        plain = re.sub(r"(?<!\\)[{}]", "", plain)
    elif lower in ("doc", "download", "any") and not match:
        plain = plain.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ")
    elif lower not in _FULL and not match:
        plain = plain.lstrip("!")
        plain = plain[1:].rsplit(".", 1)[-1] if plain.startswith("~") else plain
        plain += "()" if lower.rsplit(":", 1)[-1] in ("func", "meth") and not plain.endswith(")") else ""
    return [nodes.inline("", plain)], []
