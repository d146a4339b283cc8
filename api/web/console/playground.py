"""The playground: a question, the passages with each stage's score, the prompt, each sentence's check; also two ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.routing import APIRouter
from starlette.responses import Response

from api.principal import Principal
from api.scopes import requires
from api.state import Here, State
from api.web.console.shown import Lang, show
from rag.domain import Question, Scope
from rag.domain.validation import check_question

router = APIRouter(prefix="/console")

# As all who ask, it waits for its turn; a visitor's token has not the scope.
Operator = Annotated[Principal, requires("admin", widget=True)]
_STAGES = ("rewrite", "retrieve", "rerank", "generate", "check")


@router.get("/playground")
def playground(request: Request, here: Here, caller: Operator, lang: Lang = None) -> Response:
    """The form."""
    profiles = list(here.application.settings.profiles)
    return show(request, "playground.html", caller, profiles=profiles, top_k=here.application.settings.retrieval.top_k)


@router.post("/playground", name="playground")
def ask(
    request: Request,
    here: Here,
    caller: Operator,
    question: Annotated[str, Form(min_length=1, max_length=8000)],
    profile: Annotated[list[str], Form()],
    top_k: Annotated[list[int], Form()],
    generator: Annotated[list[str], Form()],
    collection: Annotated[str, Form(max_length=128)] = "",
    both: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    """Asks in one way or two. None of it counts as traffic."""
    ways = list(zip(profile, top_k, generator, strict=False))[: 2 if both else 1]
    query = Question(check_question(question), scope=Scope(collection.strip() or None))
    results = [_run(here, caller, query, *way) for way in ways]
    return show(request, "playground_result.html", caller, results=results)


def _run(here: State, caller: Principal, query: Question, profile: str, top_k: int, generator: str) -> dict[str, Any]:
    quoted = generator == "extractive"
    question = caller.within(
        replace(query, profile=profile, top_k=max(1, min(20, top_k)), generator="extractive" if quoted else None)
    )
    answerer = here.application.answerer.quiet()
    answer = answerer.answer(question)
    retrieved = answerer.retrieve(question, explain=True)
    cited = {one.passage_id: one.n for one in answer.citations}
    stages = list(dict.fromkeys(name for hit in retrieved.hits for name in hit.stages))
    return {
        "name": f"{profile} · top_k {question.top_k}" + (" · extractive" if quoted else ""),
        "answer": answer,
        "times": _times(answer.timings_ms),
        "hits": retrieved.hits,
        "stages": stages,
        "cited": cited,
        "dropped": retrieved.dropped[:20],
        "asked": retrieved.explanation,
        "prompt": [] if quoted else answerer.prompt(question),
    }


def _times(timings: Any) -> list[tuple[str, float, float, float]]:
    """(name, ms, begin, length) of each stage, the last two in hundredths of the whole; `rerank` is within `retrieve`."""
    whole, begun, bars = max(timings.get("total", 0.0), 0.001), 0.0, []
    for name in _STAGES:
        took = float(timings.get(name, 0.0))
        start = max(0.0, begun - took) if name == "rerank" else begun
        bars.append((name, took, 100 * start / whole, max(0.5, 100 * took / whole)))
        begun += 0.0 if name == "rerank" else took
    return bars
