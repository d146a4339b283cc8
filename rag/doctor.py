"""`xiansou doctor`: one screen that says what is wrong and what to do."""

from __future__ import annotations

import difflib
import ipaddress
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Literal

import httpx
from sqlalchemy import func, select

from rag import doctor_operation as operation
from rag.answering.generate import Backend, status_of_backend
from rag.check import Check
from rag.domain.sampling import Sampling
from rag.errors import UpstreamError, XiansouError
from rag.record import audit
from rag.record.calibration import CALIBRATE, WORTH_CALIBRATING, Calibration
from rag.record.damage import explained
from rag.record.keys import Key, Keys
from rag.record.ledger import Ledger
from rag.record.schema import jobs
from rag.release import build
from rag.runtime.console import empty
from rag.runtime.stores import redis_state
from rag.settings import Settings
from rag.settings.generator import Generator as GeneratorSettings
from rag.settings.profiles import DEFAULT_PROFILE
from rag.wiring import load_generator, open_application

_SHOWN_KEYS = 3
_ASKED_S = 15.0  # patience with a backend that is asked for one token
_SHOWN_MODELS = 5
_ADDRESS = re.compile(r"https?://[^\s/]+", re.IGNORECASE)


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which one would repair. Changes nothing, and makes no library where there is none."""
    checks = [Check("program", "ok", f"xiansou {build()}, Python {sys.version.split()[0]}")]
    checks += _guarded("data_dir", lambda: operation.disk(settings))
    if settings.ledger_file is not None and not settings.ledger_file.exists():
        absent = empty(settings)
        checks.append(Check("ledger", "warn", absent.detail.rstrip("."), absent.fix))
    else:
        checks += _guarded("ledger", lambda: _ledger(settings))
        if not any(check.state == "fail" for check in checks):  # else each of these would say the same
            checks += _guarded("keys", lambda: _keys(settings))
            checks += _guarded("audit", lambda: _audit(settings))
            checks += _guarded("index", lambda: _index(settings))
            checks += _guarded("operation", lambda: _operation(settings))
    checks += _guarded("redis", lambda: _redis(settings))
    checks += _guarded("memory", lambda: operation.memory(settings))
    checks += _guarded("generator", lambda: _generators(settings))
    return checks


def _guarded(name: str, check: Callable[[], Iterator[Check]]) -> list[Check]:
    """Whatever happens is one line: a damaged ledger may fail anywhere, and its errors hold documents' text."""
    try:
        return list(check())
    except XiansouError as exc:
        return [Check(name, "fail", exc.detail, exc.fix)]
    except Exception as exc:
        error = explained(exc)
        if error is not None:
            return [Check(name, "fail", error.detail, error.fix)]
        return [Check(name, "fail", f"cannot be examined ({type(exc).__name__})", "Please report this.")]


def _operation(settings: Settings) -> Iterator[Check]:
    ledger = Ledger.open(settings.database_url)
    try:
        yield from operation.reindex(settings, ledger.engine)
        yield from operation.followed(ledger.engine)
        yield from operation.backups(settings, ledger.engine)
    finally:
        ledger.close()


def _ledger(settings: Settings) -> Iterator[Check]:
    ledger = Ledger.open(settings.database_url)
    try:
        with ledger.engine.connect() as conn:
            if conn.dialect.name == "sqlite":
                verdict = conn.exec_driver_sql("PRAGMA quick_check").scalar()
                if verdict != "ok":
                    yield Check(
                        "ledger",
                        "fail",
                        "the ledger is damaged",
                        "Stop the service and put a backup back: `xiansou restore FILE`.",
                    )
                    return
            states = {state: n for state, n in conn.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state)).tuples()}
        counts = ledger.counts()
        yield Check(
            "ledger",
            "ok",
            f"{counts['documents']} documents, {counts['passages']} passages, index version {counts['index_version']}",
        )
        dead = states.get("dead", 0)
        waiting = sum(states.get(state, 0) for state in ("queued", "parsing", "embedding"))
        yield Check(
            "jobs",
            "warn" if dead else "ok",
            f"{waiting} waiting, {states.get('failed', 0)} failed, {dead} dead",
            "See `GET /v1/jobs/{id}` for the reasons, then send those documents again." if dead else None,
        )
        yield from operation.acknowledged(ledger.engine)
    finally:
        ledger.close()


def _keys(settings: Settings) -> Iterator[Check]:
    """An expired key is still sent by somebody; a key for everything without an end is no fault, but worth a word."""
    ledger = Ledger.open(settings.database_url)
    try:
        keys = Keys(ledger.engine).all()
    finally:
        ledger.close()
    live, expired = ([key for key in keys if key.state == state] for state in ("live", "expired"))
    endless = [key for key in live if "admin" in key.rights.scopes and key.expires_at is None]
    detail = f"{len(live)} live, {len(expired)} expired"
    state: Literal["ok", "warn"] = "ok"
    fix = None
    if not live and not _loopback(settings.server.host):
        state, detail = "warn", f"{detail}; `server.host` is {settings.server.host}, where nobody is answered without a key"
        fix = "Make one: `xiansou keys create NAME`."
    elif expired:
        state, fix = "warn", f"Make new keys for those who still use them, then `xiansou keys revoke`: {_named(expired)}."
    elif endless:
        fix = f"Hint: these keys may do everything and never expire: {_named(endless)}."
    yield Check("keys", state, detail, fix)


def _named(keys: list[Key]) -> str:
    shown = ", ".join(f"{key.name} ({key.id})" for key in keys[:_SHOWN_KEYS])
    return shown if len(keys) <= _SHOWN_KEYS else f"{shown} and {len(keys) - _SHOWN_KEYS} more"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _audit(settings: Settings) -> Iterator[Check]:
    ledger = Ledger.open(settings.database_url)
    try:
        verdict = audit.verify(ledger.engine)
    finally:
        ledger.close()
    if verdict.ok:
        off = "" if settings.audit.enabled else "; nothing is added, `audit.enabled` is false"
        yield Check("audit", "ok", f"{verdict.rows} rows, none changed{off}")
    else:
        where = "" if verdict.fault is None else f"row {verdict.fault}: "
        yield Check("audit", "fail", f"{where}{verdict.reason}", "Compare with a backup: see `xiansou audit verify`.")


def _index(settings: Settings) -> Iterator[Check]:
    application = open_application(settings)
    try:
        mirror = application.views.live().mirror
        yield Check("model", "ok", f"{application.embedder.model_id}, {application.embedder.dim} dimensions")
        yield Check("index", "ok", f"{len(mirror)} searchable entries at index version {mirror.version}")
        yield from operation.vectors(mirror)
        yield _refusals(application.views.live().calibration, len(mirror))
    finally:
        application.close()


def _refusals(fitted: Calibration, passages: int) -> Check:
    """No fault: the shipped curve is what public sets taught, and own questions tell more."""
    if fitted.unanswered or passages < WORTH_CALIBRATING:
        detail = f"fitted on {fitted.questions} questions of this library" if fitted.unanswered else "by the shipped curve"
        return Check("refusals", "ok", detail)
    return Check("refusals", "ok", "by the shipped curve, which knows nothing of these documents", CALIBRATE)


def _redis(settings: Settings) -> Iterator[Check]:
    where = operation.hidden(settings.redis.url) or "embedded"
    state = redis_state(settings)
    if state == "answers":
        yield Check("redis", "ok", f"{where}, answers")
    elif state == "refuses":
        fix = "Correct the name or password in `redis.url`, best as XIANSOU__REDIS__URL in the environment."
        yield Check("redis", "warn", f"{where} refuses the name or password; questions are still answered", fix)
    elif settings.redis.url:
        yield Check(
            "redis", "warn", f"{where} does not answer; questions are still answered", "Start it, or correct `redis.url`."
        )
    else:
        yield Check("redis", "ok", "embedded, not running (the service starts it)")


def _generators(settings: Settings) -> Iterator[Check]:
    """The backend of every profile, each asked for one token; equal ones once."""
    checked: list[GeneratorSettings] = []
    for name, profile in settings.profiles.items():
        generator = profile.generator
        if any(_same_backend(generator, other) for other in checked):
            continue
        checked.append(generator)
        title = "generator" if name == DEFAULT_PROFILE else f"generator of {name}"
        try:
            yield _generator(generator, title)
        except XiansouError as exc:  # a missing extra, an option that it does not have
            yield Check(title, "fail", exc.detail, exc.fix)


def _same_backend(one: GeneratorSettings, other: GeneratorSettings) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("kind", "base_url", "model", "api_key", "options"))


def _generator(settings: GeneratorSettings, title: str) -> Check:
    if settings.kind == "extractive":
        return Check(title, "ok", "extractive: answers quote the documents, no LLM is called")
    where = (
        f"{settings.model} at {operation.hidden(settings.base_url)}"
        if settings.base_url
        else f"{settings.kind}: {settings.model}"
    )
    if settings.base_url and not _ADDRESS.match(settings.base_url):
        return Check(title, "fail", f"{where}: that is no address", "Begin `generator.base_url` with http:// or https://.")
    generator = load_generator(settings)
    assert generator is not None
    backend = Backend(generator)
    try:
        began = time.monotonic()
        messages = [{"role": "user", "content": "ok?"}]
        running = backend.run(messages, deadline=began + _ASKED_S, sampling=Sampling(max_tokens=1))
        for _ in running:
            break
        took = time.monotonic() - began
        if running.finish_reason == "deadline":
            return Check(
                title, "fail", f"{where}: no word within {_ASKED_S:.0f} s", "Look whether it is overloaded or still loading."
            )
        return Check(title, "ok", f"{where}, answers in {took:.1f} s")
    except UpstreamError as exc:
        return Check(title, "fail", f"{where}: {_reason(exc)}", _remedy(exc, settings))
    finally:
        backend.close()


def _reason(error: UpstreamError) -> str:
    """What a client library said, without its advice and on one line."""
    status = status_of_backend(error)
    if status is not None:
        return {401: "refuses the key (401)", 403: "refuses the key (403)", 404: "knows no such model or path (404)"}.get(
            status, f"answers with status {status}"
        )
    cause = error.__cause__
    return f"cannot be reached ({type(cause).__name__})" if cause is not None else error.detail


def _remedy(error: UpstreamError, settings: GeneratorSettings) -> str:
    status = status_of_backend(error)
    if status in (401, 403):
        return "Correct `generator.api_key`, best as XIANSOU__GENERATOR__API_KEY in the environment."
    if status == 404:
        return f"Correct `generator.model` or `generator.base_url`: {_listed(settings)}"
    if status == 429:
        return "It is asked too much, or its quota is spent: wait, or raise the quota."
    if status is not None and status >= 500:
        return "Look into the log of that server."
    return "Start that server, or correct `generator.base_url`."


def _listed(settings: GeneratorSettings) -> str:
    """The models that an OpenAI-compatible server names, for a name that is spelt wrong."""
    if settings.kind != "openai":
        return "see what that server offers."
    try:
        key = {"Authorization": f"Bearer {settings.api_key.get_secret_value() or 'none'}"}
        reply = httpx.get(f"{settings.base_url.rstrip('/')}/models", headers=key, timeout=5).json()
        names = [str(model["id"]) for model in reply["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return "its list of models cannot be read either."
    near = difflib.get_close_matches(settings.model, names, n=1, cutoff=0.5)
    shown = ", ".join(names[:_SHOWN_MODELS])
    return f"did you mean `{near[0]}`?" if near else f"it has {shown or 'no models'}."
