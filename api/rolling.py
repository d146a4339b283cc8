"""A restart without a gap: each process is replaced only when its successor serves, then answers what it has begun."""

from __future__ import annotations

import signal
import threading
import time

import structlog

from api.child import Child

log = structlog.get_logger()


def roll(children: list[Child], stop: threading.Event, hurry: threading.Event, *, ready_s: float, drain_s: float) -> bool:
    """Replaces every child in its place in the list, one after the other. False: one did not come up, or `stop` was set.
    `hurry`: predecessors are not given the time to end in order.

    A successor that does not serve within `ready_s` is ended; its predecessor and those after it stay as they are.
    """
    for place, old in enumerate(children):
        new = old.successor()
        new.start()
        if old.essential and not _await(new, stop, ready_s):
            new.kill()
            log.error("the new process does not come up; the running ones go on", child=old.name)
            return False
        children[place] = new
        _retire(old, hurry, drain_s)
    log.info("all processes were replaced")
    return True


def _await(new: Child, stop: threading.Event, ready_s: float) -> bool:
    deadline = time.monotonic() + ready_s
    while not new.ready():
        if stop.wait(0.05) or not new.alive() or time.monotonic() > deadline:
            return False
    return True


def _retire(old: Child, hurry: threading.Event, drain_s: float) -> None:
    old.signal(signal.SIGTERM)
    deadline = time.monotonic() + drain_s + 1
    while old.alive() and time.monotonic() < deadline and not hurry.wait(0.05):
        pass
    old.kill()
