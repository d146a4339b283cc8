"""Tells a help desk by webhook who waits for a person, in a thread of the worker's process: signed, again until it is heard.

As Standard Webhooks (standardwebhooks.com) has it: `webhook-id` stays the same for each try, `webhook-signature` is the
HMAC-SHA256 of id, time and body. 2xx is success; 410 ends it; all else is tried again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time

import httpx
import orjson
import structlog

from rag import __version__
from rag.errors import XiansouError
from rag.record.handoffs import Handoff, Handoffs
from rag.settings.handoff import HandoffSettings
from rag.wiring import Application

log = structlog.get_logger()

_LOOK_S = 1.0
_PREFIX = "whsec_"


def start(application: Application, stop: threading.Event) -> threading.Thread | None:
    """A thread that sends what is due until `stop` is set; None where no webhook is set."""
    if not application.settings.handoff.url:
        return None
    thread = threading.Thread(target=_run, args=(application, stop), name="handoffs", daemon=True)
    thread.start()
    return thread


def _run(application: Application, stop: threading.Event) -> None:
    queue, settings = Handoffs(application.ledger.engine), application.settings.handoff
    with httpx.Client(timeout=settings.timeout_s, follow_redirects=False) as client:
        while not stop.wait(_LOOK_S):
            try:
                while not stop.is_set() and (message := queue.claim()) is not None:
                    send(client, queue, message, settings)
            except XiansouError as exc:
                log.warning("hand-offs wait", error=str(exc), code=exc.code)
            except Exception:  # the next one may still be sent
                log.error("a hand-off failed unexpectedly", exc_info=True)


def send(client: httpx.Client, queue: Handoffs, message: Handoff, settings: HandoffSettings) -> None:
    """One try."""
    body = orjson.dumps(message.body)
    headers = {"content-type": "application/json", "user-agent": f"xiansou/{__version__}"}
    try:
        reply = client.post(
            settings.url,
            content=body,
            headers=headers | signed(message.id, body, settings.secret.get_secret_value(), time.time()),
        )
    except httpx.HTTPError as exc:
        queue.failed(message.id, f"{type(exc).__name__}: {exc}")
        log.warning("the help desk was not reached", handoff=message.id, attempts=message.attempts + 1, error=str(exc))
        return
    if reply.is_success:
        queue.sent(message.id)
        return
    queue.failed(message.id, f"HTTP {reply.status_code}", retry=reply.status_code != 410)
    log.warning("the help desk refused a hand-off", handoff=message.id, attempts=message.attempts + 1, status=reply.status_code)


def signed(key: str, body: bytes, secret: str, at: float) -> dict[str, str]:
    """Headers that say who sends it and when; the signature only where there is a secret."""
    headers = {"webhook-id": key, "webhook-timestamp": str(int(at))}
    if not secret:
        return headers
    content = f"{key}.{int(at)}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return headers | {"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def _key(secret: str) -> bytes:
    """`whsec_` and Base64, as its libraries write secrets; any other text as it is."""
    if secret.startswith(_PREFIX):
        return base64.b64decode(secret.removeprefix(_PREFIX))
    return secret.encode()
