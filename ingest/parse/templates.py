"""What the templates of documentation sites do to a page's source before it is Markdown: MyST's directives, parts of Jekyll."""

from __future__ import annotations

import re

_MYST = re.compile(r"^[ \t]*(?:`{3,}|~{3,}|:{3,})\{[\w:+-]+\}|(?<![\w`])\{[a-z][\w:+-]*\}`[^`\n]+`", re.MULTILINE)
_BRACED = re.compile(r"\{[\w:+-]+\}")  # what each of them has, and few pages else; quick to look for
_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,}"
    r"|:{3,})\{(?P<name>[\w:+-]+)\}[ \t]*(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=indent)(?P=mark)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_OPTIONS = re.compile(r"\A(?:[ \t]*:[\w-]+:[^\n]*\n|---\n.*?^---\n)+", re.DOTALL | re.MULTILINE)
_ROLE = re.compile(r"(?<![\w`])\{(?P<name>[a-z][\w:+-]*)\}`(?P<text>[^`\n]+)`")
_TARGET = re.compile(r"^[ \t]*\([\w.:-]+\)=[ \t]*$\n?", re.MULTILINE)
_COMMENT = re.compile(r"^%(?:[ \t][^\n]*)?$\n?", re.MULTILINE)
_LABEL = re.compile(r"(?P<text>.*?)\s*<[^<>]+>\s*")
_CODE = frozenset("code code-block code-cell sourcecode literalinclude highlight mermaid math parsed-literal".split())
_NOTHING = frozenset("toctree contents index tableofcontents bibliography raw todo include image only meta tags".split())
_INCLUDE = re.compile(r"\{%-?\s*include[\w-]*\s+[^%]*?\b(?:content|text|body|message)\s*=\s*\"(?P<text>[^\"]*)\"[^%]*%\}")
_DEPTH = 4


def rendered(source: str) -> str:
    """The source with what a reader sees in the place of directives and roles; the source itself where there are none."""
    if "{" not in source:
        return source
    if "{%" in source:
        source = _INCLUDE.sub(lambda match: match["text"], source)
    if not (_BRACED.search(source) and _MYST.search(source)):
        return source
    for _ in range(_DEPTH):
        changed = _FENCE.sub(_directive, source)
        if changed == source:
            break
        source = changed
    return _ROLE.sub(_role, _COMMENT.sub("", _TARGET.sub("", source)))


def _directive(match: re.Match[str]) -> str:
    name, title = match["name"].lower(), match["title"].strip()
    body = _OPTIONS.sub("", match["body"])
    indent = match["indent"]
    if name in _NOTHING:
        return ""
    if name in _CODE:
        mark = "~" * max(3, len(match["mark"])) if match["mark"][0] == ":" else match["mark"]
        return f"{indent}{mark}{title.split(' ')[0]}\n{body}{indent}{mark}"
    return f"{indent}\n{indent}{title}\n\n{body}\n"


def _role(match: re.Match[str]) -> str:
    label = _LABEL.fullmatch(match["text"])
    text = label["text"] if label and label["text"] else match["text"]
    if match["name"] in ("sub", "sup"):
        return f"<{match['name']}>{text}</{match['name']}>"
    return f"`{text}`" if match["name"] in ("code", "samp", "file") else text
