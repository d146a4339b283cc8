"""The tools of the MCP server: `search`, `ask` and `get_document`, with structured output."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api import cites
from api.document_replies import DocumentReply
from api.mcp_replies import answer_reply, document_reply, hits_reply
from api.mcp_strict import StrictTool
from api.principal import Principal
from api.replies import AnswerReply, HitsReply
from api.stream import steps
from api.wire.links import Links
from rag import __version__
from rag.domain import Answer, Question, Scope
from rag.domain.validation import check_question
from rag.errors import XiansouError
from rag.record.keys import Keys
from rag.record.serializers import document_json
from rag.settings import Settings
from rag.text.filters import check_filters
from rag.wiring import Application, open_application

MAX_CHARS = 20_000  # of a document's text at once: what a model can read
_INSTRUCTIONS = (
    "The company's own help documents, FAQ and case library, always at their latest edit. `ask` gives a checked answer with "
    "citations, or says that the documents do not answer; `search` gives the passages; `get_document` the whole text."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

QuestionText = Annotated[str, Field(description="A question in plain words, in Chinese or English.")]
CollectionName = Annotated[str | None, Field(description="Look in this collection only.")]
TopK = Annotated[int | None, Field(ge=1, le=100, description="Passages to look at.")]
MetadataFilters = Annotated[
    dict[str, Any] | None,
    Field(description="By metadata, e.g. {'product': ['Cam 2', 'Cam 3'], 'year': {'gte': 2024}}; all must match."),
]


class DocumentTextReply(DocumentReply):
    """A document and a part of its text: `text` is `whole[start:end]`, in code points."""

    text: str
    start: int
    end: int
    total_chars: int


@dataclass(frozen=True, slots=True)
class Callers:
    """Of a tool call: who it is from, and where citations lead, by the transport's request (None over stdio)."""

    principal: Callable[[Any], Principal]
    links: Callable[[Any], Links | None]


def make_server(application: Callable[[], Application], caller: Callers) -> MCPServer:
    """`house`: the open one."""
    tools = (_search(application, caller), _ask(application, caller), _get_document(application, caller))
    return MCPServer(
        "xiansou",
        title="Xiansou",
        version=__version__,
        instructions=_INSTRUCTIONS,
        log_level="WARNING",
        subscriptions=False,
        tools=[StrictTool.from_function(tool, annotations=_READ_ONLY) for tool in tools],
    )


_Application = Callable[[], Application]


def _search(application: _Application, caller: Callers) -> Callable[..., Any]:
    async def search(
        question: QuestionText,
        ctx: Context,
        collection: CollectionName = None,
        top_k: TopK = None,
        filters: MetadataFilters = None,
    ) -> Annotated[CallToolResult, HitsReply]:
        """Find the passages that match a question, best first, with their documents and places."""
        try:
            query = Question(check_question(question), scope=Scope(collection, check_filters(filters)), top_k=top_k)
            permitted = _caller_of(ctx, caller).within(query)
            retrieved = await run_in_threadpool(application().answerer.retrieve, permitted)
        except XiansouError as exc:
            raise ToolError(str(exc)) from exc
        return hits_reply(retrieved, caller.links(ctx.request_context.request))

    return search


def _ask(application: _Application, caller: Callers) -> Callable[..., Any]:
    async def ask(
        question: QuestionText,
        ctx: Context,
        collection: CollectionName = None,
        filters: MetadataFilters = None,
        profile: Annotated[str | None, Field(description="Assistant that answers.")] = None,
    ) -> Annotated[CallToolResult, AnswerReply]:
        """Answer a question from the documents, each sentence cited, or say that they do not answer it."""
        try:
            query = Question(check_question(question), scope=Scope(collection, check_filters(filters)), profile=profile)
            answer = await _followed(application(), _caller_of(ctx, caller).within(query), ctx)
        except XiansouError as exc:
            raise ToolError(str(exc)) from exc
        return answer_reply(answer, caller.links(ctx.request_context.request))

    return ask


def _get_document(application: _Application, caller: Callers) -> Callable[..., Any]:
    async def get_document(
        document_id: Annotated[str, Field(description="As in a hit or citation.")],
        ctx: Context,
        version: Annotated[int | None, Field(ge=1, description="Default: the current one.")] = None,
        start: Annotated[int, Field(ge=0, description="First character of the text to return.")] = 0,
        max_chars: Annotated[int, Field(ge=1, le=MAX_CHARS)] = MAX_CHARS,
    ) -> Annotated[CallToolResult, DocumentTextReply]:
        """A document's text and what is known of it; long texts a part at a time."""
        try:
            document, text = await run_in_threadpool(_read, application(), _caller_of(ctx, caller), document_id, version)
        except XiansouError as exc:
            raise ToolError(str(exc)) from exc
        begin, end = min(start, len(text)), min(start + max_chars, len(text))
        place = {"text": text[begin:end], "start": begin, "end": end, "total_chars": len(text)}
        return document_reply(DocumentTextReply.model_validate(document | place).model_dump(mode="json"))

    return get_document


def _read(application: Application, caller: Principal, document_id: str, version: int | None) -> tuple[dict[str, Any], str]:
    doc = caller.checked(application.ledger.document(document_id))
    wanted = version or doc.version
    return document_json(doc) | {"version": wanted, "source": None}, application.ledger.text(
        document_id, wanted, scope=caller.scope()
    )


async def _followed(application: Application, question: Question, ctx: Context) -> Answer:
    """The answer; each sentence is told as progress to clients that want it. Stops the LLM when the client goes away."""
    said = 0
    async with aclosing(steps(application, question)) as coming:
        async for event in coming:
            if isinstance(event, Answer):
                return event
            said += 1
            await ctx.report_progress(said, message=event.text)
    raise AssertionError("the stream ends with an answer")


def _caller_of(ctx: Context, caller: Callers) -> Principal:
    return caller.principal(ctx.request_context.request)


def serve_stdio(settings: Settings) -> None:
    """Serves one client until stdin ends; whoever can start this program may read the library."""
    application = open_application(settings)
    try:
        local, base = Principal("local", "local"), settings.server.public_url
        signer = cites.Cites(application.ledger.engine, Keys(application.ledger.engine), settings.server.cite_hours)

        def links(_request: Any) -> Links | None:
            return Links(lambda cited: f"{base}{cites.PATH}{signer.token(cited, local)}#cited") if base else None

        make_server(lambda: application, Callers(lambda _request: local, links)).run("stdio")
    finally:
        application.close()
