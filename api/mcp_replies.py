"""What the MCP tools say: short text for a model to read, and the same as data.

A model takes what it is shown for true. So a refusal holds no passages that come near, and no reply holds the service's own
paths, times or verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp_types import CallToolResult, TextContent

from api.replies import AnswerReply, HitsReply
from api.wire.links import Links
from rag.domain import Answer, Citation, Hit, Retrieved
from rag.record.serializers import answer_json, hit_json

_REFUSED = "The documents do not answer this question. Say so, or offer a person; do not answer it from elsewhere."
_NO_HITS = "No passage fits."


def answer_reply(answer: Answer, links: Links | None) -> CallToolResult:
    """An answer with its sources, or that there is none."""
    reply = answer_json(answer)
    reply |= {"grounding": [], "timings_ms": {}}
    reply["handoff"] = reply["handoff"] | {"passages": [], "summary": None}
    for citation, one in zip(answer.citations, reply["citations"], strict=True):
        one["url"] = _address(citation, links)
    lines = [answer.answer]
    if answer.status == "refused":
        lines.append(f"(status: refused, reason: {answer.reason}) {_REFUSED}")
    elif answer.citations:
        lines += ["", "Sources:", *(_source(citation, links) for citation in answer.citations)]
    return _result("\n".join(lines), AnswerReply.model_validate(reply).model_dump(mode="json"))


def hits_reply(retrieved: Retrieved, links: Links | None) -> CallToolResult:
    """Passages, best first, each with its place and address."""
    hits, texts = [], []
    for n, hit in enumerate(retrieved.hits, 1):
        citation = _cited(n, hit)
        url = _address(citation, links)
        hits.append(hit_json(hit) | {"url": url, "source": None})
        texts.append(f"{_source(citation, links)}\n{hit.passage.text}")
    reply = {"hits": hits, "index_version": retrieved.version}
    return _result("\n\n".join(texts) or _NO_HITS, HitsReply.model_validate(reply).model_dump(mode="json", exclude_none=False))


def document_reply(document: dict[str, Any]) -> CallToolResult:
    """A document's text, with how much of it that is."""
    place = f"(characters {document['start']} to {document['end']} of {document['total_chars']})"
    return _result(f"{document['title']} {place}\n\n{document['text']}", document)


def _cited(n: int, hit: Hit) -> Citation:
    one = hit.passage
    return Citation(n, one.document_id, one.version, one.id, one.title, one.url, one.section, one.text, one.start, one.end, 0.0)


def _source(citation: Citation, links: Links | None) -> str:
    name = " › ".join(dict.fromkeys([citation.title, *citation.section]))
    address = _address(citation, links)
    return f"[{citation.n}] {name} ({citation.document_id})" + (f" {address}" if address else "")


def _address(citation: Citation, links: Links | None) -> str | None:
    """Over stdio without a public address nobody can open a page of ours."""
    return citation.url if links is None else links.of(citation)


def _result(text: str, structured: dict[str, Any]) -> CallToolResult:
    content: Sequence[Any] = [TextContent(type="text", text=text)]
    return CallToolResult(content=list(content), structured_content=structured)
