"""Several hosts on one machine: network namespaces joined by a switch whose ports can be cut, slowed and healed.

Nothing outlives the test: a namespace lives as long as the process that holds it, and that ends with ours.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from rag.runtime.processes import spawn_tied

_TOOLS = ("ip", "tc", "unshare", "nsenter", "setpriv")


class Host:
    """A machine of its own as far as the network goes; it shares files and processors with the others."""

    def __init__(self, name: str, number: int, switch: _Space):
        self.name, self.address, self._port, self._switch = name, f"10.77.0.{number}", f"p{number}", switch
        self._space = _Space()
        ends = ["type", "veth", "peer", "name", "eth0", "netns", str(self._space.pid)]
        _run(["ip", "link", "add", self._port, "netns", str(switch.pid), *ends])
        for one in ("lo", "eth0"):
            self._space.run("ip", "link", "set", one, "up")
        self._space.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        switch.run("ip", "link", "set", self._port, "master", "br0", "up")

    @property
    def namespace(self) -> str:
        """A path for setns(2)."""
        return f"/proc/{self._space.pid}/ns/net"

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """A process of this host, which ends with ours."""
        return spawn_tied([*self._space.inside, *command], **options)

    def cut(self) -> None:
        """The switch drops what comes and goes, and nobody is told: no reset, no link that is down."""
        self._switch.run("ip", "link", "set", self._port, "nomaster")

    def slow(self, rate: str = "100kbit") -> None:
        """Both ways; what does not fit waits, up to two seconds."""
        for space, device in ((self._switch, self._port), (self._space, "eth0")):
            space.run("tc", "qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, "burst", "2kb", "latency", "2s")

    def heal(self) -> None:
        self._switch.run("ip", "link", "set", self._port, "master", "br0", "up")
        for space, device in ((self._switch, self._port), (self._space, "eth0")):
            space.run("tc", "qdisc", "del", "dev", device, "root", check=False)

    def end(self) -> None:
        self._space.end()


@contextmanager
def network() -> Iterator[Network]:
    """Skips where this user, or this machine, may not make network namespaces."""
    lacking = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    try:
        made = Network()
    except (OSError, subprocess.CalledProcessError) as exc:
        pytest.skip(f"no network namespaces here: {exc}")
    try:
        yield made
    finally:
        made.end()


class Network:
    """A switch and the hosts at it."""

    def __init__(self) -> None:
        self._switch = _Space()
        self._switch.run("ip", "link", "add", "br0", "type", "bridge")
        self._switch.run("ip", "link", "set", "br0", "up")
        self.hosts: list[Host] = []

    def host(self, name: str) -> Host:
        self.hosts.append(Host(name, len(self.hosts) + 1, self._switch))
        return self.hosts[-1]

    def heal(self) -> None:
        for host in self.hosts:
            host.heal()

    def end(self) -> None:
        for one in (*self.hosts, self._switch):
            one.end()


class _Space:
    """A network namespace, held by a process that sleeps."""

    def __init__(self) -> None:
        said = subprocess.PIPE
        command = ["/usr/bin/env", "unshare", "--net", "sh", "-c", "echo there; exec sleep infinity"]
        self._holder = spawn_tied(command, stdout=said, stderr=said)
        assert self._holder.stdout and self._holder.stderr
        if self._holder.stdout.readline() != b"there\n":
            raise OSError(self._holder.stderr.read().decode().strip())
        self.pid = self._holder.pid
        self.inside = ["/usr/bin/env", "nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]

    def run(self, *command: str, check: bool = True) -> None:
        _run([*self.inside, *command], check=check)

    def end(self) -> None:
        self._holder.send_signal(signal.SIGKILL)
        self._holder.wait()
        for pipe in (self._holder.stdout, self._holder.stderr):
            if pipe is not None:
                pipe.close()


def _run(command: Sequence[str], *, check: bool = True) -> None:
    subprocess.run(command, check=check, capture_output=True, timeout=20)
