"""Articles of a help centre's export (Zendesk, Intercom, Freshdesk, Chatwoot, Help Scout and their like).

Those that are published are read, each with its title, its text and its public address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.parse import removed
from ingest.parse.frontmatter import unpublished
from ingest.parse.writer import Writer
from rag.domain import Parsed

Article = Mapping[str, Any]

_TITLES = ("title", "name", "subject", "question", "heading")
_BODIES = ("body", "content", "html", "body_html", "description", "answer", "text", "content_html", "body_markdown", "solution")
_SIGNS = frozenset(
    "draft state status html_url url public_url locale language section_id folder_id category_id user_segment_id slug outdated"
    " updated_at created_at published_at last_updated_at parent_id author_id author label_names visibility".split()
)
_HTML = re.compile(
    r"</?(?:p|div|span|ul|ol|li|br|h[1-6]|table|tr|td|strong|em|b|i|a|img|blockquote|pre|code|figure|section)\b[^<>]*>",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z])([A-Z])")
_DRAFT, _STAFF = 1, (3, 4)
"""Freshdesk writes numbers: status 1 is a draft; visibility 3 is for agents, 4 for chosen companies."""
_DATES = ("updated_at", "edited_at", "last_updated_at", "published_at", "modified_at", "created_at")


def is_article(value: object) -> bool:
    """Whether an object is an article: a title, a text, and what only a help centre notes."""
    return _has_text(value) and isinstance(value, Mapping) and len(_SIGNS.intersection(map(_snake, value))) >= 2


def are_articles(values: Sequence[object]) -> bool:
    """Whether a list is one of articles: most say so, and the others have a title and a text at least."""
    candidates = [
        value for value in values if not (isinstance(value, Mapping) and _first(value, _TITLES) and _body(value) is None)
    ]
    return bool(candidates) and all(map(_has_text, candidates)) and sum(map(is_article, candidates)) * 2 >= len(candidates)


def find_articles(value: Mapping[str, Any], depth: int = 3) -> list[Article]:
    """The articles of an export that is one object: itself, or the lists that it holds beside or below its own notes."""
    if is_article(value):
        return [value]
    articles: list[Article] = []
    for inner in value.values():
        if isinstance(inner, list) and are_articles(inner):
            articles += inner
        elif isinstance(inner, Mapping) and depth:
            articles += find_articles(inner, depth - 1)
    return articles


def _has_text(value: object) -> bool:
    return isinstance(value, Mapping) and bool(_first(value, _TITLES)) and isinstance(_body(value), str)


def _snake(name: str) -> str:
    """`publicUrl` as `public_url`: one spelling for all exports."""
    return _HUMP.sub(r"_\1", name).lower()


def write_articles(writer: Writer, articles: Sequence[Article], names: Mapping[tuple[str, str], str] | None = None) -> None:
    """Writes the articles that customers see; the others are told by title.

    `names`: (kind, id) → name, of the sections, categories and folders that the export has beside its articles.
    """
    fields = writer.fields
    for article in (version for one in articles for version in _versions(one)):
        if _body(article) is None:
            continue
        article = {**{_snake(name): value for name, value in article.items()}, **article}
        title = _first(article, _TITLES)
        reason = _kept_back(article)
        if reason and removed.is_on(removed.UNPUBLISHED):
            writer.leave_out("articles", [f"{title} ({reason})"])
            removed.note(removed.UNPUBLISHED, 1)
            continue
        own_fields = _fields(article, names or {})
        writer.fields = {**fields, **own_fields}
        writer.heading(title, 1)
        writer.embed(_read(str(_body(article))))
        writer.close(1)
    writer.fields = fields


def names_beside(value: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """(kind, id) → name of the lists that stand beside the articles: `{"sections": [{"id": 1, "name": "Billing"}]}`."""
    names: dict[tuple[str, str], str] = {}
    for key, items in value.items():
        kind = {"sections": "section", "categories": "category", "folders": "folder", "collections": "parent"}.get(key)
        for item in items if kind and isinstance(items, list) else ():
            if isinstance(item, Mapping) and "id" in item and (name := _first(item, ("name", "title"))):
                names[str(kind), str(item["id"])] = name
    return names


def _versions(article: Article) -> Iterator[Article]:
    """The article, and its translations where they stand inside it."""
    yield article
    for language, other in _inside(article, "translated_content").items():
        if isinstance(other, Mapping) and _first(other, _TITLES) and other.get("body"):
            yield {**{key: article[key] for key in ("url", "html_url") if key in article}, "locale": language, **other}
    for other in article.get("translations") or () if isinstance(article.get("translations"), list) else ():
        if isinstance(other, Mapping) and other.get("locale") != article.get("locale") and isinstance(_body(other), str):
            yield {**{key: article[key] for key in ("html_url", "url", "user_segment_id", "name") if key in article}, **other}


def _inside(article: Article, key: str) -> Mapping[str, Any]:
    value = article.get(key)
    return value if isinstance(value, Mapping) else {}


def _kept_back(article: Article) -> str:
    """Why customers do not see it; '' when they do."""
    if reason := unpublished(article):
        return reason
    status, visibility = article.get("status"), article.get("visibility")
    if status == _DRAFT and not isinstance(status, bool):
        return "status: 1"
    if visibility in _STAFF and not isinstance(visibility, bool):
        return f"visibility: {visibility}"
    if article.get("user_segment_id") is not None or article.get("user_segment_ids"):
        return "user segment"
    if article.get("outdated") is True:
        return "outdated translation"
    for name in ("status", "state"):
        value = article.get(name)
        if isinstance(value, str) and value.casefold() in ("notpublished", "not_published", "scheduled"):
            return f"{name}: {value}"
    return next(
        (name for name in ("private", "is_private", "internal", "is_internal", "restricted") if article.get(name) is True), ""
    )


def _fields(article: Article, names: Mapping[tuple[str, str], str]) -> dict[str, str]:
    fields = {
        "url": _address(article),
        "language": str(article.get("locale") or article.get("language") or ""),
        "date": next((str(article[name]) for name in _DATES if isinstance(article.get(name), str)), ""),
        "category": _category(article, names),
    }
    return {name: value for name, value in fields.items() if value}


def _address(article: Article) -> str:
    """The page that customers open, never the interface's own address."""
    for name in ("html_url", "public_url", "publicUrl", "portal_url", "url", "link"):
        value = article.get(name)
        if isinstance(value, str) and value.startswith(("https://", "http://")) and not re.search(r"/api/|\.json$", value):
            return value
    return ""


def _category(article: Article, names: Mapping[tuple[str, str], str]) -> str:
    for kind in ("section", "folder", "category", "parent"):
        inner = article.get(kind)
        if isinstance(inner, Mapping) and (name := _first(inner, ("name", "title"))):
            return name
        if (name := names.get((kind, str(article.get(f"{kind}_id"))), "")) or (isinstance(inner, str) and (name := inner)):
            return name
    return ""


def _read(body: str) -> Parsed:
    """The text, which is HTML or Markdown."""
    if _HTML.search(body):
        from ingest.parse import html

        return html.parse_text(body)
    from ingest.parse import markdown

    return markdown.parse(body)


def _body(article: Article) -> Any:
    return next((article[name] for name in _BODIES if isinstance(article.get(name), str) and article[name].strip()), None)


def _first(article: Article, names: Sequence[str]) -> str:
    return next(
        (" ".join(value.split()) for name in names if isinstance(value := article.get(name), str) and value.strip()), ""
    )
