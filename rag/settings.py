"""Settings: `xiansou.toml`, then environment `XIANSOU__SECTION__KEY`, then the command line. Unknown keys are refused."""

from __future__ import annotations

import difflib
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from rag.errors import ConfigError

ENV_PREFIX = "XIANSOU__"
DEFAULT_FILE = "xiansou.toml"
_NOT_SHOWN = ("generator", "generator.api_key")  # a secret never stands in an error


class Section(BaseModel):
    """Base of all sections: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Server(Section):
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the HTTP service.")
    processes: int = Field(1, ge=1, le=64, description="API processes.")
    workers: int = Field(1, ge=0, le=64, description="Ingest workers that `xiansou serve` starts beside the API.")


class Database(Section):
    url: str = Field("", description="SQLAlchemy URL of the ledger; empty: SQLite in `data_dir`.")


class Redis(Section):
    url: str = Field("", description="URL of a Redis or Valkey; empty: an embedded Valkey below `data_dir`.")


class Embedding(Section):
    model: str = Field("multilingual-e5-small", description="Name, hub id or path of the embedding model.")
    folder: str = Field(
        "", description="Where prepared models are kept; empty: where `make setup` put them, else below `data_dir`."
    )
    threads: int = Field(0, ge=0, le=256, description="Threads of the embedder in each process; 0: one per usable core.")


class Generator(Section):
    kind: Literal["extractive", "openai"] = Field(
        "extractive", description="`extractive` quotes the documents without an LLM; `openai` is any compatible server."
    )
    base_url: str = Field("", description="Base URL of the OpenAI-compatible server, e.g. `http://127.0.0.1:11434/v1`.")
    model: str = Field("", description="Model name sent to that server.")
    api_key: SecretStr = Field(SecretStr(""), description="Key sent to that server; better set by the environment.")
    temperature: float = Field(0.0, ge=0, le=1, description="0 for question answering; up to 1.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus sampling; change it or `temperature`, not both.")
    presence_penalty: float = Field(0.0, ge=-2, le=2, description="Sent to the server as it is.")
    max_tokens: int = Field(1024, ge=1, le=32768, description="Longest answer, in the server's tokens.")
    context_tokens: int = Field(4096, ge=512, description="Room for prompt and answer in the server's model.")
    system: str = Field("", description="Persona: text put before the rules of the prompt.")
    timeout_s: float = Field(30.0, gt=0, le=600, description="Deadline of one answer, in seconds.")

    @model_validator(mode="after")
    def _one_randomness(self) -> Generator:
        if self.temperature != 0.0 and self.top_p != 1.0:
            raise ValueError("change `temperature` or `top_p`, not both: their effects on randomness multiply")
        if self.kind == "openai" and not (self.base_url and self.model):
            raise ValueError('kind = "openai" needs `base_url` and `model`')
        return self


class Retrieval(Section):
    top_k: int = Field(5, ge=1, le=100, description="Passages given to the generator.")
    candidates: int = Field(50, ge=10, le=1000, description="Passages that each of dense and BM25 search proposes.")


class AnswerSettings(Section):
    max_wrong_rate: float = Field(
        0.9, gt=0, le=1, description="Answer only when the best passage is wrong with at most this probability."
    )
    max_sentences: int = Field(5, ge=1, le=20, description="Longest extractive answer, in quoted sentences.")


class Ingest(Section):
    max_bytes: int = Field(50_000_000, ge=1, description="Larger files are refused.")
    chunk_tokens: int = Field(256, ge=64, le=480, description="Longest passage, in the embedding model's tokens.")
    wait_s: float = Field(60.0, gt=0, description="Longest wait of a write with `wait=visible` before it answers 202.")


class Reindex(Section):
    suite: str = Field("", description="Suite file whose thresholds a new generation must reach before it goes live.")


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity that is written.")
    json_lines: bool = Field(False, description="One JSON object a line instead of readable lines.")


class Settings(Section):
    """All settings. `data_dir` holds everything the service writes."""

    data_dir: Path = Field(Path("data"), description="Everything the service writes is below it.")
    server: Server = Server()
    database: Database = Database()
    redis: Redis = Redis()
    embedding: Embedding = Embedding()
    generator: Generator = Generator()
    retrieval: Retrieval = Retrieval()
    answer: AnswerSettings = AnswerSettings()
    ingest: Ingest = Ingest()
    reindex: Reindex = Reindex()
    log: Log = Log()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir.resolve() / 'ledger.db'}"

    @property
    def model_folder(self) -> Path:
        """`embedding.folder`; else the one that `make setup` filled beside the interpreter; else below `data_dir`."""
        if self.embedding.folder:
            return Path(self.embedding.folder)
        beside = Path(sys.prefix) / "models"
        return beside if beside.is_dir() else self.data_dir / "models"


def load(
    file: Path | None = None, env: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Reads settings. `file` None: `xiansou.toml` in the working directory when there is one.

    `overrides` are dotted keys, e.g. `{"server.port": 9000}`. Raises ConfigError that names the key and the fix.
    """
    values = _read(file)
    for name, text in sorted((os.environ if env is None else env).items()):
        if name.startswith(ENV_PREFIX):
            _put(values, name.removeprefix(ENV_PREFIX).lower().split("__"), text)
    for key, value in (overrides or {}).items():
        if value is not None:
            _put(values, key.split("."), value)
    try:
        return Settings.model_validate(values)
    except ValidationError as exc:
        raise _explain(exc) from exc


def describe() -> list[tuple[str, str, str]]:
    """(dotted key, default as TOML-like text, description) of every setting, in order."""
    rows = []
    for name, info in Settings.model_fields.items():
        if isinstance(info.default, Section):
            for key, inner in type(info.default).model_fields.items():
                rows.append((f"{name}.{key}", _toml(inner.default), inner.description or ""))
        else:
            rows.append((name, _toml(info.default), info.description or ""))
    return rows


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, SecretStr):
        return '""'
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def _read(file: Path | None) -> dict[str, Any]:
    path = file or Path(DEFAULT_FILE)
    if file is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot read {path}: {exc}", field="--config", fix="Name a readable TOML file.") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path} is not valid TOML: {exc}", field=str(path), fix="Correct that line.") from exc


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    at = values
    for part in path[:-1]:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            raise ConfigError(f"{'.'.join(path)}: {part} is not a section", field=".".join(path))
    at[path[-1]] = value


def _explain(exc: ValidationError) -> ConfigError:
    """One sentence about the first fault, with the nearest valid key for an unknown one."""
    fault = exc.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, [row[0] for row in describe()], n=1, cutoff=0.4)
        hint = f"Did you mean `{near[0]}`?" if near else "See xiansou.example.toml for all settings."
        return ConfigError(f"unknown setting `{key}`.", field=key, fix=hint)
    message = fault["msg"].removeprefix("Value error, ")
    return ConfigError(
        f"setting `{key}`: {message}.", field=key, fix=None if key in _NOT_SHOWN else f"It is {fault['input']!r} now."
    )
