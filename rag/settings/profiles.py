"""Assistant profiles: `[profiles.NAME]` is the plain settings with what that assistant does otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from rag.domain.kinds import Intent, Language, Reason
from rag.settings.generator import Generator
from rag.settings.sections import AnswerSettings, Retrieval, Section, Unsupported

DEFAULT_PROFILE = "xiansou"

# Keys of a profile that stand for keys of its generator, so that a small profile stays flat.
_SHORT = {"backend": "kind", "persona": "system", "deadline_s": "timeout_s"} | {
    name: name for name in ("model", "system", "temperature", "top_p", "presence_penalty", "max_tokens", "fallback", "condense")
}
_CONNECTION = ("kind", "base_url", "model", "api_key", "options")  # a key must not travel to another server
_INHERITED = {"top_k": "retrieval", "max_wrong_rate": "answer", "max_sentences": "answer", "unsupported": "answer"}
_NAME = re.compile(r"[^\s/\\]{1,64}")


class Profile(Section):
    """One assistant, complete: what a profile does not name is as in the plain settings."""

    description: str = Field("", description="What this assistant is for; shown in lists of models.")
    generator: Generator = Field(
        Generator(),
        description="Backend and its settings. Where `kind` or `base_url` is given, no plain connection setting is taken over.",
    )
    language: Language | None = Field(None, description="Language of the answers; default: the question's own.")
    collection: str | None = Field(None, description="Collection that is searched when the question names none.")
    top_k: int = Field(Retrieval().top_k, ge=1, le=100, description="As `retrieval.top_k`.")
    max_wrong_rate: float = Field(AnswerSettings().max_wrong_rate, gt=0, le=1, description="As `answer.max_wrong_rate`.")
    max_sentences: int = Field(AnswerSettings().max_sentences, ge=1, le=20, description="As `answer.max_sentences`.")
    unsupported: Unsupported = Field(AnswerSettings().unsupported, description="As `answer.unsupported`.")
    refusals: dict[Reason, str] = Field({}, description="Texts of refusals in this assistant's voice, by reason.")
    replies: dict[Intent, str] = Field(
        {}, description="Texts for messages that are not searched, by intent (`greeting`, `person` and so on)."
    )


def complete(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Raw values of all profiles, the default one first, each completed from the raw plain settings.

    None where the plain sections are no tables: their own error says it better.
    """
    plain = {name: _raw(values.get(name, {})) for name in ("generator", "retrieval", "answer")}
    given = values.get("profiles", {})
    if not isinstance(given, Mapping) or any(section is None for section in plain.values()):
        return None
    given = {DEFAULT_PROFILE: {}, **given}
    return {name: _complete(raw, plain) for name, raw in given.items()}


def check_name(name: str) -> None:
    """Raises ValueError for what cannot be a profile's name."""
    if not _NAME.fullmatch(name) or name == "extractive":
        raise ValueError("a profile's name has 1 to 64 characters, no spaces or slashes, and is not `extractive`")


def profile_rows() -> list[tuple[str, str]]:
    """(key, meaning) of what `[profiles.NAME]` takes, in order."""
    rows = [(name, info.description or "") for name, info in Profile.model_fields.items()]
    return rows + [(name, f"Short for `generator.{key}`.") for name, key in _SHORT.items()]


def _complete(raw: Any, plain: Mapping[str, Any]) -> Any:
    given = _raw(raw)
    if given is None:
        return raw
    own = _raw(given.pop("generator", {}))
    if own is None:
        return raw
    own |= {key: given.pop(name) for name, key in _SHORT.items() if name in given}
    keep = dict(plain["generator"])
    if "kind" in own or "base_url" in own:
        keep = {key: value for key, value in keep.items() if key not in _CONNECTION}
    inherited = {key: plain[section][key] for key, section in _INHERITED.items() if key in plain[section]}
    return {**inherited, **given, "generator": keep | own}


def _raw(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Section):
        return {name: getattr(value, name) for name in value.model_fields_set}
    return dict(value) if isinstance(value, Mapping) else None
