"""Addresses that a source may reach: resolved once, checked, and connected to as checked.

Whoever can put a link into a source must not reach the machines behind our firewall with it (SSRF). A name that resolves
to a public address at the check and to a private one at the connection is no way round: the connection uses the address
that was checked. Redirects come through here again.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from rag.errors import UpstreamError

Resolve = Callable[[str, int], Sequence[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(UpstreamError):
    """An address that sources may not reach."""

    code = "private_address"


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host. Raises UpstreamError."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise UpstreamError(f"{host} cannot be resolved: {exc}.", code="unreachable", fix="Check the name.") from exc
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in entries))


def checked(host: str, port: int, *, allow_private: bool, resolver: Resolve = resolve) -> list[str]:
    """The host's addresses, all of them public. Raises UpstreamError; `private_address` when one is not."""
    addresses = list(resolver(host, port))
    if not addresses:
        raise UpstreamError(f"{host} has no address.", code="unreachable")
    for text in addresses if not allow_private else ():
        if not is_public(ipaddress.ip_address(text)):
            raise Refused(
                f"{host} is at {text}, which is not a public address.",
                field="sources.allow_private",
                fix="Set it to true if that is meant.",
            )
    return addresses


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also when it wraps one of IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


class PinnedBackend(httpcore.SyncBackend):
    """Connects by checked addresses only. TLS still verifies the name."""

    def __init__(self, *, allow_private: bool, resolver: Resolve = resolve):
        self._allow_private, self._resolver = allow_private, resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = checked(host, port, allow_private=self._allow_private, resolver=self._resolver)
        for number, address in enumerate(addresses):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.NetworkError:
                if number + 1 == len(addresses):
                    raise
        raise AssertionError("there is an address")

    def connect_unix_socket(self, *options: Any, **more: Any) -> httpcore.NetworkStream:
        raise Refused("sources reach no local sockets.")
