"""`xiansou doctor`: one screen that says what is wrong and what to do."""

from __future__ import annotations

import ipaddress
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from rag import __version__
from rag.errors import XiansouError
from rag.library import audit
from rag.library.calibration import CALIBRATE, WORTH_CALIBRATING, Calibration
from rag.library.keys import Key, Keys
from rag.library.ledger import Ledger
from rag.library.schema import jobs
from rag.settings import Settings
from rag.stores import ping
from rag.wiring import open_house

_SHOWN_KEYS = 3
_MIN_FREE = 500_000_000  # bytes under which a re-index or a snapshot may not fit


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    fix: str | None = None


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which one would repair. Changes nothing but an empty data_dir."""
    checks = [Check("program", "ok", f"xiansou {__version__}, Python {sys.version.split()[0]}")]
    checks += _guarded("data_dir", lambda: _data_dir(settings))
    checks += _guarded("ledger", lambda: _ledger(settings))
    checks += _guarded("keys", lambda: _keys(settings))
    checks += _guarded("audit", lambda: _audit(settings))
    checks += _guarded("index", lambda: _index(settings))
    checks += _guarded("redis", lambda: _redis(settings))
    checks.append(_generator(settings))
    return checks


def _guarded(name: str, check: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(check())
    except XiansouError as exc:
        return [Check(name, "fail", exc.detail, exc.fix)]


def _data_dir(settings: Settings) -> Iterator[Check]:
    folder = settings.data_dir.resolve()
    at = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(at).free
    state: Literal["ok", "warn"] = "ok" if free >= _MIN_FREE else "warn"
    yield Check("data_dir", state, f"{folder}, {free / 1e9:.1f} GB free", "Free some space." if state == "warn" else None)


def _ledger(settings: Settings) -> Iterator[Check]:
    ledger = Ledger.open(settings.database_url)
    try:
        with ledger.engine.connect() as conn:
            if conn.dialect.name == "sqlite":
                found = conn.exec_driver_sql("PRAGMA quick_check").scalar()
                if found != "ok":
                    yield Check("ledger", "fail", f"damaged: {found}", "Restore the last backup.")
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
    finally:
        ledger.close()


def _keys(settings: Settings) -> Iterator[Check]:
    """An expired key is still sent by somebody; a key for everything without an end is no fault, but worth a word."""
    ledger = Ledger.open(settings.database_url)
    try:
        found = Keys(ledger.engine).all()
    finally:
        ledger.close()
    live, expired = ([key for key in found if key.state == state] for state in ("live", "expired"))
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
    house = open_house(settings)
    try:
        mirror = house.shelves.live().mirror
        yield Check("model", "ok", f"{house.embedder.model_id}, {house.embedder.dim} dimensions")
        yield Check("index", "ok", f"{len(mirror)} searchable entries at index version {mirror.version}")
        yield _refusals(house.shelves.live().calibration, len(mirror))
    finally:
        house.close()


def _refusals(fitted: Calibration, passages: int) -> Check:
    """No fault: the shipped curve is what public sets taught, and own questions tell more."""
    if fitted.unanswered or passages < WORTH_CALIBRATING:
        told = f"fitted on {fitted.questions} questions of this library" if fitted.unanswered else "by the shipped curve"
        return Check("refusals", "ok", told)
    return Check("refusals", "ok", "by the shipped curve, which knows nothing of these documents", CALIBRATE)


def _redis(settings: Settings) -> Iterator[Check]:
    where = settings.redis.url or "embedded"
    if ping(settings):
        yield Check("redis", "ok", f"{where}, answers")
    elif settings.redis.url:
        yield Check(
            "redis", "warn", f"{where} does not answer; questions are still answered", "Start it, or correct `redis.url`."
        )
    else:
        yield Check("redis", "ok", "embedded, not running (the service starts it)")


def _generator(settings: Settings) -> Check:
    told = settings.generator
    if told.kind == "extractive":
        return Check("generator", "ok", "extractive: answers quote the documents, no LLM is called")
    return Check("generator", "ok", f"{told.model} at {told.base_url}" if told.base_url else f"{told.kind}: {told.model}")
