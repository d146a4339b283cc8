"""Where a request comes from: forwarding headers count only from a trusted proxy, and loopback is not always local."""

from __future__ import annotations

import pytest

from api.auth_peer import Peer, Peers
from rag.errors import ConfigError
from rag.settings import load


def peer(trusted: str, client: str | None, **headers: str) -> Peer:
    told = {"host": "localhost:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    return Peers(trusted).peer({"type": "http", "headers": raw, "client": (client, 1) if client else None})


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_programs_of_this_machine_are_local(client: str) -> None:
    assert peer("", client) == Peer(client, True)
    assert peer("", client, origin="http://localhost:8000").local  # a page that this service serves itself


@pytest.mark.parametrize("client", ["192.0.2.1", "2001:db8::1", "0.0.0.0", "10.0.0.1", "testclient", None])
def test_nobody_else_is(client: str | None) -> None:
    assert peer("", client) == Peer(client, False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:8000", "xiansou", "test"])
def test_hosts_that_lead_here_only(host: str) -> None:
    assert peer("", "127.0.0.1", host=host).local


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.nip.example:8000", "localhost.evil.example", "", "[::2]"])
def test_hosts_that_a_stranger_can_point_here(host: str) -> None:
    assert not peer("", "127.0.0.1", host=host).local


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "via"])
def test_a_proxy_that_is_not_trusted_is_neither_local_nor_believed(header: str) -> None:
    assert peer("", "127.0.0.1", **{header: "127.0.0.1"}) == Peer("127.0.0.1", False)
    assert peer("10.0.0.0/8", "192.0.2.1", **{header: "203.0.113.5"}) == Peer("192.0.2.1", False)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("1.1.1.1, 203.0.113.5", "203.0.113.5"),  # what stands before it the client wrote itself
        ("203.0.113.5, 10.0.0.7", "203.0.113.5"),  # through two proxies of ours
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8::5", "2001:db8::5"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("nonsense", "10.1.2.3"),
        ("203.0.113.5, nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
    ],
)
def test_a_trusted_proxy_is_believed_about_the_nearest_address(told: str, address: str) -> None:
    assert peer("10.0.0.0/8", "10.1.2.3", x_forwarded_for=told) == Peer(address, False)


def test_trusted_proxies_are_checked_when_settings_are_read() -> None:
    assert load(env={"XIANSOU__SERVER__TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).server.trusted_proxies == "10.0.0.0/8, ::1"
    with pytest.raises(ConfigError, match="trusted_proxies"):
        load(env={"XIANSOU__SERVER__TRUSTED_PROXIES": "everyone"})
