"""Settings: `xiansou.toml`, then environment `XIANSOU__SECTION__KEY`, then the command line. Unknown keys are refused."""

from __future__ import annotations

import difflib
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError

from rag.errors import ConfigError
from rag.settings.parsing import Parsing
from rag.settings.sections import (
    AnswerSettings,
    Database,
    Embedding,
    Generator,
    Ingest,
    Log,
    Redis,
    Reindex,
    Retrieval,
    Section,
    Server,
)

ENV_PREFIX = "XIANSOU__"
DEFAULT_FILE = "xiansou.toml"
_NOT_SHOWN = ("generator", "generator.api_key")  # a secret never stands in an error


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
    parsing: Parsing = Parsing()
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
