"""Settings: `xiansou.toml`, then environment `XIANSOU__SECTION__KEY`, then the command line. Unknown keys are refused."""

from __future__ import annotations

import difflib
import json
import os
import sys
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from rag.errors import ConfigError, InputError
from rag.settings.audit import Audit
from rag.settings.generator import Generator
from rag.settings.handoff import HandoffSettings
from rag.settings.limits import Limits
from rag.settings.memory import Answers, Cache, Conversation
from rag.settings.parsing import Parsing
from rag.settings.profiles import DEFAULT_PROFILE, Profile, check_name, complete, profile_rows
from rag.settings.sections import (
    AnswerSettings,
    Backup,
    Database,
    Embedding,
    Index,
    Ingest,
    Log,
    Redis,
    Reindex,
    Retrieval,
    Section,
    Server,
)
from rag.settings.sources import Sources
from rag.settings.sso import Sso

ENV_PREFIX = "XIANSOU__"
_MISSPELT = "XIANSOU_"  # with two more underscores further on: meant as a setting
DEFAULT_FILE = "xiansou.toml"
_NOT_SHOWN = ("generator", "api_key", "secret", "options")  # last parts of keys whose values may be secrets: never in an error


class Settings(Section):
    """All settings. `data_dir` holds everything the service writes."""

    data_dir: Path = Field(Path("data"), description="Everything the service writes is below it.")
    server: Server = Server()
    sso: Sso = Sso()
    limits: Limits = Limits()
    audit: Audit = Audit()
    database: Database = Database()
    index: Index = Index()
    redis: Redis = Redis()
    embedding: Embedding = Embedding()
    generator: Generator = Generator()
    retrieval: Retrieval = Retrieval()
    answer: AnswerSettings = AnswerSettings()
    conversation: Conversation = Conversation()
    handoff: HandoffSettings = HandoffSettings()
    cache: Cache = Cache()
    answers: Answers = Answers()
    ingest: Ingest = Ingest()
    parsing: Parsing = Parsing()
    sources: Sources = Sources()
    reindex: Reindex = Reindex()
    backup: Backup = Backup()
    log: Log = Log()
    profiles: dict[str, Profile] = Field({DEFAULT_PROFILE: Profile()}, description="Assistants by name.")

    @model_validator(mode="before")
    @classmethod
    def _complete_profiles(cls, values: Any) -> Any:
        profiles = complete(values) if isinstance(values, Mapping) else None
        return values if profiles is None else {**values, "profiles": profiles}

    @field_validator("profiles", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        for name in value if isinstance(value, Mapping) else ():
            check_name(name)
        return value

    def profile(self, name: str | None) -> Profile:
        """By name; None: the default one. Raises InputError naming `profile` and the nearest one."""
        wanted = name or DEFAULT_PROFILE
        if wanted in self.profiles:
            return self.profiles[wanted]
        near = difflib.get_close_matches(wanted, self.profiles, n=1, cutoff=0.4) or [DEFAULT_PROFILE]
        fix = f"Did you mean `{near[0]}`?" if near[0] != DEFAULT_PROFILE else f"There is: {', '.join(self.profiles)}."
        raise InputError(f"there is no profile `{wanted}`.", field="profile", fix=fix)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir.resolve() / 'ledger.db'}"

    @property
    def ledger_file(self) -> Path | None:
        """The ledger's file; None where a server keeps it."""
        return None if self.database.url else self.data_dir / "ledger.db"

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
        if name.startswith(_MISSPELT) and "__" in name and not name.startswith(ENV_PREFIX):
            right = ENV_PREFIX + name.removeprefix(_MISSPELT)
            raise ConfigError(f"`{name}` in the environment is no setting.", field=name, fix=f"Did you mean `{right}`?")
        if name.startswith(ENV_PREFIX):
            _put(values, name.removeprefix(ENV_PREFIX).lower().split("__"), _from_environment(text))
    for key, value in (overrides or {}).items():
        if value is not None:
            _put(values, key.split("."), value)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as exc:
        raise _explain(exc) from exc
    _check_fallbacks(settings)
    return settings


def file_of(file: Path | None) -> Path | None:
    """The settings file that `load(file)` reads; None: there is none."""
    path = file or Path(DEFAULT_FILE)
    return path if path.is_file() else None


def _check_fallbacks(settings: Settings) -> None:
    for name, profile in settings.profiles.items():
        for other in profile.generator.fallback:
            if other != "extractive" and other not in settings.profiles:
                field = "generator.fallback" if name == DEFAULT_PROFILE else f"profiles.{name}.generator.fallback"
                raise ConfigError(
                    f"setting `{field}`: there is no profile `{other}`.", field=field, fix="Name a profile, or `extractive`."
                )


def describe() -> list[tuple[str, str, str]]:
    """(dotted key, default as TOML-like text, description) of every setting, in order."""
    rows = []
    for name, info in Settings.model_fields.items():
        if name == "profiles":
            continue  # `profile_rows` tells what stands in one
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
    if isinstance(value, list | dict):
        return json.dumps(value)
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


def _from_environment(text: str) -> Any:
    """Lists and tables are written as JSON; all else is text, which the setting's type reads."""
    if text[:1] in ("[", "{"):
        with suppress(ValueError):
            return json.loads(text)
    return text


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    at = values
    for part in path[:-1]:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            raise ConfigError(f"{'.'.join(path)}: {part} is not a section", field=".".join(path))
    at[path[-1]] = value


def _explain(exc: ValidationError) -> ConfigError:
    """One sentence about the first fault, with the nearest valid key for an unknown one."""
    fault = min(exc.errors(), key=lambda error: error["loc"][:1] == ("profiles",))  # plain settings are part of every profile
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, _known_keys(fault["loc"]), n=1, cutoff=0.4)
        hint = f"Did you mean `{near[0]}`?" if near else "See xiansou.example.toml for all settings."
        return ConfigError(f"unknown setting `{key}`.", field=key, fix=hint)
    message = fault["msg"].removeprefix("Value error, ")
    return ConfigError(
        f"setting `{key}`: {message}.",
        field=key,
        fix=None if _may_be_secret(fault["loc"]) else f"It is {fault['input']!r} now.",
    )


def _known_keys(place: tuple[int | str, ...]) -> list[str]:
    keys = [row[0] for row in describe()]
    if place[0] != "profiles":
        return keys
    inner = [name for name, _ in profile_rows()] + [key for key in keys if key.startswith("generator.")]
    return [f"profiles.{place[1]}.{name}" for name in inner]


def _may_be_secret(place: tuple[int | str, ...]) -> bool:
    """Whether a value could hold a key: one itself, or a section with one in it."""
    return place[-1] in _NOT_SHOWN or "options" in place or (place[0] == "profiles" and len(place) < 3)
