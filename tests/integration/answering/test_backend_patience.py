"""Short deadlines, streams without an end, and what stands behind a backend that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rag.answer import Answerer
from rag.domain import Question
from rag.settings import load
from rag.wiring import load_generators
from tests.support import llm_server as llm
from tests.support.llm_server import LlmServer, llm_server

GOOD = "The pool opens at 7 a.m. [1]. Towels cost 2 euros [1]."
ASKED = Question("When does the pool open and what do towels cost?")


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    with llm_server(llm.reply(GOOD)) as told:
        yield told


@pytest.fixture
def make(application, put, server) -> Iterator[Callable[..., Answerer]]:
    put("pool", "The pool opens at 7 a.m. Towels cost 2 euros.")
    server.calls.clear()

    def build(behaviour: llm.Behaviour, **overrides: object) -> Answerer:
        server.behaviour = behaviour
        plain: dict[str, object] = {"generator.kind": "openai", "generator.base_url": server.url, "generator.model": "m"}
        told = load(env={}, overrides={**plain, "answer.max_wrong_rate": 1.0, "generator.timeout_s": 3.0, **overrides})
        made.append(
            Answerer(application.answerer._retriever, application.embedder, None, told, generators=load_generators(told))
        )
        return made[-1]

    made: list[Answerer] = []
    yield build
    for answerer in made:
        answerer.close()


@pytest.mark.parametrize("behaviour", [llm.status(500), llm.hangs_up(), llm.reply("Entry is free for pirates [1].")])
def test_by_default_the_passages_are_quoted_in_the_place_of_what_fails(make, behaviour: llm.Behaviour) -> None:
    answer = make(behaviour).answer(ASKED)
    assert (answer.status, answer.generator) == ("answered", "extractive")
    assert "pirates" not in answer.answer


def without_end(text: str) -> llm.Behaviour:
    """A stream that stops without a finish_reason, as a proxy leaves it that lost its backend."""

    def behave(call: llm.Call) -> None:
        call.begin()
        call.say(text)
        call.handler.wfile.write(b"data: [DONE]\n\n")

    return behave


@pytest.mark.parametrize(
    ("behaviour", "complete"),
    [
        (llm.reply(GOOD), True),
        (without_end("The pool opens at 7 a.m. [1]. Towels cost 2"), False),
        (llm.reply("The pool opens at 7 a.m. [1]. Towels", "length"), False),
        (llm.stalls("The pool opens at 7 a.m. [1]. Towels cost"), False),
    ],
)
def test_an_answer_says_whether_it_is_complete(make, behaviour: llm.Behaviour, complete: bool) -> None:
    answer = make(behaviour, **{"generator.timeout_s": 1.5}).answer(ASKED)
    assert (answer.status, answer.complete) == ("answered", complete)
    assert "7 a.m." in answer.answer
    assert complete == ("Towels" in answer.answer)


def test_short_deadlines_of_one_client_leave_the_backend_to_the_others(make, server) -> None:
    asking = make(llm.slow_drip(GOOD, 0.005))
    for _ in range(7):
        asking.answer(replace(ASKED, deadline=time.monotonic() + 0.05))
    answer = asking.answer(ASKED)
    assert (answer.status, answer.generator) == ("answered", "m")


def test_a_backend_that_is_too_slow_for_its_own_timeout_is_left_alone(make, server) -> None:
    asking = make(llm.silence, **{"generator.timeout_s": 0.3, "generator.fallback": []})
    for _ in range(6):
        asking.answer(ASKED)
    before = len(server.calls)
    assert asking.answer(ASKED).reason == "backend_unavailable"
    assert len(server.calls) == before
