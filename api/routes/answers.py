"""Answers that were given: why they are as they are, the same once more, and gone when their owner wants it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.answer_replies import CitedReply, ExplainedReply, RemovedReply, ReplayReply
from api.cites import Cited, in_section
from api.principal import Principal
from api.replies import problems
from api.reply import Json
from api.scopes import Asker, Member, Searcher
from api.state import Here
from rag.answering.explain import explain
from rag.answering.replay import replay_json
from rag.errors import Forbidden, NotFound

router = APIRouter(prefix="/answers", tags=["answers"])

AnswerId = Annotated[str, Path(min_length=1, max_length=100, description="`answer_id` of a reply.")]

# How the service words its answers is its operator's, not its visitors'.
_OPERATORS = ("settings", "prompt", "prompt_sha256", "raw")


@router.get("/{id}", response_model=ExplainedReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def explain_answer(id: AnswerId, here: Here, caller: Member) -> Response:
    """An answer with all that led to it: question, query, candidates with scores, sentences and their grounding, feedback.

    Prompt, settings and the LLM's own words are for administrators. 404 also for an answer to somebody else.
    """
    memory = here.application.memory
    explanation = explain(here.application.ledger.engine, memory.find(id, owner_of(caller)))
    if not caller.reads_all:
        explanation |= dict.fromkeys(_OPERATORS)
    return Json(explanation, index_version=explanation["index_version"])


@router.post("/{id}/replay", response_model=ReplayReply, responses=problems(401, 403, 404, 422, 429, 500, 502, 503))
def replay_answer(id: AnswerId, here: Here, caller: Searcher) -> Response:
    """Make the answer again from the library as it was, and tell what differs. It is not kept as an answer.

    403 for a key with collections or groups: what was open to it then may be closed by now.
    """
    if caller.restricted:
        raise Forbidden("a replay needs a key without collections and groups.", fix="Use another key.")
    application = here.application
    stored = application.memory.find(id, owner_of(caller))
    replayed = replay_json(application.memory.replay(stored, application.answerer.make))
    if not caller.reads_all:
        replayed["differences"] = [one for one in replayed["differences"] if one["part"].split(".")[0] not in _OPERATORS]
    return Json(replayed, index_version=stored.index_version)


@router.get("/{id}/citations/{n}", response_model=CitedReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def cited_passage(id: AnswerId, n: Annotated[int, Path(ge=1, le=1000)], here: Here, caller: Asker) -> Response:
    """What citation `n` of an answer of one's own quotes, in its section; `spans` are the places in `text`.

    404 as soon as the document is deleted or closed to the caller, and where answers are not kept.
    """
    stored = here.application.memory.find(id, owner_of(caller))
    cited = next((one for one in stored.record["answer"]["citations"] if one["n"] == n), None)
    if cited is None:
        raise NotFound(f"answer {id!r} has no citation {n}.", field="n")
    places = tuple((int(start), int(end)) for start, end in cited.get("spans") or [(cited["start"], cited["end"])])
    ledger = here.application.ledger
    outcome = in_section(ledger, cited["document_id"], int(cited["version"]), places, caller.scope())
    if not isinstance(outcome, Cited):
        raise NotFound("the cited passage is not in the documents any more.", field="n", code=f"passage_{outcome}")
    return Json(asdict(outcome))


@router.delete("/{id}", response_model=RemovedReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def remove_answer(id: AnswerId, here: Here, caller: Asker) -> Response:
    """Remove an answer from the record, with its question and feedback."""
    application = here.application
    application.memory.find(id, owner_of(caller))
    application.memory.flush()
    removed = application.memory.answers.remove([id], owner_of(caller))
    if not removed:
        raise NotFound(f"no answer {id!r}", field="answer_id")
    return Json({"removed": removed})


def owner_of(caller: Principal) -> str | None:
    """Whose answers the caller reads; None: everyone's."""
    return None if caller.reads_all else caller.owner
