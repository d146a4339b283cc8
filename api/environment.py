"""Settings as environment variables: how the supervisor tells its children theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, SecretStr


def flat(section: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    """All settings as environment variables, the default ones too, so that a child can read no others."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        key = f"{prefix}{name.upper()}"
        if isinstance(value, BaseModel):
            yield from flat(value, f"{key}__")
        elif isinstance(value, Mapping | list | tuple):
            yield key, orjson.dumps(_plain(value)).decode()
        elif value is not None:
            yield key, str(_plain(value))


def _plain(value: Any) -> Any:
    """As JSON knows it, secrets too: a child is told what its parent was told."""
    match value:
        case BaseModel():
            return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value.resolve())
    return value
