"""Which addresses sources may reach, and that a connection goes to the address that was checked."""

from __future__ import annotations

import ipaddress
import socket

import httpcore
import pytest

from ingest.connectors.addresses import PinnedBackend, Refused, checked, is_public
from rag.errors import UpstreamError


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 "
    "fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 2002:7f00:1::".split(),
)
def test_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    with pytest.raises(Refused) as refused:
        checked("h", 80, allow_private=False, resolver=lambda *_: ["93.184.215.14", "10.0.0.1"])
    assert refused.value.field == "sources.allow_private"
    assert checked("h", 80, allow_private=True, resolver=lambda *_: ["10.0.0.1"]) == ["10.0.0.1"]
    with pytest.raises(UpstreamError):
        checked("no.such.host.invalid", 80, allow_private=False)


def test_names_are_resolved_once_a_connection_and_the_checked_address_is_used() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with socket.create_server(("127.0.0.1", 0)) as server:
        backend = PinnedBackend(allow_private=True, resolver=rebinding)
        stream = backend.connect_tcp("docs.example.com", server.getsockname()[1], timeout=5)
        assert stream.get_extra_info("server_addr") == server.getsockname()
        stream.close()
    assert asked == ["docs.example.com"]
    with pytest.raises(Refused):
        PinnedBackend(allow_private=False, resolver=rebinding).connect_tcp("docs.example.com", 80)
    with pytest.raises(Refused):
        backend.connect_unix_socket("/run/docker.sock")
    with pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("docs.example.com", 9, timeout=5)
