"""The HTTP service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from api import errors
from api.auth import Access
from api.desk import Desk
from api.envelope import Envelope
from api.gate import Gate
from api.observed import TELEMETRY
from api.request import only_known_parameters
from api.routes import (
    answers,
    chat,
    cite,
    conversations,
    dify,
    documents,
    feedback,
    fields,
    gaps,
    handoffs,
    health,
    jobs,
    keys,
    mcp,
    metrics,
    models,
    pages,
    query,
    responses,
    suggestions,
    ui_stream,
    widget,
)
from api.scopes import check_routes, questions
from api.state import State
from api.web import console
from ingest.jobs import Jobs
from rag import __version__
from rag.domain import Answer, Question
from rag.runtime.remote import Doorbell, Remote
from rag.runtime.stores import open_redis
from rag.settings import Settings, load
from rag.wiring import Application, open_application

WAITING = 64  # writes that wait for their job at once; further ones wait for their turn to wait


def create_app(settings: Settings | None = None, *, application: Application | None = None) -> FastAPI:
    """The service over `settings` (None: those of the house, else as `rag.settings.load` finds them).

    An application that is given stays its owner's to close. Starting raises ConfigError when none can be opened.
    """
    settings = settings or (application.settings if application else load())
    app = FastAPI(
        title="Xiansou",
        version=__version__,
        summary="Search first, then answer: cited answers from your own documents.",
        lifespan=_lifespan(settings, application),
        dependencies=[Depends(only_known_parameters)],
        redirect_slashes=False,
        docs_url=None,  # our own page: FastAPI's loads its script from outside
        redoc_url=None,
        telemetry=TELEMETRY,
    )
    app.state.here = None
    app.add_middleware(Gate)
    app.add_middleware(
        Envelope, max_bytes=settings.ingest.max_bytes, small=min(settings.limits.body_bytes, settings.ingest.max_bytes)
    )
    errors.install(app)
    ours = (documents, query, suggestions, answers, feedback, gaps, jobs, keys, widget)
    for resource in (*ours, cite, conversations, fields, handoffs, chat, models, responses, ui_stream, dify):
        app.include_router(resource.router, prefix="/v1")
    app.include_router(mcp.router)
    app.include_router(metrics.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    app.include_router(console.router)
    check_routes(app)
    return app


def _lifespan(settings: Settings, given: Application | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        application = given if given is not None else await run_in_threadpool(open_application, settings, serving=True)
        bell = Doorbell(lambda: open_redis(settings))
        try:
            # Loads index and model: the first question shall not wait for them.
            await run_in_threadpool(application.answerer.retrieve, Question("ready?"))
            counters = Remote(lambda: open_redis(settings), "requests are counted by each process")
            access = Access(settings, application.ledger.engine, counters, questions(app))
            desk = Desk(application.ledger.engine, settings.handoff)
            application.answerer.heard = _both(access.budgets.heard, desk.heard)
            application.answerer.instead = lambda question: desk.silent(
                question, application.ledger.head, application.memory.keep
            )
            here = State(application, Jobs(application.ledger.engine), bell, CapacityLimiter(WAITING), access, desk)
            async with mcp.running(app, here):
                app.state.here = here
                try:
                    yield
                finally:
                    access.close()
        finally:
            app.state.here = None
            if given is None:
                application.close()

    return lifespan


def _both(*listeners: Callable[[Question, Answer], None]) -> Callable[[Question, Answer], None]:
    """Tells several of an answer."""

    def tell(question: Question, answer: Answer) -> None:
        for one in listeners:
            one(question, answer)

    return tell
