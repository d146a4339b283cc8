"""Who may call: loopback, proxies in front."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def _joined(value: Any) -> Any:
    """A TOML list is as good as one text with commas, which is what the environment can hold."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _networks(text: str) -> str:
    networks(text)
    return text


Names = Annotated[str, BeforeValidator(_joined)]  # several names in one text, with commas between
Networks = Annotated[str, BeforeValidator(_joined), AfterValidator(_networks)]


def split(names: str) -> tuple[str, ...]:
    """The names of a setting that holds several."""
    return tuple(name for part in names.split(",") if (name := part.strip()))


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks of a setting. Raises ValueError naming the wrong one."""
    return tuple(ipaddress.ip_network(name, strict=False) for name in split(text))
