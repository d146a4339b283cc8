"""Runs that are kept: a folder each, with the figures (`run.json`) and every question (`questions.jsonl`)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from eval.metrics import Scored
from rag.errors import ConfigError, InputError
from rag.record.schema import documents
from rag.release import build
from rag.settings import Settings
from rag.settings.profiles import DEFAULT_PROFILE
from rag.wiring import Application

# What decides where and for whom it runs, not what is found and said.
_ELSEWHERE = frozenset(
    (
        "data_dir",
        "server",
        "database",
        "redis",
        "log",
        "reindex",
        "access",
        "limits",
        "observe",
        "backup",
        "conversation",
        "cache",
        "handoff",
        "answers",
    )
)
_NOT_BEHAVIOUR = frozenset(("folder", "threads", "api_key"))
_SECRET = ("key", "token", "secret", "password", "authorization")
_PACKAGES = ("faiss-cpu", "tantivy", "onnxruntime", "numpy", "pytrec-eval-terrier", "sacrebleu", "rouge-score-rs", "scipy")


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept run: its figures as they were written, and its questions."""

    folder: Path
    report: dict[str, Any]
    questions: list[Scored]

    @property
    def id(self) -> str:
        return str(self.report["id"])


def configuration(settings: Settings, application: Application) -> dict[str, Any]:
    """Everything that can change an answer: settings without places, secrets and resources; model, chunker, tokenizer."""
    configured = settings.model_dump(mode="json", exclude=set(_ELSEWHERE & set(type(settings).model_fields)))
    plain: dict[str, Any] = _without_secrets(configured)
    plain.get("profiles", {}).pop(DEFAULT_PROFILE, None)  # the plain settings once more
    return plain | {"generation": application.wanted}


def fingerprint(configured: dict[str, Any]) -> str:
    """12 hex digits; equal ones mean the same configuration."""
    return sha256(orjson.dumps(configured, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def library_digest(application: Application) -> str:
    """Identity of the documents that were asked."""
    live = select(documents.c.id, documents.c.content_hash).where(documents.c.state == "live").order_by(documents.c.id)
    digest = sha256()
    with application.ledger.engine.connect() as conn:
        for key, content in conn.execute(live):
            digest.update(f"{key}\0{content}\n".encode())
    return digest.hexdigest()[:16]


def program() -> dict[str, Any]:
    """Versions of what measured."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "absent"
    return {"xiansou": build(), "packages": packages}


def keep(root: Path, report: dict[str, Any], questions: Sequence[Scored]) -> Path:
    """Writes a run below `root` and returns its folder; `report` gets `id`. The figures are written last: no run is half."""
    at = time.strftime("%Y%m%d-%H%M%S", time.gmtime(report["started_at"]))
    base = f"{at}-{_safe(report['suite'])}-{report['fingerprint'][:6]}"
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        name = base if number == 1 else f"{base}-{number}"
        try:
            (root / name).mkdir()
            break
        except FileExistsError:
            continue
    folder = root / name
    report["id"] = name
    (folder / "questions.jsonl").write_bytes(b"".join(orjson.dumps(asdict(row)) + b"\n" for row in questions))
    (folder / "run.json.part").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    (folder / "run.json.part").rename(folder / "run.json")
    return folder


def every(root: Path) -> list[dict[str, Any]]:
    """Figures of all kept runs, oldest first; unreadable ones are left out."""
    runs = []
    for file in sorted(root.glob("*/run.json")):
        try:
            runs.append(orjson.loads(file.read_bytes()))
        except (OSError, orjson.JSONDecodeError):
            continue
    return sorted(runs, key=lambda run: (run["started_at"], run["id"]))


def find(root: Path, name: str) -> Kept:
    """A run by its id, the start of one, its folder, `latest` or `latest~1` (the one before). Raises InputError."""
    if (Path(name) / "run.json").is_file():
        return load(Path(name))
    runs = [run["id"] for run in every(root)]
    if name == "latest" or name.startswith("latest~"):
        back = name.removeprefix("latest").removeprefix("~") or "0"
        if back.isdigit() and int(back) < len(runs):
            return load(root / runs[-1 - int(back)])
    chosen = [key for key in runs if key.startswith(name)]
    if name in runs:
        chosen = [name]
    if len(chosen) != 1:
        many = f"{len(chosen)} runs begin with {name!r}" if chosen else f"there is no run {name!r} in {root}"
        raise InputError(f"{many}.", field="RUN", fix="`xiansou eval list` shows them; `latest` and `latest~1` work too.")
    return load(root / chosen[0])


def load(folder: Path) -> Kept:
    """Raises ConfigError for a folder that holds no whole run."""
    try:
        stored = orjson.loads((folder / "run.json").read_bytes())
        lines = (folder / "questions.jsonl").read_bytes().splitlines()
        return Kept(folder, stored, [Scored.from_dict(orjson.loads(line)) for line in lines if line])
    except (OSError, orjson.JSONDecodeError, TypeError, KeyError) as exc:
        raise ConfigError(f"the run cannot be read: {exc}.", field=str(folder), fix="Run the suite again.") from exc


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _digest(inner) if key == "options" else _without_secrets(inner)
            for key, inner in value.items()
            if key not in _NOT_BEHAVIOUR and not (isinstance(inner, str) and _secret(key))
        }
    return value


def _digest(value: Any) -> str:
    """Of what a backend is told besides: any of it may be secret."""
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()[:12]


def _secret(key: str) -> bool:
    return key.lower().endswith(_SECRET)


def _safe(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in name)[:40]
