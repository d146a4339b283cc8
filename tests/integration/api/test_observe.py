"""What an operator sees: logs, metrics, traces, slow questions."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from api_service import make_settings, serving
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from api import metrics_folder
from api.app import create_app
from ingest.statements import of_text
from ingest.token_spans import with_tokens
from rag.domain import Chunk, DocumentInput
from rag.fakes import HashEmbedder
from rag.record.rows import PreparedDocument
from rag.runtime.observe import hide_secrets, start_logging
from rag.settings.sections import Log
from rag.wiring import Application, open_application

QUESTION = "How much is the doorbell?"


@contextmanager
def service(folder: Path, **settings: Any) -> Iterator[tuple[str, Application]]:
    application = open_application(make_settings(folder, **settings), embedder=HashEmbedder())
    text = "The doorbell costs 90 euros."
    vectors = application.embedder.embed_passages([text])
    chunks = with_tokens(of_text([Chunk(0, len(text), text)], text, markdown=False), application.embedder)
    application.ledger.put(
        PreparedDocument(DocumentInput("bell.md", text.encode()), "Bell", text, chunks, vectors), application.generation
    )
    with serving(create_app(application=application)) as url:
        yield url, application
    application.close()


def ask(url: str, question: str = QUESTION, **headers: str) -> httpx.Response:
    return httpx.post(f"{url}/v1/query", json={"question": question}, headers=headers, timeout=30)


# -- logs --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Standard error as the process writes it, in JSON lines."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    before, handlers = structlog.get_config(), logging.root.handlers[:]
    logging.root.handlers.clear()
    start_logging(Log(json_lines=True))
    yield written
    logging.root.handlers[:] = handlers
    structlog.configure(**before)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_every_line_has_the_request_id_and_none_the_question(tmp_path: Path, logged: io.StringIO) -> None:
    with service(tmp_path, log__slow_ms=0.001) as (url, _application):
        reply = ask(url, **{"X-Request-Id": "r-1", "Authorization": "Bearer sk-verysecretverysecret"})
        assert reply.headers["x-request-id"] == "r-1"
        logging.getLogger("other.library").warning("odd: %s", "postgresql://me:hunter2@db/x")
    told = lines(logged)
    mine = [line for line in told if line.get("request_id") == "r-1" and "Redis" not in line["event"]]
    assert [line["event"] for line in mine] == ["slow search", "slow answer", "request"]
    search, answer, request = mine
    assert (request["route"], request["status"], request["method"], request["caller"]) == ("/v1/query", 200, "POST", "local")
    assert answer["timings_ms"].keys() >= {"rewrite", "retrieve", "generate", "total"}
    assert answer["answer_id"] == reply.json()["answer_id"]
    for line in (search, answer):
        (hit,) = line["explain"]
        assert hit["document_id"] == "bell.md"
        assert {"dense", "bm25"} <= hit["stages"].keys()
    text = logged.getvalue()
    assert "doorbell" not in text
    assert "verysecret" not in text
    assert "hunter2" not in text
    other = [line for line in told if line.get("logger") == "other.library"]
    assert [(line["event"], line["level"]) for line in other] == [("odd: postgresql://me:***@db/x", "warning")]


def test_questions_are_logged_when_it_is_wanted_and_fast_ones_are_not(tmp_path: Path, logged: io.StringIO) -> None:
    with service(tmp_path / "a", log__slow_ms=0.001, log__questions=True) as (url, _application):
        ask(url)
    slow = [line for line in lines(logged) if line["event"] == "slow answer"]
    assert [line["question"] for line in slow] == [QUESTION]
    logged.truncate(0)
    logged.seek(0)
    with service(tmp_path / "b", log__slow_ms=60_000) as (url, _application):
        ask(url)
    told = [line["event"] for line in lines(logged) if "request_id" in line]
    assert [event for event in told if "Redis" not in event] == ["request"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"api_key": "abc"}, {"api_key": "***"}),
        ({"Authorization": "x"}, {"Authorization": "***"}),
        ({"headers": {"cookie": "a=b", "n": 1}}, {"headers": {"cookie": "***", "n": 1}}),
        ({"event": "got Bearer abcdefghij.klm"}, {"event": "got Bearer ***"}),
        ({"event": "key xs_live_AbCdEf123456 refused"}, {"event": "key *** refused"}),
        ({"event": ["sk-abcdefgh12345"]}, {"event": ["***"]}),
        ({"error": ValueError("redis://:pw@host:1/0")}, {"error": "redis://:***@host:1/0"}),
        ({"prompt_tokens": 7, "event": "tokens"}, {"prompt_tokens": 7, "event": "tokens"}),
        ({"document": "help/sk-ii.md", "error": None}, {"document": "help/sk-ii.md", "error": None}),
    ],
)
def test_secrets_are_hidden(given: dict[str, Any], shown: dict[str, Any]) -> None:
    assert hide_secrets(None, "info", given) == shown


# -- metrics -----------------------------------------------------------------------------------------------------------


def samples(url: str) -> dict[str, float]:
    """Name with labels → value."""
    reply = httpx.get(f"{url}/metrics")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(reply.text)
    return {
        sample.name + "".join(f",{key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_metrics_by_stage_reason_route_and_state(tmp_path: Path) -> None:
    with service(tmp_path) as (url, application):
        before = samples(url)
        ask(url)
        ask(url, "zyxwvu")
        httpx.post(f"{url}/v1/retrieve", json={"question": QUESTION})
        httpx.get(f"{url}/v1/documents/no%20such%20thing")
        after = samples(url)
        application.ledger.delete("bell.md")
        lagging = samples(url)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown["xiansou_stage_seconds_count,stage=total"] == 2
    assert grown["xiansou_stage_seconds_count,stage=retrieve"] == 3
    assert grown["xiansou_stage_seconds_count,stage=generate"] >= 1
    assert grown["xiansou_answers_total,generator=extractive,profile=xiansou,status=answered"] >= 1
    refused = [value for name, value in grown.items() if name.startswith("xiansou_refusals_total")]
    answered = [value for name, value in grown.items() if name.startswith("xiansou_answers_total")]
    assert sum(answered) == 2
    assert sum(refused) == sum(v for n, v in grown.items() if n.startswith("xiansou_answers_total") and "refused" in n)
    assert grown["xiansou_http_request_seconds_count,method=POST,route=/v1/query,status=200"] == 2
    unknown = [name for name, value in grown.items() if "status=404" in name and name.startswith("xiansou_http") and value]
    assert unknown
    assert not any("such" in name for name in after)
    assert (after["xiansou_documents"], after["xiansou_passages"], after["xiansou_index_version"]) == (1, 1, 1)
    assert after["xiansou_index_version_lag"] == 0
    assert (lagging["xiansou_index_version_lag"], lagging["xiansou_documents"]) == (1, 0)
    assert after["xiansou_jobs,state=queued"] == 0
    assert after["xiansou_index_version_applied"] == 1


def test_several_processes_are_added_up_and_a_dead_one_is_forgotten(tmp_path: Path) -> None:
    folder = metrics_folder.prepare(tmp_path)
    environment = os.environ | {metrics_folder.VARIABLE: str(folder)}
    count = (
        "from rag.runtime import metrics as m; import os; m.ANSWERS.labels('answered', 'x', 'p').inc(3); m.HTTP_ACTIVE.inc(); "
    )
    pids = [int(run(f"{count} print(os.getpid())", environment)) for _ in range(2)]
    tell = (
        "from prometheus_client import CollectorRegistry, generate_latest; "
        "from prometheus_client.multiprocess import MultiProcessCollector as M; r = CollectorRegistry(); M(r); "
        "print(generate_latest(r).decode())"
    )
    told = run(tell, environment)
    assert 'xiansou_answers_total{generator="x",profile="p",status="answered"} 6.0' in told
    assert "xiansou_http_requests_active 2.0" in told
    metrics_folder.forget(environment, pids[0])
    told = run(tell, environment)
    assert "xiansou_http_requests_active 1.0" in told
    assert 'status="answered"} 6.0' in told
    metrics_folder.remove(folder)
    assert not (tmp_path / "metrics").exists()


def test_what_an_earlier_service_left_behind_goes_away(tmp_path: Path) -> None:
    left = metrics_folder.prepare(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    ended = left.with_name(left.name.rpartition("-")[0] + f"-{process.pid}")
    (ended / "x").mkdir(parents=True)
    elsewhere = left.with_name(f"another-machine-{process.pid}")
    elsewhere.mkdir()
    assert metrics_folder.prepare(tmp_path) == left
    assert (ended.exists(), elsewhere.exists(), list(left.iterdir())) == (False, True, [])


def run(code: str, environment: dict[str, str]) -> str:
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout


# -- traces ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def provider() -> TracerProvider:
    """The one of this process: OpenTelemetry takes no second one."""
    made = TracerProvider()
    trace.set_tracer_provider(made)
    return made


@pytest.fixture
def spans(provider: TracerProvider) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@contextmanager
def listening(answer: bytes, kind: str) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """An HTTP server that answers every POST alike; yields its address, and the paths and headers of what it got."""
    got: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


def said_by_openai(texts: Sequence[str]) -> bytes:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks = [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts]
    usage = {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}
    return b"".join(f"data: {json.dumps(head | chunk)}\n\n".encode() for chunk in [*chunks, usage]) + b"data: [DONE]\n\n"


def test_a_trace_goes_from_the_caller_through_the_stages_to_the_llm(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    caller, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    words = said_by_openai(["The doorbell ", "costs 90 euros. [1]"])
    with (
        listening(words, "text/event-stream") as (llm, got),
        service(tmp_path, generator__kind="openai", generator__base_url=f"{llm}/v1", generator__model="m") as (
            url,
            _application,
        ),
    ):
        reply = ask(url, traceparent=f"00-{caller}-{parent}-01").json()
    assert reply["status"] == "answered"
    found = {span.name: span for span in spans.get_finished_spans() if span.context.trace_id == int(caller, 16)}
    assert found.keys() >= {
        "POST /v1/query", "xiansou.rewrite", "xiansou.retrieve", "xiansou.generate", "xiansou.check", "xiansou.llm",
    }  # fmt: skip
    server, generate, call = found["POST /v1/query"], found["xiansou.generate"], found["xiansou.llm"]
    assert server.parent is not None
    assert server.parent.span_id == int(parent, 16)
    assert server.attributes is not None
    assert server.attributes["xiansou.request_id"]
    assert generate.parent is not None
    assert generate.parent.span_id == server.context.span_id
    assert call.parent is not None
    assert call.parent.span_id == generate.context.span_id
    assert len([span for span in spans.get_finished_spans() if span.name == "xiansou.generate"]) == 1
    assert call.attributes is not None
    assert (call.attributes["gen_ai.request.model"], call.attributes["gen_ai.usage.input_tokens"]) == ("m", 11)
    ((_path, headers),) = got
    assert headers["traceparent"] == f"00-{caller}-{call.context.span_id:016x}-01"


def test_spans_are_sent_where_the_standard_variables_say(tmp_path: Path) -> None:
    code = (
        "from rag.runtime.tracing import start_tracing, span\n"
        "assert start_tracing()\n"
        "with span('hello'): pass\n"
    )  # fmt: skip
    with listening(b"", "application/x-protobuf") as (collector, got):
        run(code, os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector})
    assert [path for path, _ in got] == ["/v1/traces"]
    assert run("from rag.runtime.tracing import start_tracing; print(start_tracing())", dict(os.environ)).strip() == "False"
