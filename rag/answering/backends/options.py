"""What stands in `[generator.options]`, checked by name, and libraries that an optional extra brings."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Sequence
from typing import Any

from rag.domain.sampling import Sampling
from rag.errors import ConfigError
from rag.settings.generator import Generator as GeneratorSettings


def checked(settings: GeneratorSettings, known: Sequence[str], needed: Sequence[str] = ()) -> dict[str, Any]:
    """The options. Raises ConfigError for one that this kind of backend does not have, or that it needs."""
    for name in settings.options:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            fix = f"Did you mean `{near[0]}`?" if near else f"`{settings.kind}` takes: {', '.join(known) or 'none'}."
            raise ConfigError(f"unknown setting `generator.options.{name}`.", field=f"generator.options.{name}", fix=fix)
    for name in needed:
        if not settings.options.get(name):
            raise ConfigError(
                f'kind = "{settings.kind}" needs `generator.options.{name}`.',
                field=f"generator.options.{name}",
                fix="Set it below [generator.options].",
            )
    return dict(settings.options)


def settled(settings: GeneratorSettings, wish: Sampling) -> GeneratorSettings:
    """The settings with what one request wishes. `max_tokens` stays within the settings' own.

    Who changes `temperature` does not get the settings' `top_p` on top of it, and the other way round: both together are
    refused everywhere else.
    """
    given = {name: getattr(wish, name) for name in ("temperature", "top_p", "presence_penalty")}
    given = {name: value for name, value in given.items() if value is not None}
    if given.get("temperature"):
        given.setdefault("top_p", 1.0)
    elif given.get("top_p", 1.0) != 1.0:
        given.setdefault("temperature", 0.0)
    if wish.max_tokens is not None:
        given["max_tokens"] = min(wish.max_tokens, settings.max_tokens)
    return settings.model_copy(update=given)


def library(module: str, settings: GeneratorSettings, extra: str) -> Any:
    """Imports a module of an optional extra. Raises ConfigError naming the extra."""
    try:
        return importlib.import_module(module)
    except ImportError as exc:
        raise ConfigError(
            f'kind = "{settings.kind}" needs the module `{module}`, which is not installed: {exc}.',
            field="generator.kind",
            fix=f"Install the optional extra: pip install 'xiansou[{extra}]'.",
        ) from exc
