"""Where a request comes from: the peer, or what a trusted proxy says; and whether it is this machine's own user."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from rag.settings.access import networks

_SHAPES = {
    "proto": re.compile("https?"),
    "host": re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"),
    "prefix": re.compile(r"/[A-Za-z0-9._~/-]*"),
}
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host", "x-forwarded-proto")


@dataclass(frozen=True, slots=True)
class Peer:
    """`address`: None when the server does not know it. `local`: a program of this machine's user, no web page, no proxy."""

    address: str | None
    local: bool


class Peers:
    """Tells peers apart. `trusted_proxies`: addresses and networks, with commas between."""

    def __init__(self, trusted_proxies: str):
        self._trusted = networks(trusted_proxies)

    def peer(self, scope: Scope) -> Peer:
        """Forwarding headers count only from a trusted proxy; from anyone else they mean that it is not local.

        Loopback alone is not enough to be local. A reverse proxy on this machine brings the world (it adds forwarding
        headers); a web page in the user's browser can send requests here (it has a foreign `Origin`), and by DNS
        rebinding read the replies too (then the name in `Host` is its own).
        """
        headers, client = Headers(scope=scope), scope.get("client")
        address = client[0] if client else None
        if address is not None and self._is_trusted(address):
            return Peer(self._behind(headers.getlist("x-forwarded-for"), address), False)
        loopback = address is not None and _is_loopback(address)
        forwarded = any(name in headers for name in _FORWARDED)
        return Peer(address, loopback and not forwarded and _own_host(headers) and _own_origin(headers))

    def address(self, scope: Scope) -> str:
        """At which the caller reached the service, without a slash at the end; what a trusted proxy says goes before `Host`."""
        headers, client = Headers(scope=scope), scope.get("client")
        values = {"proto": scope.get("scheme", "http"), "host": headers.get("host", ""), "prefix": scope.get("root_path", "")}
        if client and self._is_trusted(client[0]):
            for name, shape in _SHAPES.items():
                said = headers.get(f"x-forwarded-{name}", "").rpartition(",")[2].strip()  # by the nearest proxy
                if shape.fullmatch(said):
                    values[name] = said
        if not _SHAPES["host"].fullmatch(values["host"]):
            server = scope.get("server") or ("127.0.0.1", None)
            values["host"] = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
        return f"{values['proto']}://{values['host']}{values['prefix'].rstrip('/')}"

    def _is_trusted(self, address: str) -> bool:
        ip = _parsed(address)
        return ip is not None and any(ip in network for network in self._trusted if network.version == ip.version)

    def _behind(self, header_lines: list[str], proxy: str) -> str | None:
        """The nearest address that is no trusted proxy: those before it are only what that one claims."""
        hops = [hop.strip() for line in header_lines for hop in line.split(",") if hop.strip()]
        for hop in reversed(hops):
            ip = _parsed(hop)
            if ip is None:
                return proxy  # not an address: nothing before it can be believed
            if not self._is_trusted(str(ip)):
                return str(ip)
        return proxy


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = address.strip("[]").partition("%")[0]
    if bare.count(":") == 1:  # IPv4 with a port, as some proxies write
        bare = bare.partition(":")[0]
    try:
        ip = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _is_loopback(address: str) -> bool:
    ip = _parsed(address)
    return ip is not None and ip.is_loopback


def _own_host(headers: Headers) -> bool:
    return _is_own_name(urlsplit(f"//{headers.get('host', '')}").hostname)


def _own_origin(headers: Headers) -> bool:
    """A page that this service itself serves, or no page at all."""
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _is_own_name(name: str | None) -> bool:
    """Loopback, or a name without a dot: nobody outside can make one that leads here."""
    return bool(name) and (_is_loopback(name or "") or ("." not in (name or "") and ":" not in (name or "")))
