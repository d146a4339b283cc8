"""The REST and stream pages of the reference, from the OpenAPI description and from the encoders of the streams themselves."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sse_starlette import ServerSentEvent

from api.app import create_app
from api.stream import Encoder, NativeEvents
from api.wire.chat import ChatChunks
from api.wire.citations import Rendering
from api.wire.links import Links
from api.wire.responses import ResponsesBody, ResponseWriter
from api.wire.responses_stream import ResponseEvents
from api.wire.ui import UiParts
from rag.domain import Answer, Citation, Handoff, Question, Sentence, Usage
from rag.settings import load

_HEAD = "<!-- Written by `python -m tests.support.reference`: change the code, not this page. -->\n\n"

_REST = """\
# REST

All routes and fields, as `/openapi.json` of a running service tells them. Bodies are JSON unless another type is named; unknown
fields and query parameters are refused by name. Errors are `application/problem+json` with `code`, `detail`, `field` and, where
something can be done, `fix`; on the routes of other protocols they come in the words of those. Every reply that rests on the
library carries `X-Index-Version`, every reply `X-Request-Id`. A key is sent as `Authorization: Bearer xs_…`
([Security](../security.md)).
"""

_EVENTS = """\
# Streams

What comes as server-sent events, in order, with the fields of each event's data. Written by the encoders of the service itself:
each table is one answer of two sentences with one citation. A comment line (`: ping - …`) comes every few seconds and is no
event. A failure before the first word has its real HTTP status; a later one is the last event of the stream.
"""


def rest_page() -> str:
    """Every route with its parameters, fields and replies."""
    told = create_app(load(env={})).openapi()
    schemas: Mapping[str, Any] = told["components"]["schemas"]
    groups: dict[str, list[str]] = {}
    used: dict[str, None] = {}
    for path, methods in told["paths"].items():
        for method, route in methods.items():
            groups.setdefault(route["tags"][0], []).append(_route(method, path, route, used))
    parts = [_HEAD + _REST]
    for tag, routes in groups.items():
        parts += [f"\n## {tag[:1].upper()}{tag[1:]}\n", *routes]
    parts.append("\n## Bodies and replies\n")
    parts += [_schema(name, schemas[name]) for name in _reached(used, schemas)]
    return "\n".join(parts)


def _route(method: str, path: str, route: Mapping[str, Any], used: dict[str, None]) -> str:
    lines = [f"### `{method.upper()} {path}`\n", route.get("description", ""), ""]
    rows = [
        f"| `{one['name']}` | {one['in']} | {_kind(one['schema'])} | {_text(one)} |"
        for one in route.get("parameters", ())
        if one["in"] != "header"
    ]
    if rows:
        lines += ["| parameter | in | type | |", "| --- | --- | --- | --- |", *rows, ""]
    for media, content in route.get("requestBody", {}).get("content", {}).items():
        lines.append(f"Body (`{media}`): {_kind(content['schema'], used)}\n")
    for status, reply in route["responses"].items():
        if status < "300":
            bodies = reply.get("content", {}).items()
            kinds = [f"{_kind(body.get('schema', {}), used)} (`{media}`)" for media, body in bodies]
            lines.append(f"{status}: {'; '.join(kinds) or reply.get('description', '')}\n")
    errors = [f"`{status}`" for status in sorted(route["responses"]) if status >= "400"]
    lines += [f"Errors: {', '.join(errors)}\n"] if errors else []
    return "\n".join(lines)


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    lines = [f"### {name} {{#{name.lower()}}}\n", " ".join(schema.get("description", "").split()), ""]
    needed = schema.get("required", ())
    rows = [
        f"| `{field}`{' *' if field in needed else ''} | {_kind(about)} | {_default(about)} | {_text(about)} |"
        for field, about in schema.get("properties", {}).items()
    ]
    if rows:
        lines += ["| field | type | default | |", "| --- | --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def _reached(used: Iterable[str], schemas: Mapping[str, Any]) -> list[str]:
    """Names of the schemas that routes use, and of those inside them."""
    open_names, reached = list(used), set[str]()
    while open_names:
        name = open_names.pop()
        if name in schemas and name not in reached:
            reached.add(name)
            inner: dict[str, None] = {}
            for about in schemas[name].get("properties", {}).values():
                _kind(about, inner)
            open_names += inner
    return sorted(reached)


def _kind(schema: Mapping[str, Any], used: dict[str, None] | None = None) -> str:
    """A schema's type in few words; names of other schemas are links, and noted in `used`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if used is not None:
            used[name] = None
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            kinds = [_kind(one, used) for one in schema[several]]
            return " or ".join(kind for kind in dict.fromkeys(kinds) if kind != "null") or "null"
    if "enum" in schema or "const" in schema:
        return " ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), used)}"
    if schema.get("type") == "object" and "properties" in schema:
        return "form with " + ", ".join(f"`{name}`" for name in schema["properties"])
    kind = str(schema.get("type", "any"))
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    return f"{kind}, {', '.join(bounds)}" if bounds else kind


_BOUNDS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "exclusiveMaximum": "below",
    "minLength": "at least",
    "maxLength": "at most",
}


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if schema.get("default") not in (None, "") else ""


def _text(about: Mapping[str, Any]) -> str:
    return " ".join(str(about.get("description", "")).split()).replace("|", "\\|")


# -- streams -----------------------------------------------------------------------------------------------------------


def events_page() -> str:
    """The events of each protocol, made by its own encoder from one answer and one failure."""
    cited = Citation(1, "help/a.md", 1, 7, "A", None, ("A",), "One.", 0, 4, 0.9)
    said = [Sentence("One. [1]", (cited,)), Sentence("Two. [1]", (cited,))]
    answer = Answer(
        "ans_1", None, "answered", None, "One. [1] Two. [1]", (cited,), Handoff(False), 1, "extractive", Usage(), {"total": 1.0}
    )
    problem = {"code": "upstream", "detail": "The backend went away.", "status": 502, "type": "", "title": "", "field": None}
    parts = [_HEAD + _EVENTS]
    for title, encoders, about in _protocols():
        one, other = encoders
        told = [event for sentence in said for event in one.sentence(sentence)]
        rows = [*one.start(), *one.waiting(), *told, *one.end(answer)]
        list(other.start())
        parts.append(f"\n## {title}\n\n{inspect.cleandoc(about)}\n\n| event | fields of its data |\n| --- | --- |")
        parts += [_event(event) for event in rows]
        parts.append("\nWhen it fails after it began:\n\n| event | fields of its data |\n| --- | --- |")
        parts += [_event(event) for event in other.failed(problem)]
    return "\n".join(parts) + "\n"


def _rendering() -> Rendering:
    return Rendering("annotations", Links(lambda cited: f"http://127.0.0.1:8000/v1/cite/{cited.n}"))


def _protocols() -> Iterable[tuple[str, tuple[Encoder, Encoder], str]]:
    def native() -> Encoder:
        return NativeEvents({"conversation_id": None, "generator": "extractive"})

    def chat() -> Encoder:
        return ChatChunks("xiansou", _rendering(), include_usage=True)

    def responses() -> Encoder:
        body = ResponsesBody(model="xiansou", input="?")
        return ResponseEvents(ResponseWriter(body, Question("?"), _rendering()))

    def page() -> Encoder:
        return UiParts(_rendering())

    yield (
        '`POST /v1/query` with `"stream": true`',
        (native(), native()),
        f"{NativeEvents.__doc__ or ''}".split("\n\n")[0] + "\n\n`answer.status` comes only while a backend is silent.",
    )
    yield "`POST /v1/chat/completions`", (chat(), chat()), ChatChunks.__doc__ or ""
    yield "`POST /v1/responses`", (responses(), responses()), ResponseEvents.__doc__ or ""
    yield "`POST /v1/ui/chat` (Vercel AI SDK)", (page(), page()), UiParts.__doc__ or ""


def _event(event: ServerSentEvent) -> str:
    data = str(event.data)
    if not data.startswith("{"):
        return f"| `data: {data}` | |"
    body = json.loads(data)
    name = event.event or body.get("type", "(no name)")
    inner = [choice["delta"] for choice in body.get("choices", ()) if choice["delta"]]
    fields = [key for key in body if key != "choices" and (key != "type" or body[key] != name)]
    fields += [f"choices[0].delta.{key}" for delta in inner for key in delta]
    return f"| `{name}` | {', '.join(f'`{field}`' for field in fields)} |"
