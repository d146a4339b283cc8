"""Real processes for tests: `python processes.py serve | worker | api-process --fd N`, over a HashEmbedder and a tiny app.

Settings come by environment, as in the real ones. What a document's text says happens to its worker: DIE (SIGKILL), HANG,
SLEEP (2 s), BOOM (an error that nobody expected).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rag.errors import ConfigError, XiansouError
from rag.fakes import HashEmbedder
from rag.ports import Vectors
from rag.runtime.observe import start_logging
from rag.settings import Settings, load

COMMAND = (sys.executable, __file__)


class Obedient(HashEmbedder):
    """Does to its process what the texts say."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if any("HANG" in text for text in texts):
            time.sleep(600)
        return super().count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        for text in texts:
            if "DIE" in text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "SLEEP" in text:
                time.sleep(2)
            if "BOOM" in text:
                raise RuntimeError("boom")
        return super().embed_passages(texts)


def worker(settings: Settings) -> None:
    import ingest.worker

    ingest.worker._PARSE_LIMIT_S = 2.0
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ingest.worker.run(settings, stop=stop, embedder=Obedient(), lease_s=float(os.environ.get("TEST_LEASE_S", "2")))


def api(settings: Settings, fd: int) -> None:
    from fastapi import FastAPI

    from api.supervisor import api_process

    def create_app(settings: Settings) -> FastAPI:
        app = FastAPI()

        @app.get("/readyz")
        def readyz() -> dict[str, str]:
            return {"redis": settings.redis.url, "system": settings.generator.system}

        @app.get("/pid")
        def pid() -> int:
            return os.getpid()

        @app.get("/slow")
        def slow(seconds: float) -> str:
            time.sleep(seconds)
            return "done"

        return app

    fault = os.environ.get("TEST_API_FAULT")
    if fault == "config":
        raise ConfigError("there is no such model.", field="embedding.model", fix="Set it to another.")
    if fault == "crash":
        raise RuntimeError("the app is broken")
    api_process(settings, fd, create_app)


def serve(settings: Settings) -> None:
    from api.supervisor import serve

    serve(settings, workers=settings.server.workers, ready=lambda: print("ready", flush=True), command=COMMAND)


def main() -> None:
    settings = load(Path(os.devnull))
    start_logging(settings.log)
    try:
        match sys.argv[1]:
            case "serve":
                serve(settings)
            case "worker":
                worker(settings)
            case "api-process":
                api(settings, int(sys.argv[3]))
    except XiansouError as exc:
        print(f"error: {exc}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
